// Charts drawn as SVG: columns over days, bars beside names. Numbers stand in words too, for those who cannot see them.

import { el } from "../shared/dom.js";

const SVG = "http://www.w3.org/2000/svg";
const [WIDTH, HEIGHT, FOOT, HEAD] = [720, 220, 26, 22];
const MOST_LABELS = 10;

function svg(name, attributes, ...children) {
  const node = document.createElementNS(SVG, name);
  Object.entries(attributes).forEach(([key, value]) => node.setAttribute(key, value));
  node.append(...children);
  return node;
}

const text = (x, y, words, look, anchor = "middle") => svg("text", { x, y, class: look, "text-anchor": anchor }, words);

/** The next round number. */
export function ceiling(most) {
  const unit = 10 ** Math.floor(Math.log10(Math.max(1, most)));
  return [1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10].map((step) => step * unit).find((value) => value >= most) || unit;
}

/** points = [{label, value, words}]; `title` says what they are. */
export function columns(title, points) {
  const top = ceiling(Math.max(1, ...points.map((point) => point.value)));
  const [step, room] = [WIDTH / Math.max(1, points.length), HEIGHT - FOOT - HEAD];
  const every = Math.ceil(points.length / MOST_LABELS);
  const column = (point, index) => {
    const height = Math.max(0, (point.value / top) * room);
    const [x, wide] = [index * step + step * 0.18, Math.min(step * 0.64, 56)];
    const middle = index * step + step / 2;
    return svg("g", {}, svg("title", {}, `${point.label} ${point.words}`),
      svg("rect", { x: wide === 56 ? middle - 28 : x, y: HEAD + room - height, width: wide, height, rx: 4, class: "bar" }),
      ...(index % every ? [] : [text(middle, HEIGHT - 7, point.label, "axis")]),
      ...(points.length <= MOST_LABELS && point.value ? [text(middle, HEAD + room - height - 7, point.words, "value")] : []));
  };
  const lines = [0, 0.5, 1].map((part) => svg("line", { x1: 0, x2: WIDTH, y1: HEAD + room * part, y2: HEAD + room * part, class: "grid" }));
  return svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "chart", role: "img", "aria-label": `${title}: ${points.map((point) => `${point.label} ${point.words}`).join(", ")}` },
    ...lines, ...points.map(column));
}

/** rows = [{name, value, second, words}]: a bar each; `second`, if there, is a paler one that reaches further. */
export function bars(rows) {
  const top = Math.max(1, ...rows.map((row) => Math.max(row.value, row.second || 0)));
  const bar = (row) => svg("svg", { viewBox: "0 0 100 10", preserveAspectRatio: "none", class: "chart bar-row", "aria-hidden": "true" },
    svg("rect", { x: 0, y: 0, width: ((row.second || 0) / top) * 100, height: 10, class: "bar pale" }),
    svg("rect", { x: 0, y: 0, width: (row.value / top) * 100, height: 10, class: "bar" }));
  return el("ul", { class: "bars" }, ...rows.map((row) => el("li", {}, el("span", { class: "name" }, row.name), bar(row), el("b", { class: "num" }, row.words))));
}
