// A guest's orders: the newer of what REST answered and what the socket told, newest first.

import { $, coalesced, keyed, setText } from "../shared/dom.js";
import { Allowed } from "../shared/orders.js";
import { TERMINAL } from "../shared/text.js";
import { Payments } from "./pay.js";
import { openReview } from "./review.js";
import { orderCard, stampOf } from "./tracking.js";

const FIRST = 5;
const REDRAW_MS = 15000;

export class Orders {
  /** world: {hub() -> HubClient or null, more(), again(order)}. */
  constructor(api, place, world) {
    Object.assign(this, { api, place, world, known: new Map(), reviewed: new Set(), next: null });
    this.draw = coalesced(() => this.drawNow());
    this.allowed = new Allowed(api, this.draw);
    const { wechat: mode, cashier, appId } = place;
    const browser = { bridge: () => window.WeixinJSBridge || null, open: () => window.open("", "_blank") };
    this.payments = new Payments(api, { mode, cashier, appId }, browser, this.draw);
    setInterval(this.draw, REDRAW_MS);
  }

  all() {
    const newest = Array.from(this.known.keys()).sort().reverse();
    return newest.map((no) => {
      const [row] = this.world.hub() ? this.world.hub().rows(`order:${no}`) : [];
      const known = this.known.get(no);
      return row && row.version >= known.version ? row.data : known;
    });
  }

  /** Shows an order and hears of it from now on. */
  follow(order) {
    if (!this.known.has(order.no)) this.known.set(order.no, order);
    if (order.allowed_actions) this.allowed.keep(order);
    this.world.hub().subscribe(`order:${order.no}`);
    this.draw();
  }

  /** An order that others at the table made. */
  async find({ order: no }) {
    if (no && !this.known.has(no)) this.follow(await this.api.get(`/api/v1/orders/${no}/`));
  }

  async load() {
    const [page, mine] = await Promise.all([
      this.api.get("/api/v1/orders/"),
      this.api.get("/api/v1/reviews/mine/").catch(() => ({ results: [] })),
    ]);
    mine.results.forEach((review) => this.reviewed.add(review.order));
    this.take(page, FIRST);
    await this.payments.syncAll(this.all());
  }

  async loadOlder() {
    this.take(await this.api.get(this.next), Infinity);
  }

  take({ results, next }, most) {
    const here = results.filter((order) => order.store === this.place.store);
    const live = (order) => !TERMINAL.includes(order.status);
    here.filter((order, index) => index < most || live(order)).forEach((order) => this.follow(order));
    this.next = next;
    $("#more-orders").hidden = !next;
    this.draw();
  }

  syncPayments() {
    return this.payments.syncAll(this.all());
  }

  drawNow() {
    const shown = this.all().map((order) => {
      const world = this.worldOf(order);
      return { id: order.no, stamp: stampOf(order, world), order, world };
    });
    keyed($("#orders"), shown, ({ order, world }) => orderCard(order, world));
    const live = shown.filter(({ order }) => !TERMINAL.includes(order.status)).length;
    $("#no-orders").hidden = shown.length > 0;
    $("#orders-count").hidden = live === 0;
    setText($("#orders-count"), String(live));
    document.title = live ? `(${live}) ${$("#store-name").textContent}` : $("#store-name").textContent;
  }

  worldOf(order) {
    const hub = this.world.hub();
    return {
      now: () => (hub ? hub.now() : Date.now()),
      may: this.allowed.of(order),
      attempted: this.payments.of(order),
      payable: this.payments.possible && !(this.api.session && this.api.session.guest),
      reviewed: this.reviewed.has(order.no),
      pay: (one) => this.payments.pay(one),
      move: (one, action) => this.allowed.move(one, action),
      more: this.world.more,
      again: this.world.again,
      review: (one) => openReview(this.api, one, () => (this.reviewed.add(one.no), this.draw())),
    };
  }
}
