// The menu a guest reads: dishes, how many are chosen, sold-out marks that arrive live. Markup as the server draws it.

import { $, el, icon, keyed, setText } from "../shared/dom.js";
import { t } from "../shared/i18n.js";
import { price } from "../shared/text.js";

function picture(dish) {
  if (!dish.thumbnail) return el("span", { class: "plate", "aria-hidden": "true" }, Array.from(dish.name)[0]);
  return el("img", { src: dish.thumbnail, alt: "", loading: "lazy", width: 96, height: 96 });
}

function facts(dish) {
  const found = [];
  if (dish.rating) found.push(t("{average} 分（{count}）", dish.rating));
  if (dish.remaining !== null && !dish.sold_out) found.push(t("只剩 {count} 份", { count: dish.remaining }));
  return found.join(" · ");
}

/** What a combo holds, in words. */
export const comboWords = (dish) => (dish.combo || []).map((part) => `${part.name}×${part.quantity}`).join(t("、"));

function item(dish, chosen, onAdd) {
  const words = [dish.description, comboWords(dish)].filter(Boolean).join(" ");
  const label = t("加一份 {name}", { name: dish.name });
  const add = el("button", { type: "button", class: "add", "data-action": "add", disabled: dish.sold_out,
    "aria-label": dish.sold_out ? t("{name} 已售罄", { name: dish.name }) : label,
    onclick: () => onAdd(dish) },
  dish.sold_out ? t("已售罄") : dish.option_groups.length ? t("选规格") : icon("plus"));
  return el("li", { class: `dish ${dish.sold_out ? "out" : ""}`, "data-dish": dish.id },
    picture(dish),
    el("div", { class: "fill" },
      el("h3", {}, dish.name),
      words ? el("p", { class: "small" }, words) : null,
      el("p", { class: "facts" }, facts(dish)),
      el("div", { class: "row apart" },
        el("b", { class: "price" }, price(dish.price_fen)),
        el("span", { class: "choose" }, chosen ? el("b", { class: "count", "data-chosen": chosen }, String(chosen)) : null, add))));
}

/** Draws the menu. `live` maps a dish id to {sold_out, remaining}, `chosen` to how many are in the cart. */
export function drawMenu(menu, live, chosen, onAdd) {
  const categories = menu.categories.map(({ id, name, dishes }) => ({ id, name, dishes, stamp: name }));
  keyed($("#menu"), categories, ({ id, name }) =>
    el("section", { class: "category", id: `c${id}` }, el("h2", {}, name), el("ul")));
  categories.forEach(({ dishes }, index) => {
    const shown = dishes.map((dish) => ({ ...dish, ...live.get(dish.id), chosen: chosen.get(dish.id) || 0 }));
    keyed($("#menu").children[index].lastElementChild, shown.map((dish) => ({ ...dish, stamp: JSON.stringify(dish) })),
      (dish) => item(dish, dish.chosen, onAdd));
  });
  keyed($("#rail"), categories, ({ id, name }) => el("a", { href: `#c${id}`, "data-category": id }, name));
}

/** Marks the category that is read; call it on every scroll. */
export function markRail() {
  const sections = Array.from(document.querySelectorAll(".category"));
  const passed = sections.filter((section) => section.getBoundingClientRect().top < 180);
  const here = (passed[passed.length - 1] || sections[0] || { id: "" }).id;
  document.querySelectorAll("#rail a").forEach((link) => {
    if (link.getAttribute("href") === `#${here}`) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  });
}

/** The notice under the bar: closed for now, or what the store has to say. */
export function showNotice({ name, notice, is_open: open }) {
  setText($("#store-name"), name);
  $("#notice").hidden = open && !notice;
  setText($("#notice"), open ? notice : t("本店暂停接单"));
}
