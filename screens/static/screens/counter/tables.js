// The table map: who sits where, since when, what they owe, and how long they have been waiting.

import { coalesced, el, icon, keyed, replace, setText } from "../shared/dom.js";
import { t } from "../shared/i18n.js";
import { say } from "../shared/say.js";
import { money } from "../shared/text.js";
import { openTable, stateWords } from "./table.js";
import { waited } from "./time.js";

const LOOK = { free: "", open: "good", settling: "warn" };
const SOON_MS = 400;
const LONG_MS = 15 * 60000;

export class Tables {
  constructor(desk, compose) {
    Object.assign(this, { desk, compose, tables: [], room: null, shown: false, timer: null, listeners: new Set() });
    this.draw = coalesced(() => this.drawNow());
  }

  enter(room) {
    if (!this.room) this.build(room);
    this.shown = true;
    this.load().catch((error) => say(error.detail, true));
  }

  leave() {
    this.shown = false;
  }

  build(room) {
    this.room = room;
    this.note = el("p", { class: "soft fill", role: "status" });
    this.map = el("div", { class: "table-map" });
    const codes = el("a", { class: "button second", href: "/counter/qr/", target: "_blank", rel: "opener", "data-action": "codes" }, icon("qr"), el("span", {}, t("打印桌码")));
    replace(room, [el("div", { class: "desk-bar" }, this.note, codes), this.map]);
  }

  /** Something at the tables moved: the map is asked for again, once for many. */
  soon() {
    if (!this.shown || this.timer) return;
    this.timer = setTimeout(() => ((this.timer = null), this.load().catch(() => null)), SOON_MS);
  }

  async load() {
    this.tables = (await this.desk.get("table-map/")).tables;
    this.draw();
    this.listeners.forEach((hear) => hear());
  }

  find(id) {
    return this.tables.find((table) => table.id === id);
  }

  drawNow() {
    const used = this.tables.filter((table) => table.state !== "free");
    const owed = used.reduce((sum, table) => sum + table.due_fen, 0);
    setText(this.note, t("{used} / {all} 桌有客人，一共待收 {money}", { used: used.length, all: this.tables.length, money: money(owed) }));
    keyed(this.map, this.tables.map((table) => ({ ...table, stamp: JSON.stringify(table) })), (table) => this.tile(table));
  }

  tile(table) {
    const now = this.desk.now();
    const since = (at, words) => el("span", { class: "small" }, words, " ", el("b", { class: "num", "data-since": Date.parse(at) }, waited(Date.parse(at), now)));
    const late = table.waiting_since && now - Date.parse(table.waiting_since) > LONG_MS;
    return el("button", { type: "button", class: "tile", "data-table": table.code, "data-state": table.state, "data-late": String(Boolean(late)), onclick: () => openTable(this, table) },
      el("span", { class: "row" }, el("b", { class: "name fill" }, table.name), el("span", { class: `tag ${LOOK[table.state]}` }, stateWords(table.state))),
      table.session ? since(table.session.opened_at, t("坐了")) : el("span", { class: "small" }, t("{count} 座", { count: table.seats })),
      table.waiting_since ? since(table.waiting_since, t("等菜")) : null,
      table.orders ? el("span", { class: "row apart" }, el("span", { class: "small" }, t("{count} 单", { count: table.orders })),
        table.due_fen ? el("b", { class: "due num" }, money(table.due_fen)) : el("span", { class: "tag good" }, t("已付清"))) : null);
  }
}
