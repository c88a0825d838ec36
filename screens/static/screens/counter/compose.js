// Taking an order at the counter for a guest: the menu on the left, what they want on the right, then cash or later.

import { $, coalesced, el, icon, keyed, replace, setText } from "../shared/dom.js";
import { t } from "../shared/i18n.js";
import { attempt, say } from "../shared/say.js";
import { callName, money } from "../shared/text.js";
import { uuid } from "../hub/hub-api.js";
import { Basket } from "./basket.js";
import { press } from "./card.js";
import { chooseOptions } from "./options.js";

const QUOTE_MS = 200;

export class Compose {
  /** `done()` after an order went out. */
  constructor(desk, done) {
    Object.assign(this, { desk, done, basket: new Basket(), menu: [], tokens: [], quote: null, key: null, timer: null, kind: "", room: null });
    this.draw = coalesced(() => this.drawNow());
    desk.listen(() => this.room && !this.room.hidden && this.draw());
  }

  async enter(room) {
    if (!this.room) this.build(room);
    const [menu, tables] = await Promise.all([this.desk.get("menu/"), this.desk.get("tables/?page_size=100")]).catch((error) => (say(error.detail, true), []));
    if (!menu) return;
    this.menu = menu.categories;
    this.tokens = tables.results;
    const option = (table) => el("option", { value: table.code }, t("堂食 · {name}", { name: table.name }));
    replace(this.where, [el("option", { value: "" }, t("自取")), ...this.tokens.map(option)]);
    this.where.value = this.basket.table;
    this.draw();
    $("input[type=search]", room).focus();
  }

  /** Starts an order for a table. */
  forTable(table) {
    this.basket.table = table.code;
    location.hash = "compose";
  }

  build(room) {
    this.room = room;
    this.where = el("select", { name: "where", onchange: () => this.changed(() => (this.basket.table = this.where.value)) });
    this.looking = el("input", { type: "search", autocomplete: "off", placeholder: t("找菜"), oninput: () => this.draw() });
    this.list = el("div", { class: "menu" });
    this.kinds = el("div", { class: "buttons kinds", role: "group", "aria-label": t("菜单分类") });
    this.lines = el("ul", { class: "lines" });
    this.total = el("b", { class: "num", "data-total": true });
    this.refused = el("p", { class: "tag bad", hidden: true });
    this.note = el("input", { name: "remark", maxlength: 200, placeholder: t("整单备注"), oninput: () => (this.basket.remark = this.note.value) });
    this.cash = press(t("下单并收现金"), "submit-cash", () => this.submit(true), "good big");
    this.later = press(t("下单，稍后付"), "submit-later", () => this.submit(false), "second big");
    replace(room, [
      el("div", { class: "compose-menu" }, el("div", { class: "desk-bar" }, el("label", { class: "search" }, icon("search"), el("span", { class: "hidden-text" }, t("找菜")), this.looking)), this.kinds, this.list),
      el("aside", { class: "basket panel", "aria-label": t("客人要的") },
        el("div", { class: "row" }, el("h2", { class: "fill" }, t("帮客人点单")), press(t("清空"), "clear", async () => this.clear(), "quiet")),
        el("label", {}, t("在哪儿吃"), this.where), this.lines, this.note, this.refused,
        el("p", { class: "row apart total" }, el("span", {}, t("合计")), this.total), this.cash, this.later),
    ]);
  }

  clear() {
    this.note.value = "";
    this.changed(() => this.basket.clear());
    this.where.value = "";
  }

