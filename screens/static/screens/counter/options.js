// Choosing a dish's options and a remark before it goes into the basket.

import { el } from "../shared/dom.js";
import { t } from "../shared/i18n.js";
import { say } from "../shared/say.js";
import { openSheet } from "../shared/sheet.js";
import { money } from "../shared/text.js";
import { usual } from "./basket.js";

function rule({ required, min, max }) {
  if (max === 1) return required ? t("选一样") : t("可选一样");
  return required ? t("选 {min} 到 {max} 样", { min: Math.max(min, 1), max }) : t("最多 {max} 样", { max });
}

function group(one, chosen) {
  const kind = one.max === 1 && one.required ? "radio" : "checkbox";
  const choice = (option) => el("label", { class: "choice" },
    el("input", { type: kind, name: `group-${one.id}`, value: option.id, checked: chosen.includes(option.id) }),
    el("span", {}, option.name, option.price_delta_fen ? el("small", { class: "num" }, ` +${money(option.price_delta_fen)}`) : null));
  return el("fieldset", {}, el("legend", {}, el("b", {}, one.name), " ", el("small", {}, rule(one))), el("div", { class: "buttons" }, ...one.options.map(choice)));
}

/** Asks, then `take({dish, name, options, words, remark})`. */
export function chooseOptions(dish, take) {
  const remark = el("input", { name: "remark", maxlength: 80, placeholder: t("这道菜的备注") });
  const form = el("form", { class: "stack" }, ...dish.option_groups.map((one) => group(one, usual(dish))), remark);
  const finish = (event) => {
    event.preventDefault();
    const ids = Array.from(form.querySelectorAll("input:checked"), (field) => Number(field.value));
    const wrong = dish.option_groups.find((one) => !fits(one, ids));
    if (wrong) return say(`${wrong.name}：${rule(wrong)}`, true);
    const all = dish.option_groups.reduce((found, one) => found.concat(one.options), []);
    const words = all.filter((option) => ids.includes(option.id)).map((option) => option.name).join(t("、"));
    take({ dish: dish.id, name: dish.name, options: ids, words, remark: remark.value.trim() });
    return sheet.close();
  };
  form.onsubmit = finish;
  const sheet = openSheet({ title: dish.name, look: "centre", body: [form], foot: [el("button", { type: "button", "data-action": "choose", onclick: finish }, t("加入"))] });
}

function fits({ required, min, max, options }, ids) {
  const count = options.filter((option) => ids.includes(option.id)).length;
  return count <= Math.max(max, 1) && (!required || count >= Math.max(min, 1)) && (!count || count >= min);
}
