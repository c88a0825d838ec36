// The list by which kitchen and counter take a dish off the menu and put it back (估清).

import { $, coalesced, el, keyed } from "./dom.js";
import { t } from "./i18n.js";
import { attempt } from "./say.js";

export class DishList {
  constructor(api, hub, store) {
    Object.assign(this, { api, hub, store, dishes: [], stream: `menu:${store}` });
    this.draw = coalesced(() => this.drawNow());
  }

  async load() {
    const menu = await this.api.get(`/api/v1/stores/${this.store}/menu/`);
    this.dishes = menu.categories.reduce((all, category) => all.concat(category.dishes), []);
    this.draw();
  }

  /** HubClient's callbacks for the menu's stream. */
  rows(stream) {
    if (stream === this.stream) this.draw();
  }

  event(stream, frame) {
    if (stream === this.stream && frame.event === "menu.changed") this.load();
  }

  drawNow() {
    const now = new Map(this.hub.rows(this.stream).map((row) => [row.key, row.data]));
    const dishes = this.dishes.map((dish) => ({ ...dish, ...now.get(`dish:${dish.id}`) }));
    const stamped = dishes.map((dish) => ({ ...dish, stamp: `${dish.sold_out}.${dish.remaining}` }));
    keyed($("#dishes"), stamped, (dish) => this.item(dish));
  }

  item(dish) {
    const left = dish.remaining === null ? "" : t("（剩 {count}）", { count: dish.remaining });
    const [label, path] = dish.sold_out ? [t("恢复"), "restore"] : [t("估清"), "sell-out"];
    const act = (event) => attempt(event.target, () => this.api.post(`/api/v1/dishes/${dish.id}/${path}/`, {}));
    const button = el("button", { class: "second", "data-action": path, onclick: act }, label);
    const mark = dish.sold_out ? t(" 已估清") : "";
    return el("li", { "data-dish": dish.id }, el("span", {}, `${dish.name}${left}${mark}`), button);
  }
}
