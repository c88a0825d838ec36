// The orders' room: three columns of what is going on, or what a search found.

import { $, el, keyed, setText } from "../shared/dom.js";
import { t } from "../shared/i18n.js";
import { attempt, say } from "../shared/say.js";
import { drawCard, shell } from "./card.js";
import { openOrder } from "./drawer.js";

const COLUMN = { pending_payment: "new", placed: "new", accepted: "making", preparing: "making", ready: "ready" };
const ENDED = "completed,rejected,cancelled";
const TYPED_MS = 250;

export class Orders {
  constructor(desk) {
    Object.assign(this, { desk, shown: "live", found: [], next: null, asked: 0, timer: null });
    this.open = (order) => openOrder(desk, order);
    $("#search").addEventListener("input", () => this.typed());
    document.querySelectorAll("[data-show]").forEach((tab) => (tab.onclick = () => this.show(tab.dataset.show)));
    $("[data-action=more]").onclick = (event) => attempt(event.currentTarget, () => this.more());
  }

  draw() {
    const orders = this.desk.orders();
    // Those who paid come before those who still think about it.
    const first = orders.filter((order) => order.status === "placed").concat(orders.filter((order) => order.status !== "placed"));
    ["new", "making", "ready"].forEach((column) => {
      const own = first.filter((order) => COLUMN[order.status] === column);
      this.fill($(`#${column}`), own);
      setText($(`[data-count=${column}]`), String(own.length));
    });
    if (!$("#found").hidden) this.drawFound();
  }

  fill(parent, orders) {
    const items = orders.map((order) => ({ id: order.no, stamp: `${order.version} ${this.desk.allowed.of(order)}`, order }));
    keyed(parent, items.map((item) => ({ ...item, stamp: "" })), ({ order }) => shell(order, () => this.open(this.desk.find(order.no) || order)));
    items.forEach(({ order, stamp }, index) => {
      const node = parent.children[index];
      if (node.dataset.drawn === stamp) return;
      node.dataset.drawn = stamp;
      drawCard(node, order, this.desk);
    });
  }

  /** What was found, each as it is now. */
  drawFound() {
    this.fill($("#found-cards"), this.found.map((order) => this.desk.find(order.no) || order));
  }

  typed() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.look(), TYPED_MS);
  }

  show(which) {
    this.shown = which;
    $("#search").value = "";
    this.look();
  }

  async look() {
    const text = $("#search").value.trim();
    const live = !text && this.shown === "live";
    document.querySelectorAll("[data-show]").forEach((tab) => {
      if (!text && tab.dataset.show === this.shown) tab.setAttribute("aria-current", "page");
      else tab.removeAttribute("aria-current");
    });
    $("#live").hidden = !live;
    $("#found").hidden = live;
    this.asked += 1;
    if (!live) await this.ask(text ? { search: text } : { status: ENDED, day: this.today() }, text).catch((error) => say(error.detail, true));
  }

  /** The store's day by its cut-over is the server's affair; at the counter midnight is near enough. */
  today() {
    const now = new Date(this.desk.now() - 4 * 3600000);
    return [now.getFullYear(), now.getMonth() + 1, now.getDate()].map((part) => String(part).padStart(2, "0")).join("-");
  }

  async ask(query, text) {
    const asked = this.asked;
    const page = await this.desk.api.get(this.desk.path("orders/", { ...query, page_size: 30 }));
    if (asked !== this.asked) return;
    this.take(page, []);
    const note = text ? t("“{text}” 找到 {count} 单", { text, count: this.found.length }) : t("今天已结束 {count} 单", { count: this.found.length });
    setText($("#found-note"), this.next ? `${note} +` : note);
  }

  take(page, before) {
    page.results.forEach((order) => this.desk.allowed.keep(order));
    this.found = before.concat(page.results);
    this.next = page.next;
    $("[data-action=more]").hidden = !page.next;
    this.drawFound();
  }

  async more() {
    const { pathname, search } = new URL(this.next);
    this.take(await this.desk.api.get(pathname + search), this.found);
  }
}

/** The banner of screens that have not shown a ticket in time; true if there is one. */
export function drawUnseen(desk, stations) {
  const screens = desk.unseen();
  const banner = $("#unseen");
  banner.hidden = !screens.length;
  keyed(banner, screens.map((screen) => ({ id: screen.id, stamp: screen.stale_since, screen })), ({ screen }) => {
    const station = stations.get(screen.station) || t("后厨");
    return el("p", { "data-screen": screen.id },
      el("b", {}, t("{station} 没有看到新单", { station })),
      el("span", {}, t("“{name}” 从 {time} 起没有显示。请去看一眼，或口头报单。", { name: screen.name, time: new Date(screen.stale_since).toLocaleTimeString() })));
  });
  return screens.length > 0;
}
