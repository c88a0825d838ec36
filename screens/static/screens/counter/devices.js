// The paired screens: who is online, how far behind, when it last said so; pairing a new one and ending one.

import { $, el, icon, keyed, replace, setText } from "../shared/dom.js";
import { t } from "../shared/i18n.js";
import { attempt, say } from "../shared/say.js";
import { confirmed, openSheet } from "../shared/sheet.js";
import { press } from "./card.js";
import { clockSeconds } from "./time.js";

const EVERY_MS = 10000;
const KINDS = () => ({ kitchen: t("后厨"), board: t("叫号屏"), counter: t("前台") });

export class Devices {
  constructor(desk) {
    Object.assign(this, { desk, stations: new Map(), rows: [], room: null, timer: null });
  }

  /** Stations once, screens now and every ten seconds: nothing else tells of a screen that went away. */
  async load() {
    const { results } = await this.desk.get("stations/?page_size=100");
    this.stations = new Map(results.map((station) => [station.code, station.name]));
    await this.ask();
    if (!this.timer) this.timer = setInterval(() => document.hidden || this.ask().catch(() => null), EVERY_MS);
  }

  async ask() {
    this.rows = (await this.desk.api.get(this.desk.path("devices/", { page_size: 100 }))).results;
    const lost = this.rows.filter((row) => row.claimed_at && !row.online).length;
    setText($("#count-devices"), String(lost));
    $("#count-devices").hidden = !lost;
    if (this.room) this.draw();
  }

  enter(room) {
    if (!this.room) this.build(room);
    this.ask().catch((error) => say(error.detail, true));
  }

  build(room) {
    this.room = room;
    this.note = el("p", { class: "soft fill", role: "status" });
    this.list = el("ul", { class: "devices" });
    this.none = el("p", { class: "empty" }, t("还没有配对过的屏幕。员工登录使用的不在这张表里。"));
    const pair = this.desk.inCharge() ? press([icon("plus"), el("span", {}, t("配对新屏幕"))], "pair", async () => this.pair()) : el("small", {}, t("配对和停用要店长来做。"));
    replace(room, [el("div", { class: "desk-bar" }, this.note, pair), this.none, this.list]);
  }

  draw() {
    const claimed = this.rows.filter((row) => row.claimed_at);
    setText(this.note, t("{online} / {all} 块屏幕在线", { online: claimed.filter((row) => row.online).length, all: claimed.length }));
    const stamp = (row) => `${row.online} ${row.behind} ${row.acknowledged_at} ${row.claimed_at}`;
    this.none.hidden = this.rows.length > 0;
    keyed(this.list, this.rows.map((row) => ({ ...row, stamp: stamp(row) })), (row) => this.row(row));
  }

  row(row) {
    const state = !row.claimed_at ? ["", t("等待配对")] : row.online ? ["good", t("在线")] : ["bad", t("离线")];
    const behind = row.claimed_at && row.behind ? el("span", { class: "tag warn" }, t("落后 {count} 条", { count: row.behind })) : null;
    const seen = row.acknowledged_at || row.last_seen_at;
    return el("li", { class: "panel", "data-device": row.id, "data-online": String(row.online) },
      icon(row.kind === "board" ? "volume" : row.kind === "counter" ? "bell" : "tablet"),
      el("span", { class: "fill" }, el("b", {}, row.name || KINDS()[row.kind]), el("small", {}, [KINDS()[row.kind], this.stations.get(row.station) || (row.kind === "kitchen" ? t("全部档口") : "")].filter(Boolean).join(" · "))),
      el("span", { class: `tag ${state[0]}` }, state[1]), behind || (row.online ? el("span", { class: "tag good" }, t("没有落后")) : null),
      el("small", { class: "num" }, seen ? t("{time} 确认收到", { time: clockSeconds(seen) }) : t("还没连过")),
      this.desk.inCharge() ? press(t("停用"), "revoke", () => this.revoke(row), "quiet") : null);
  }

  async revoke(row) {
    if (!(await confirmed(t("停用“{name}”？它会马上退出，要再用得重新配对。", { name: row.name }), t("停用")))) return;
    await this.desk.api.request("DELETE", `/api/v1/devices/${row.id}/`);
    await this.ask();
  }

  pair() {
    const kind = el("select", { name: "kind" }, ...Object.entries(KINDS()).map(([value, words]) => el("option", { value }, words)));
    const station = el("select", { name: "station" }, el("option", { value: "" }, t("全部档口")), ...Array.from(this.stations, ([value, words]) => el("option", { value }, words)));
    const name = el("input", { name: "name", maxlength: 32, placeholder: t("例如：热炒平板") });
    const where = el("label", {}, t("档口"), station);
    kind.onchange = () => (where.hidden = kind.value !== "kitchen");
    const ask = async () => {
      const wish = { store: this.desk.store, kind: kind.value, station: kind.value === "kitchen" ? station.value || null : null, name: name.value.trim() || KINDS()[kind.value] };
      this.showCode(sheet, await this.desk.api.post("/api/v1/devices/pair/", wish));
    };
    const make = el("button", { type: "button", "data-action": "make-code", onclick: (event) => attempt(event.currentTarget, ask) }, t("取配对码"));
    const sheet = openSheet({ title: t("配对新屏幕"), look: "centre", body: [el("div", { class: "stack" }, el("label", {}, t("做什么用"), kind), where, el("label", {}, t("叫什么"), name), make)] });
  }

  /** The code as large as the sheet; it goes by itself when the screen has it. */
  showCode(sheet, { code, expires_at: ends, device }) {
    replace($(".sheet-body", sheet), [el("div", { class: "stack pairing" }, el("p", {}, t("在新屏幕的登录页输入：")), el("output", { class: "code num" }, code), el("p", { class: "soft" }, t("{time} 前有效，只能用一次。", { time: clockSeconds(ends) })))]);
    const watch = setInterval(async () => {
      await this.ask().catch(() => null);
      const row = this.rows.find(({ id }) => id === device.id);
      if (row && row.claimed_at) (sheet.close(), say(t("“{name}”配对好了", { name: row.name })));
    }, 2000);
    sheet.addEventListener("close", () => (clearInterval(watch), this.ask().catch(() => null)));
  }
}
