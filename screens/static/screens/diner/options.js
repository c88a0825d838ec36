// The sheet in which a guest chooses a dish's options, its number and a word for the kitchen.

import { el, icon, setText } from "../shared/dom.js";
import { t } from "../shared/i18n.js";
import { openSheet } from "../shared/sheet.js";
import { price } from "../shared/text.js";

const MOST = 99;

function rule(group) {
  if (group.min === group.max) return t("选 {count} 项", { count: group.max });
  return group.min ? t("选 {min}–{max} 项", group) : t("最多 {max} 项", group);
}

function choice(group, option, index) {
  const single = group.max === 1;
  const first = index === 0 && group.required && single;
  const input = el("input", { type: single ? "radio" : "checkbox", name: `g${group.id}`, value: option.id, checked: first });
  const sign = option.price_delta_fen > 0 ? "+" : "";
  const delta = option.price_delta_fen ? el("small", {}, ` ${sign}${price(option.price_delta_fen)}`) : null;
  return el("label", { class: "chip" }, input, el("span", {}, option.name, delta));
}

/** Why what is chosen in a group is not enough or too much; null when it is right. */
export function wrongIn(group, count) {
  const least = Math.max(group.min, group.required ? 1 : 0);
  if (count < least) return t("请选择{name}", { name: group.name });
  return count > group.max ? t("{name}最多选 {max} 项", group) : null;
}

/** Up and down by one, from 1 to 99. `changed(quantity)` after each. */
function stepper(changed) {
  let quantity = 1;
  const shown = el("output", { class: "num", "aria-live": "polite" }, "1");
  const step = (by) => () => {
    quantity = Math.min(MOST, Math.max(1, quantity + by));
    setText(shown, String(quantity));
    changed(quantity);
  };
  const button = (by, sign, label) =>
    el("button", { type: "button", class: "second round", "aria-label": label, onclick: step(by) }, icon(sign));
  return el("span", { class: "stepper" }, button(-1, "minus", t("少一份")), shown, button(1, "plus", t("多一份")));
}

/** Opens the sheet of a dish; `done(line)` with what goes into the cart. */
export function openOptions(dish, done) {
  const form = el("form", { class: "stack options" });
  let quantity = 1;
  const chosenIn = (group) =>
    group.options.filter((option) => form.querySelector(`[name="g${group.id}"][value="${option.id}"]`).checked);
  const options = () => dish.option_groups.reduce((all, group) => all.concat(chosenIn(group)), []);
  const problem = () => dish.option_groups.map((group) => wrongIn(group, chosenIn(group).length)).find(Boolean);
  const send = el("button", { type: "button", class: "big", "data-action": "choose" });
  const refresh = () => {
    const each = options().reduce((sum, option) => sum + option.price_delta_fen, dish.price_fen);
    const wrong = problem();
    send.disabled = Boolean(wrong);
    setText(send, wrong || t("放进购物车 {price}", { price: price(each * quantity) }));
  };
  const remark = el("input", { name: "remark", maxlength: 80, placeholder: t("口味、忌口…"), "aria-label": t("给后厨的话") });
  form.append(
    ...dish.option_groups.map((group) =>
      el("fieldset", {}, el("legend", {}, group.name, el("small", {}, ` ${rule(group)}`)),
        el("div", { class: "chips" }, ...group.options.map((option, index) => choice(group, option, index))))),
    remark);
  form.onchange = refresh;
  form.onsubmit = (event) => event.preventDefault();
  const sheet = openSheet({ title: dish.name, body: [form], foot: [stepper((count) => ((quantity = count), refresh())), send] });
  send.onclick = () => {
    sheet.close();
    done(lineOf(dish, options(), quantity, remark.value.trim()));
  };
  refresh();
}

/** A line for the cart. */
export function lineOf(dish, options, quantity = 1, remark = "") {
  const each = options.reduce((sum, option) => sum + option.price_delta_fen, dish.price_fen);
  const names = options.map((option) => option.name).join(t("、"));
  const ids = options.map((option) => option.id);
  return { dish: dish.id, name: dish.name, options: ids, option_names: names, price_fen: each, quantity, remark };
}
