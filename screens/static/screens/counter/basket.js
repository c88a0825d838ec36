// What a guest at the counter wants: lines with options and remarks, as the server takes them. No DOM.

const MOST = 99;

export class Basket {
  constructor() {
    this.clear();
  }

  clear() {
    Object.assign(this, { lines: [], remark: "", table: "" });
  }

  /** Equal wishes are one line. */
  add({ dish, name, options = [], words = "", remark = "" }) {
    const same = (line) => line.dish === dish && line.remark === remark && String(line.options) === String(options);
    const known = this.lines.find(same);
    if (known) known.quantity = Math.min(MOST, known.quantity + 1);
    else this.lines.push({ id: `${dish} ${options} ${remark}`, dish, name, options, words, remark, quantity: 1 });
  }

  change(id, by) {
    this.lines.forEach((line) => line.id === id && (line.quantity = Math.min(MOST, line.quantity + by)));
    this.lines = this.lines.filter((line) => line.quantity > 0);
  }

  count(dish) {
    return this.lines.filter((line) => line.dish === dish).reduce((sum, line) => sum + line.quantity, 0);
  }

  /** The body of a quote or a submission; `token` is the table's, or null for a pickup. */
  body(store, token) {
    const lines = this.lines.map(({ dish, quantity, options, remark }) => ({ dish, quantity, options, remark }));
    return { store, kind: token ? "dine_in" : "pickup", table_token: token, lines, coupon: null, remark: this.remark };
  }
}

/** The options that are chosen unless somebody chooses: the first ones of what is required. */
export function usual(dish) {
  return dish.option_groups
    .filter((group) => group.required)
    .reduce((ids, group) => ids.concat(group.options.slice(0, Math.max(group.min, 1)).map((option) => option.id)), []);
}
