// Reports for those in charge: a range of days, what it brought in figures and charts, and every table as a file.

import { el, icon, replace } from "../shared/dom.js";
import { t } from "../shared/i18n.js";
import { say } from "../shared/say.js";
import { Problem } from "../hub/hub-api.js";
import { press } from "./card.js";
import { PANELS, tiles } from "./panels.js";

const NAMES = ["turnover", "orders", "average-ticket", "top-dishes", "prep-time", "eta", "reviews", "reasons"];
const RANGES = [1, 7, 30];
const DAY_MS = 86400000;

const iso = (date) => new Date(date.getTime() - date.getTimezoneOffset() * 60000).toISOString().slice(0, 10);

export class Reports {
  constructor(desk) {
    Object.assign(this, { desk, room: null, asked: 0 });
  }

  enter(room) {
    if (!this.room) this.build(room);
    if (this.desk.inCharge()) this.load();
  }

  build(room) {
    this.room = room;
    if (!this.desk.inCharge()) {
      replace(room, [el("p", { class: "empty panel" }, icon("chart"), el("br"), t("报表给店长看。您需要哪个数字，请店长登录后查。"))]);
      return;
    }
    const field = (name, words) => el("label", {}, words, el("input", { type: "date", name, required: true, onchange: () => this.load() }));
    this.form = el("form", { class: "row", onsubmit: (event) => event.preventDefault() }, field("from", t("从")), field("to", t("到")));
    const range = (days) => el("button", { type: "button", class: "second", "data-days": days, onclick: () => (this.span(days), this.load()) }, days === 1 ? t("今天") : t("近 {days} 天", { days }));
    this.body = el("div", { class: "panels" });
    replace(room, [el("div", { class: "desk-bar" }, el("div", { class: "buttons" }, ...RANGES.map(range)), this.form), this.body]);
    this.span(7);
  }

  /** The last `days` days up to today. */
  span(days) {
    const today = new Date(this.desk.now() - 4 * 3600000);
    this.form.to.value = iso(today);
    this.form.from.value = iso(new Date(today.getTime() - (days - 1) * DAY_MS));
  }

  path(name, format = "json") {
    return this.desk.path(`reports/${name}/`, { from: this.form.from.value, to: this.form.to.value, format });
  }

  async load() {
    this.asked += 1;
    const asked = this.asked;
    this.body.setAttribute("aria-busy", "true");
    const answers = await Promise.all(NAMES.map((name) => this.desk.api.get(this.path(name)))).catch((error) => say(error.detail, true));
    if (!answers || asked !== this.asked) return;
    const found = Object.fromEntries(answers.map((answer) => [answer.report, answer]));
    this.body.removeAttribute("aria-busy");
    replace(this.body, [tiles(found), ...PANELS().map(([name, title, draw]) => this.panel(name, title, draw(found[name])))]);
  }

  panel(name, title, nodes) {
    const file = (format) => press([icon("down"), el("span", {}, format.toUpperCase())], `${format}:${name}`, () => this.file(name, format), "quiet");
    return el("section", { class: "panel", "data-report": name }, el("header", { class: "row" }, el("h3", { class: "fill" }, title), file("csv"), file("xlsx")), ...nodes);
  }

  /** A file by the bearer token: links cannot carry it. */
  async file(name, format) {
    const headers = { Authorization: `Bearer ${await this.desk.api.accessToken()}` };
    const answer = await this.desk.api.reach(this.path(name, format), { headers });
    if (!answer.ok) throw new Problem(answer.status, await answer.json().catch(() => ({})));
    const address = URL.createObjectURL(await answer.blob());
    const link = el("a", { href: address, download: `${this.desk.store}-${name}-${this.form.from.value}-${this.form.to.value}.${format}` });
    link.click();
    setTimeout(() => URL.revokeObjectURL(address), 1000);
  }
}
