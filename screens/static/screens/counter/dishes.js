// 估清: what can be ordered now; a dish is taken off until a time or tomorrow, put back, or limited to some portions.

import { coalesced, el, icon, keyed, replace, setText } from "../shared/dom.js";
import { t } from "../shared/i18n.js";
import { attempt, say } from "../shared/say.js";
import { openSheet } from "../shared/sheet.js";
import { uuid } from "../hub/hub-api.js";
import { press } from "./card.js";
import { clock, day } from "./time.js";

const HOURS = [1, 2, 4];

export class Dishes {
  constructor(desk) {
    Object.assign(this, { desk, dishes: [], room: null });
    this.draw = coalesced(() => this.room && this.drawNow());
    desk.listen(() => this.draw());
  }

  enter(room) {
    if (!this.room) this.build(room);
    this.load().catch((error) => say(error.detail, true));
  }

  build(room) {
    this.room = room;
    this.looking = el("input", { type: "search", autocomplete: "off", placeholder: t("找菜"), oninput: () => this.draw() });
    this.only = el("input", { type: "checkbox", onchange: () => this.draw() });
    this.note = el("p", { class: "soft", role: "status" });
    this.list = el("ul", { id: "dishes", class: "stock" });
    replace(room, [
      el("div", { class: "desk-bar" }, el("label", { class: "search" }, icon("search"), el("span", { class: "hidden-text" }, t("找菜")), this.looking),
        el("label", { class: "choice" }, this.only, t("只看估清的和限量的")), this.note), this.list]);
  }

  async load() {
    const found = [];
    for (let page = 1; page; ) {
      const answer = await this.desk.get(`dishes/?is_active=true&page_size=100&page=${page}`);
      found.push(...answer.results);
      page = answer.next ? page + 1 : 0;
    }
    this.dishes = found;
    this.draw();
  }

  drawNow() {
    const [now, text] = [this.desk.availability(), this.looking.value.trim().toLowerCase()];
    const dishes = this.dishes.map((dish) => ({ ...dish, ...now.get(dish.id), id: dish.id }));
    const out = dishes.filter((dish) => dish.sold_out).length;
    setText(this.note, out ? t("{count} 道已估清", { count: out }) : t("全部可点"));
    const shown = dishes
      .filter((dish) => !text || `${dish.name} ${dish.category.name}`.toLowerCase().includes(text))
      .filter((dish) => !this.only.checked || dish.sold_out || dish.remaining !== null);
    keyed(this.list, shown.map((dish) => ({ ...dish, stamp: `${dish.sold_out} ${dish.remaining} ${dish.sold_out_until}` })), (dish) => this.row(dish));
  }

  row(dish) {
    const until = dish.sold_out && dish.sold_out_until ? t("到 {time}", { time: `${day(dish.sold_out_until)} ${clock(dish.sold_out_until)}` }) : "";
    const left = dish.remaining === null ? "" : t("剩 {count} 份", { count: dish.remaining });
    return el("li", { class: "panel", "data-dish": dish.id, "data-out": String(dish.sold_out) },
      el("span", { class: "fill" }, el("b", { class: "name" }, dish.name), el("small", {}, dish.category.name)),
      dish.sold_out ? el("span", { class: "tag bad" }, icon("off"), el("span", {}, [t("已估清"), until].filter(Boolean).join(" · "))) : null,
      left ? el("span", { class: "tag warn" }, left) : null,
      press(t("限量"), "portions", async () => this.portions(dish), "quiet"),
      dish.sold_out ? press(t("恢复"), "restore", () => this.act(dish, "restore"), "good") : press(t("估清"), "sell-out", async () => this.until(dish), "second"));
  }

  async act(dish, path, body = {}) {
    const changed = await this.desk.api.post(`/api/v1/dishes/${dish.id}/${path}/`, { op_id: uuid(), ...body });
    this.dishes = this.dishes.map((one) => (one.id === dish.id ? changed : one));
    this.draw();
    return changed;
  }

  /** Until when it is off: some hours, tomorrow, or until somebody puts it back. */
  until(dish) {
    const off = (words, until) => el("button", { type: "button", class: "second wide", "data-action": `until:${until}`,
      onclick: async (event) => (await attempt(event.currentTarget, () => this.act(dish, "sell-out", this.wish(until)))) && sheet.close() }, words);
    const sheet = openSheet({ title: t("{name} 估清到什么时候？", { name: dish.name }), look: "centre", body: [el("div", { class: "stack" },
      off(t("明天开门前"), "next_day"), ...HOURS.map((count) => off(t("{count} 小时", { count }), count)), off(t("一直到手动恢复"), ""))] });
  }

  wish(until) {
    if (!until) return {};
    return { until: until === "next_day" ? until : new Date(this.desk.now() + until * 3600000).toISOString() };
  }

  portions(dish) {
    const field = el("input", { type: "number", name: "portions", min: 0, max: 9999, value: dish.remaining === null ? "" : dish.remaining, "aria-label": t("还有几份") });
    const set = (remaining) => async (event) => (await attempt(event.currentTarget, () => this.act(dish, "stock", { remaining }))) && sheet.close();
    const sheet = openSheet({ title: t("{name} 还有几份？", { name: dish.name }), look: "centre", body: [el("label", {}, t("卖完自动估清"), field)], foot: [
      el("button", { type: "button", class: "second", "data-action": "unlimited", onclick: set(null) }, t("不限量")),
      el("button", { type: "button", "data-action": "set-portions", onclick: (event) => (/^\d+$/.test(field.value) ? set(Number(field.value))(event) : say(t("请写份数"), true)) }, t("保存"))] });
  }
}
