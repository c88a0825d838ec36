// One table in a drawer: seat guests, order for them, take their money, move them, say goodbye, renew its QR code.

import { el, icon, keyed } from "../shared/dom.js";
import { t } from "../shared/i18n.js";
import { attempt, say } from "../shared/say.js";
import { confirmed, openSheet } from "../shared/sheet.js";
import { KIND, STATUS, callName, money } from "../shared/text.js";
import { uuid } from "../hub/hub-api.js";
import { press } from "./card.js";
import { openOrder } from "./drawer.js";

export const stateWords = (state) => ({ free: t("空桌"), open: t("用餐中"), settling: t("等结账") }[state] || state);

export function openTable(map, table) {
  new TableSheet(map, table).open();
}

class TableSheet {
  constructor(map, table) {
    Object.assign(this, { map, desk: map.desk, id: table.id, table, body: el("div", { class: "drawer stack", "data-table-sheet": table.code }), foot: el("div", { class: "fill" }), key: null });
  }

  open() {
    const hear = () => this.draw();
    this.map.listeners.add(hear);
    const stop = this.desk.listen(hear);
    this.sheet = openSheet({ title: this.table.name, look: "side", body: [this.body], foot: [this.foot], onClose: () => (this.map.listeners.delete(hear), stop()) });
    this.draw();
  }

  draw() {
    this.table = this.map.find(this.id) || this.table;
    const { table } = this;
    const orders = this.desk.orders().filter((order) => order.table && order.table.code === table.code);
    const state = `${table.state} ${table.due_fen} ${table.orders}`;
    keyed(this.body, [
      { id: "head", stamp: state, make: () => this.head() },
      { id: "orders", stamp: orders.map((order) => `${order.no}${order.version}`).join(), make: () => this.orders(orders) },
    ], ({ make }) => make());
    keyed(this.foot, [{ id: "moves", stamp: state, make: () => el("div", { class: "buttons fill" }, ...this.moves()) }], ({ make }) => make());
  }

  head() {
    const { table } = this;
    return el("section", { class: "facts" },
      el("p", { class: "row" }, el("span", { class: "tag" }, stateWords(table.state)), el("span", { class: "soft" }, t("{count} 座", { count: table.seats }))),
      table.due_fen ? el("p", { class: "row apart total" }, el("span", {}, t("整桌还要收")), el("b", { class: "num" }, money(table.due_fen))) : null);
  }

  orders(orders) {
    const row = (order) => el("li", {},
      el("button", { type: "button", class: "second wide", "data-order": order.no, onclick: () => openOrder(this.desk, order) },
        el("b", {}, callName(order)), el("span", { class: "fill" }, `${KIND[order.kind]} · ${STATUS[order.status] || order.status}`), el("span", { class: "num" }, money(order.total_fen))));
    return orders.length ? el("section", {}, el("h3", {}, t("这桌的单")), el("ul", { class: "stack bills" }, ...orders.map(row))) : el("p", { class: "empty" }, t("还没有点单"));
  }

  moves() {
    const { table } = this;
    const act = (path) => () => this.act(path);
    if (table.state === "free") return [press(t("开台"), "open-table", act("open"), "good"), this.renewal()];
    return [
      table.due_fen ? press(t("收整桌 {money}", { money: money(table.due_fen) }), "pay-table", () => this.pay(), "good") : null,
      press([icon("plus"), el("span", {}, t("点单"))], "order-here", async () => (this.sheet.close(), this.map.compose.forTable(table)), "second"),
      table.state === "open" ? press(t("请求结账"), "settle", act("settle"), "second") : null,
      press([icon("move"), el("span", {}, t("换桌"))], "move", async () => this.moveTo(), "second"),
      press(t("关台"), "close-table", () => this.close(), "second"),
      this.renewal(),
    ];
  }

  renewal() {
    return press([icon("qr"), el("span", {}, t("换新桌码"))], "rotate", () => this.rotate(), "quiet");
  }

  async act(path, body = {}, options = {}) {
    const answer = await this.desk.api.post(`/api/v1/tables/${this.id}/${path}/`, body, options);
    await this.map.load();
    return answer;
  }

  /** Cash for all of the table. What is booked is what stood on the button. */
  async pay() {
    const { due_fen: due } = this.table;
    if (!(await confirmed(t("收到现金 {money}？", { money: money(due) }), t("收到了")))) return;
    // The same sum keeps its key until an answer is known: an answer that was lost cannot book it twice.
    if (!this.key || this.key.due !== due) this.key = { due, value: uuid() };
    try {
      const answer = await this.act("pay", { amount_fen: due }, { key: this.key.value });
      this.key = null;
      say(t("{name} 收了 {money}", { name: this.table.name, money: money(answer.paid_fen) }));
    } catch (error) {
      if (error.code === "table.due_changed") await this.map.load();
      throw error;
    }
  }

  async close() {
    if (await confirmed(t("{name} 的客人走了吗？", { name: this.table.name }), t("关台"))) await this.act("close");
  }

  async rotate() {
    if (!(await confirmed(t("换新码后，{name} 桌上现在的二维码马上作废，要重新打印。", { name: this.table.name }), t("换新桌码")))) return;
    await this.act("rotate-token");
    say(t("桌码换好了，请打印新的"));
  }

  moveTo() {
    const free = this.map.tables.filter((table) => table.state === "free");
    const go = (table) => async (event) => {
      if (!(await attempt(event.currentTarget, () => this.act("move", { to: table.code })))) return;
      sheet.close();
      this.sheet.close();
      say(t("{from} 换到了 {to}", { from: this.table.name, to: table.name }));
    };
    const choice = (table) => el("button", { type: "button", class: "second", "data-to-table": table.code, onclick: go(table) }, `${table.name} · ${t("{count} 座", { count: table.seats })}`);
    const sheet = openSheet({ title: t("{name} 换到哪一桌？", { name: this.table.name }), look: "centre", body: [free.length ? el("div", { class: "buttons fill" }, ...free.map(choice)) : el("p", { class: "empty" }, t("没有空桌"))] });
  }
}
