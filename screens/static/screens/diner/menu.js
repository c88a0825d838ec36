// The menu a guest reads: dishes, their options, sold-out marks that arrive live.

import { $, el, keyed } from "../shared/dom.js";
import { money } from "../shared/text.js";

function choice(group, option, index) {
  const single = group.max === 1;
  const first = index === 0 && group.required && single;
  const type = single ? "radio" : "checkbox";
  const input = el("input", { type, name: `g${group.id}`, value: option.id, checked: first });
  const delta = option.price_delta_fen ? ` +${money(option.price_delta_fen)}` : "";
  return el("label", { class: "choice" }, input, `${option.name}${delta}`);
}

/** The options sheet of one dish; `done(options)` with the chosen options. */
function sheet(dish, done) {
  const groups = dish.option_groups.map((group) =>
    el("fieldset", {}, el("legend", {}, `${group.name}${group.required ? "（必选）" : ""}`),
      ...group.options.map((option, index) => choice(group, option, index))));
  const send = (event) => {
    event.preventDefault();
    const chosen = new Set(Array.from(new FormData(event.target).values(), Number));
    const options = dish.option_groups.reduce((all, group) => all.concat(group.options), []);
    done(options.filter((option) => chosen.has(option.id)));
  };
  return el("form", { onsubmit: send }, ...groups, el("button", { type: "submit", "data-action": "choose" }, "选好了"));
}

function line(dish, options) {
  const price = options.reduce((sum, option) => sum + option.price_delta_fen, dish.price_fen);
  const names = options.map((option) => option.name).join("、");
  const ids = options.map((option) => option.id);
  return { dish: dish.id, name: dish.name, options: ids, option_names: names, price_fen: price, quantity: 1 };
}

function dishItem(dish, add) {
  const left = dish.remaining === null || dish.sold_out ? "" : `剩 ${dish.remaining} 份`;
  const item = el(
    "div",
    { class: `dish ${dish.sold_out ? "out" : ""}`, "data-dish": dish.id },
    el("span", { class: "fill" }, el("b", {}, dish.name), " ", el("small", {}, dish.description || "")),
    el("span", { class: "price" }, money(dish.price_fen)),
    el("span", { class: "state" }, dish.sold_out ? "已售罄" : left),
  );
  const press = () => {
    const open = item.querySelector("form");
    if (!dish.option_groups.length) add(line(dish, []));
    else if (open) open.remove();
    else item.append(sheet(dish, chosen));
  };
  const chosen = (options) => {
    item.querySelector("form").remove();
    add(line(dish, options));
  };
  item.append(el("button", { type: "button", "data-action": "add", disabled: dish.sold_out, onclick: press }, "加入"));
  return item;
}

/** Draws the menu; `now` maps a dish id to its live {sold_out, remaining}. */
export function drawMenu(menu, now, add) {
  const sections = menu.categories.map(({ id, name }) => ({ id, name, stamp: name }));
  keyed($("#menu"), sections, ({ name }) => el("section", {}, el("h3", {}, name), el("div")));
  menu.categories.forEach((category, index) => {
    const dishes = category.dishes.map((dish) => ({ ...dish, ...now.get(dish.id) }));
    const shown = dishes.map((dish) => ({ ...dish, stamp: JSON.stringify(dish) }));
    keyed($("#menu").children[index].lastElementChild, shown, (dish) => dishItem(dish, add));
  });
}
