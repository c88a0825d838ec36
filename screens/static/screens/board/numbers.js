// One side of the board: as many numbers as fit, as large as fits, page after page where they are more. Pure but for `Side`.

import { el, keyed, setText } from "../shared/dom.js";

/** How large numbers are by how many there are: [at most, density]; the last is also the length of a page. */
const DENSITIES = { preparing: [[6, "few"], [15, "some"], [28, "many"]], ready: [[4, "few"], [10, "some"], [21, "many"]] };

/** {density, page: the numbers shown, pages} of all numbers at a turn of the clock. */
export function paged(side, numbers, turn) {
  const steps = DENSITIES[side];
  const [length] = steps[steps.length - 1];
  const [, density] = steps.find(([most]) => numbers.length <= most) || steps[steps.length - 1];
  const pages = Math.max(1, Math.ceil(numbers.length / length));
  const start = (turn % pages) * length;
  return { density, page: numbers.slice(start, start + length), pages };
}

/** Shows {key, number} rows in `node`; `nodeOfPages` says "2 / 3" where there are more than fit. */
export class Side {
  constructor(name, node, nodeOfPages) {
    Object.assign(this, { name, node, nodeOfPages });
  }

  draw(rows, turn, newest = null) {
    const { density, page, pages } = paged(this.name, rows, turn);
    if (this.node.dataset.density !== density) this.node.dataset.density = density;
    setText(this.nodeOfPages, pages > 1 ? `${(turn % pages) + 1} / ${pages}` : "");
    const items = page.map(({ key, number }) => ({ id: key, stamp: `${number} ${number === newest}`, number }));
    keyed(this.node, items, ({ number }) => el("li", { "data-newest": number === newest }, el("b", {}, number)));
  }
}
