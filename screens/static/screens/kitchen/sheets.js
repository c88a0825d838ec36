// The side sheets: recall, all-day counts, keys. They follow the board while they are open.

import { $, el, icon, keyed, replace } from "../shared/dom.js";
import { t } from "../shared/i18n.js";
import { openSheet } from "../shared/sheet.js";
import { callName, minutes, optionNames } from "../shared/text.js";
import { allDay, recallable } from "./tickets.js";

const open = { redraw: null };

/** A side sheet whose list `draw(ul)` fills now and at every `redrawSheet`. */
export function liveSheet(title, draw, extra = []) {
  const list = el("ul", { class: "rows" });
  const redraw = () => draw(list);
  const sheet = openSheet({ title, body: [...extra, list], look: "side", onClose: () => (open.redraw = null) });
  open.redraw = redraw;
  redraw();
  return sheet;
}

export function redrawSheet() {
  if (open.redraw) open.redraw();
}

function nothing(list, text) {
  replace(list, [el("li", { class: "empty" }, text)]);
}

/** The last 20 ready lines with 撤回; `recall(order, line)`. */
export function recallSheet({ rows, now, recall }) {
  const item = ({ line, order }) => {
    const [ago, options] = [minutes(now() - Date.parse(line.ready_at)), optionNames(line)];
    return el("li", { "data-line": line.id },
      el("b", { class: "number" }, callName(order)),
      el("span", { class: "fill" }, el("span", { class: "name" }, `${line.name} ×${line.quantity}`),
        el("small", {}, [options, t("{time} 前", { time: ago })].filter(Boolean).join(" · "))),
      el("button", { type: "button", class: "second", "data-action": "recall", onclick: () => recall(order, line) },
        icon("undo"), el("span", {}, t("撤回"))));
  };
  return liveSheet(t("最近出品"), (list) => {
    const found = recallable(rows()).map((one) => ({ ...one, id: one.line.id, stamp: one.line.version }));
    if (found.length) keyed(list, found, item);
    else nothing(list, t("最近没有出品的菜。"));
  });
}

/** How many of each dish are to be made on the whole board. */
export function countsSheet({ rows }) {
  const variant = ({ options, count }) => el("small", {}, `${options || t("标准")} ×${count}`);
  const item = (dish) => el("li", { "data-dish": dish.dish },
    el("span", { class: "fill" }, el("span", { class: "name" }, dish.name),
      dish.variants.length > 1 || dish.variants[0].options ? el("span", { class: "variants" }, ...dish.variants.map(variant)) : null),
    el("b", { class: "count num" }, dish.count));
  return liveSheet(t("待做汇总"), (list) => {
    const found = allDay(rows()).map((dish) => ({ ...dish, id: dish.name, stamp: JSON.stringify(dish.variants) }));
    if (found.length) keyed(list, found, item);
    else nothing(list, t("没有待做的菜。"));
  });
}

export function helpSheet(keys) {
  const row = ([names, what]) => el("li", {}, el("span", { class: "keys" }, ...names.map((name) => el("kbd", {}, name))),
    el("span", { class: "fill" }, what));
  openSheet({ title: t("键盘与出餐键盘"), body: [el("ul", { class: "rows" }, ...keys.map(row))], look: "side" });
}

export const anySheet = () => Boolean($("dialog[open]"));
