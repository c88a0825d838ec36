// 估清 from the kitchen: a long press on a line asks until when; the list puts dishes back.

import { $, el, keyed } from "../shared/dom.js";
import { t } from "../shared/i18n.js";
import { openSheet } from "../shared/sheet.js";
import { restoreTap, sellOutTap } from "./taps.js";
import { liveSheet } from "./sheets.js";

const HOUR_MS = 3600000;

export class SoldOut {
  constructor({ api, hub, queue, store, station }) {
    Object.assign(this, { api, hub, queue, store, station, dishes: [], stream: `menu:${store}` });
  }

  async load() {
    const menu = await this.api.get(`/api/v1/stores/${this.store}/menu/`);
    this.dishes = menu.categories.reduce((all, category) => all.concat(category.dishes), []);
  }

  /** The dishes of this station as they are now, our own taps on the way included; sold out ones first. */
  now() {
    const rows = new Map(this.hub.rows(this.stream).map((row) => [row.data && row.data.dish, row.data]));
    const tapped = new Map(this.queue.taps.filter(({ target }) => target && target.dish).map(({ target }) => [target.dish, target]));
    const own = this.dishes.filter((dish) => !this.station || dish.station === this.station);
    const all = own.map((dish) => {
      const tap = tapped.get(dish.id);
      return { ...dish, ...rows.get(dish.id), ...(tap ? { sold_out: tap.soldOut, waiting: true } : {}) };
    });
    return all.sort((a, b) => Number(b.sold_out) - Number(a.sold_out));
  }

  /** Asks until when; what was chosen last time is not remembered: the usual answer is the next day. */
  ask(dish, name) {
    const choice = (value, label, checked) => el("label", { class: "choice" },
      el("input", { type: "radio", name: "until", value, checked }), label);
    const choices = el("fieldset", { class: "stack" },
      choice("next_day", t("到明天营业"), true), choice("hour", t("一小时"), false), choice("open", t("直到手动恢复"), false));
    const until = () => {
      const { value } = $("input:checked", choices);
      if (value === "hour") return new Date(this.hub.now() + HOUR_MS).toISOString();
      return value === "open" ? null : value;
    };
    const sell = () => {
      this.queue.add(sellOutTap(dish, name, until()));
      sheet.close();
    };
    const sheet = openSheet({
      title: t("估清 {name}？", { name }),
      body: [choices],
      look: "centre",
      foot: [
        el("button", { type: "button", class: "second", onclick: () => sheet.close() }, t("再想想")),
        el("button", { type: "button", class: "bad", "data-action": "confirm", onclick: sell }, t("估清")),
      ],
    });
  }

  sheet() {
    const item = (dish) => el("li", { "data-dish": dish.id },
      el("span", { class: "fill" }, el("span", { class: "name" }, dish.name),
        dish.sold_out ? el("span", { class: "tag bad" }, t("已估清")) : null,
        dish.remaining === null ? null : el("small", {}, t("剩 {count} 份", { count: dish.remaining }))),
      this.button(dish));
    return liveSheet(t("估清"), (list) => {
      const shown = this.now().map((dish) => ({ ...dish, stamp: `${dish.sold_out}.${dish.remaining}.${dish.waiting || ""}` }));
      keyed(list, shown, item);
    });
  }

  button({ id, name, sold_out: soldOut, waiting }) {
    const restore = () => this.queue.add(restoreTap(id, name));
    const act = soldOut ? restore : () => this.queue.add(sellOutTap(id, name, "next_day"));
    return el("button", { type: "button", class: soldOut ? "good" : "second", disabled: Boolean(waiting),
      "data-action": soldOut ? "restore" : "sell-out", onclick: act }, soldOut ? t("恢复") : t("估清"));
  }
}