  changed(change) {
    change();
    this.key = null;
    this.draw();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(), QUOTE_MS);
  }

  token() {
    const table = this.tokens.find(({ code }) => code === this.basket.table);
    return table ? table.table_token : null;
  }

  /** The server's price of what is wanted; its refusals stand in the basket. */
  async ask() {
    const body = this.basket.body(this.desk.store, this.token());
    try {
      this.quote = body.lines.length ? await this.desk.api.post("/api/v1/orders/quote/", body) : null;
      this.problem = "";
    } catch (error) {
      Object.assign(this, { quote: null, problem: error.detail });
    }
    this.draw();
  }

  drawNow() {
    const [text, now] = [this.looking.value.trim().toLowerCase(), this.desk.availability()];
    const dishes = this.menu.reduce((all, category) => all.concat(category.dishes.map((dish) => ({ ...dish, ...now.get(dish.id), category: category.name }))), []);
    const shown = dishes.filter(({ name, category }) => (text ? `${name} ${category}`.toLowerCase().includes(text) : !this.kind || category === this.kind));
    keyed(this.kinds, [""].concat(this.menu.map(({ name }) => name)).map((name) => ({ id: name, stamp: name === this.kind, name })), ({ name }) => this.category(name));
    keyed(this.list, shown.map((dish) => ({ ...dish, stamp: `${dish.sold_out} ${dish.remaining} ${this.basket.count(dish.id)}` })), (dish) => this.dish(dish));
    keyed(this.lines, this.basket.lines.map((line) => ({ ...line, stamp: line.quantity })), (line) => this.line(line));
    setText(this.total, this.quote ? money(this.quote.total_fen) : "—");
    const refusal = this.problem || (this.quote && this.quote.lines.some((line) => line.refusal) ? t("有菜现在点不了，请去掉或换一样") : "");
    this.refused.hidden = !refusal;
    setText(this.refused, refusal);
    this.cash.disabled = this.later.disabled = !this.basket.lines.length || Boolean(refusal);
  }

  /** A part of the menu; "" is all of it. */
  category(name) {
    const choose = () => ((this.kind = name), (this.looking.value = ""), this.draw());
    return el("button", { type: "button", class: "second", "aria-pressed": String(name === this.kind), onclick: choose }, name || t("全部"));
  }

  dish(dish) {
    const count = this.basket.count(dish.id);
    const add = () => (dish.option_groups.length ? chooseOptions(dish, (wish) => this.changed(() => this.basket.add(wish))) : this.changed(() => this.basket.add({ dish: dish.id, name: dish.name })));
    const left = dish.sold_out ? t("已估清") : dish.remaining === null || dish.remaining === undefined ? "" : t("剩 {count}", { count: dish.remaining });
    return el("button", { type: "button", class: "second dish", "data-dish": dish.id, disabled: dish.sold_out, onclick: add },
      el("span", { class: "name" }, dish.name), el("span", { class: "small num" }, money(dish.price_fen)),
      left ? el("span", { class: `tag ${dish.sold_out ? "bad" : "warn"}` }, left) : null, count ? el("b", { class: "count" }, String(count)) : null);
  }

  line(line) {
    const step = (by, sign, words) => el("button", { type: "button", class: "second round", "aria-label": words, onclick: () => this.changed(() => this.basket.change(line.id, by)) }, icon(sign));
    return el("li", {}, el("span", { class: "fill" }, el("span", { class: "name" }, line.name), el("small", {}, [line.words, line.remark].filter(Boolean).join(" · "))),
      step(-1, "minus", t("少一份 {name}", { name: line.name })), el("b", { class: "num" }, String(line.quantity)), step(1, "plus", t("多一份 {name}", { name: line.name })));
  }

  /** The key stays until the answer is known: a second tap cannot order twice. */
  async submit(cash) {
    this.key = this.key || uuid();
    const order = await this.desk.api.post("/api/v1/orders/", this.basket.body(this.desk.store, this.token()), { key: this.key });
    this.clear();
    const paid = cash && order.due_fen ? await this.desk.allowed.takeCash(order) : null;
    say(paid ? t("{name} 已下单，收现金 {money}", { name: callName(order), money: money(order.due_fen) }) : t("{name} 已下单，待付款", { name: callName(order) }));
    this.done();
  }
}
