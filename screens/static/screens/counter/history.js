// "What happened at 12:41:07": everything that was done to an order, by whom, and how it stood then.

import { el, keyed } from "../shared/dom.js";
import { t } from "../shared/i18n.js";
import { lineItem } from "../shared/orders.js";
import { STATUS, money } from "../shared/text.js";
import { clockSeconds } from "./time.js";
import { entries } from "./words.js";

export class History {
  constructor(desk, no) {
    Object.assign(this, { desk, no, frames: [], asking: false, list: el("ol", { class: "history" }) });
  }

  section() {
    return el("section", {}, el("h3", {}, t("经过")), this.list);
  }

  /** Reads on when the order is younger than what is known. */
  follow(order) {
    const last = this.frames.length ? this.frames[this.frames.length - 1].version : 0;
    if (order.version > last && !this.asking) this.read(last);
  }

  async read(after) {
    this.asking = true;
    const page = await this.desk.api.get(`/api/v1/orders/${this.no}/events/?after=${after}`).catch(() => null);
    this.asking = false;
    if (!page || !page.results.length) return;
    this.frames = this.frames.concat(page.results);
    this.draw();
    if (page.next) this.read(this.frames[this.frames.length - 1].version);
  }

  draw() {
    keyed(this.list, entries(this.frames).map((entry) => ({ ...entry, id: `${entry.at} ${entry.kind} ${entry.detail}`, stamp: entry.version })), entryItem);
  }
}

/** One entry; unfolded it shows the order as that moment left it. */
function entryItem(entry) {
  const then = el("div", { class: "then" });
  const unfold = (event) => event.currentTarget.open && !then.firstChild && then.append(...moment(entry.data));
  return el("li", { "data-event": entry.kind },
    el("details", { ontoggle: unfold },
      el("summary", {}, el("time", { class: "num", datetime: entry.at }, clockSeconds(entry.at)),
        el("span", { class: "fill" }, el("b", {}, entry.what), entry.detail ? ` ${entry.detail}` : ""),
        el("span", { class: "who soft" }, entry.who)),
      then));
}

function moment(order) {
  const paid = t("已收 {money}", { money: money(order.paid_fen) });
  return [el("p", { class: "small" }, `${STATUS[order.status] || order.status} · ${paid}`), el("ul", { class: "lines" }, ...order.lines.map((line) => lineItem(line)))];
}
