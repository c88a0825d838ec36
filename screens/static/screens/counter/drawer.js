// The drawer: the whole of one order, kept true while it is open; only the parts that changed are made anew.

import { el, icon, keyed } from "../shared/dom.js";
import { t } from "../shared/i18n.js";
import { lineItem } from "../shared/orders.js";
import { openSheet } from "../shared/sheet.js";
import { KIND, STATUS, callName } from "../shared/text.js";
import { uuid } from "../hub/hub-api.js";
import { cardButtons, press } from "./card.js";
import { History } from "./history.js";
import { Money } from "./money.js";
import { confirmReason } from "./reasons.js";
import { printTicket } from "./ticket.js";
import { clock, clockSeconds } from "./time.js";

const VOIDABLE = ["held", "queued", "cooking", "ready"];
const KITCHEN = ["accepted", "preparing", "ready"];

/** Opens the drawer of an order. It follows the stream while the order lives, and REST once it is over. */
export function openOrder(desk, order) {
  new Drawer(desk, order).open();
}

class Drawer {
  constructor(desk, order) {
    Object.assign(this, { desk, order, over: false });
    this.body = el("div", { class: "drawer stack", "data-drawer": order.no });
    this.foot = el("div", { class: "buttons fill" });
    this.history = new History(desk, order.no);
    this.money = new Money(desk, () => this.draw());
  }

  open() {
    const stop = this.desk.listen(() => this.follow());
    openSheet({ title: callName(this.order), look: "side", body: [this.body], foot: [this.foot], onClose: stop });
    this.draw();
    this.follow();
  }

  follow() {
    const live = this.desk.find(this.order.no);
    if (live) this.order = live;
    else if (!this.over) this.ended();
    this.draw();
  }

  /** No row any more: what became of it is asked once. */
  async ended() {
    this.over = true;
    this.order = await this.desk.api.get(`/api/v1/orders/${this.order.no}/`).catch(() => this.order);
    if (this.order.allowed_actions) this.desk.allowed.keep(this.order);
    this.draw();
  }

  draw() {
    const { order } = this;
    const may = this.desk.allowed.of(order);
    const lines = order.lines.map((line) => `${line.id}.${line.version}.${line.state}`).join();
    this.history.follow(order);
    this.money.follow(order, may);
    keyed(this.body, [
      { id: "head", stamp: `${order.status} ${order.remark} ${order.eta_at} ${order.rush_count} ${order.rush_answer} ${order.table && order.table.code}`, make: () => this.head() },
      { id: "asked", stamp: `${order.cancel_requested_at} ${may}`, make: () => this.request(may) },
      { id: "lines", stamp: `${lines} ${order.status}`, make: () => this.lines() },
      { id: "money", stamp: this.money.stamp, make: () => this.money.section() },
      { id: "history", stamp: "", make: () => this.history.section() },
    ], ({ make }) => make());
    keyed(this.foot, [{ id: "moves", stamp: `${may} ${order.due_fen} ${order.status}`, make: () => this.moves(may) }], ({ make }) => make());
  }

  head() {
    const { order } = this;
    const fact = (name, value) => (value ? [el("dt", {}, name), el("dd", {}, value)] : []);
    return el("section", { class: "facts" },
      el("p", { class: "row" }, el("span", { class: "status", "data-state": order.status }, STATUS[order.status] || order.status),
        el("span", { class: "kind" }, icon(order.kind === "dine_in" ? "table" : "bag"), KIND[order.kind], order.table ? ` · ${order.table.name}` : "")),
      order.remark ? el("p", { class: "remark" }, icon("note"), el("span", {}, order.remark)) : null,
      order.cancel_reason ? el("p", { class: "remark" }, icon("alert"), el("span", {}, order.cancel_reason)) : null,
      el("dl", {},
        ...fact(t("下单"), clockSeconds(order.submitted_at)),
        ...fact(t("已接单"), order.accepted_at && clockSeconds(order.accepted_at)),
        ...fact(t("答应客人"), order.promised_at && clock(order.promised_at)),
        ...fact(t("预计出齐"), order.eta_at && clock(order.eta_at)),
        ...fact(t("催单"), order.rush_count && t("{count} 次", { count: order.rush_count })),
        ...fact(t("单号"), el("code", { class: "tiny" }, order.no))));
  }

  request(may) {
    const { order } = this;
    if (!order.cancel_requested_at || !may.includes("request-cancel/approve")) return el("div", { hidden: true });
    return el("section", { class: "panel asked" },
      el("p", {}, el("b", {}, t("顾客申请取消")), ` ${order.cancel_request_reason}`),
      el("div", { class: "buttons" }, ...cardButtons(order, this.desk)));
  }

  lines() {
    return el("section", {}, el("h3", {}, t("菜品")), el("ul", { class: "lines" }, ...this.order.lines.map((line) => lineItem(line, ...this.lineButtons(line)))));
  }

  lineButtons(line) {
    if (!KITCHEN.includes(this.order.status)) return [];
    const move = (path, body = {}) =>
      this.desk.api.post(`/api/v1/kitchen/lines/${line.id}/${path}/`, { op_id: uuid(), version: line.version, ...body });
    const found = [];
    if (line.state === "held") found.push(press(t("叫起"), "fire", () => move("fire"), "second"));
    const away = async () => confirmReason(t("为什么退掉 {name}？", { name: line.name }), "void", (reason) => move("void", { reason }));
    if (VOIDABLE.includes(line.state)) found.push(press(t("退菜"), "void", away, "quiet"));
    return found;
  }

  moves(may) {
    const { order, desk } = this;
    const move = (path, body) => desk.allowed.move(this.order, path, body);
    const main = may.includes("request-cancel/approve") ? [] : cardButtons(order, desk);
    return el("div", { class: "buttons fill" }, ...main,
      may.includes("rush") ? press([icon("fire"), el("span", {}, t("催后厨"))], "rush", () => move("rush"), "second") : null,
      may.includes("cancel") ? press(t("取消订单"), "cancel", async () => confirmReason(t("为什么取消？"), "cancel", (reason) => move("cancel", { reason })), "second") : null,
      press([icon("printer"), el("span", {}, t("小票"))], "print", async () => printTicket(this.order), "second"));
  }
}
