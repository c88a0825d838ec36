// What every room of the counter reads: the store's live orders, who stands here, what an order may.

import { coalesced } from "../shared/dom.js";
import { Allowed } from "../shared/orders.js";

const LIVE = "pending_payment,placed,accepted,preparing,ready";
const IN_CHARGE = ["owner", "manager"];

export class Desk {
  constructor(api, store) {
    Object.assign(this, { api, store, stream: `store:${store}`, menu: `menu:${store}`, listeners: new Set() });
    this.changed = coalesced(() => this.listeners.forEach((hear) => hear()));
    this.allowed = new Allowed(api, this.changed);
  }

  /** `hear()` runs after anything changed, at most once a frame. Returns what ends it. */
  listen(hear) {
    this.listeners.add(hear);
    return () => this.listeners.delete(hear);
  }

  rows(prefix) {
    return this.hub.rows(this.stream).filter((row) => row.key.startsWith(prefix)).map((row) => row.data);
  }

  /** Live orders, the oldest first. */
  orders() {
    return this.rows("order:").sort((a, b) => (a.no < b.no ? -1 : 1));
  }

  /** The card of a live order; undefined once it is over. */
  find(no) {
    const row = this.hub.rows(this.stream).find(({ key }) => key === `order:${no}`);
    return row && row.data;
  }

  /** Screens whose station has tickets that nobody has seen. */
  unseen() {
    return this.rows("screen:");
  }

  /** The dishes' availability as the menu's stream tells it: id → {sold_out, remaining}. */
  availability() {
    return new Map(this.hub.rows(this.menu).map(({ data }) => [data.dish, data]));
  }

  now() {
    return this.hub.now();
  }

  /** What is allowed with all live orders, in one question. */
  async learn() {
    const page = await this.api.get(this.path("orders/", { status: LIVE, page_size: 100 }));
    page.results.forEach((order) => this.allowed.keep(order));
    this.changed();
  }

  /** An address of the store: `path` below /api/v1/ with `store` and these questions. */
  path(path, query = {}) {
    return `/api/v1/${path}?${new URLSearchParams({ store: this.store, ...query })}`;
  }

  get(path) {
    return this.api.get(`/api/v1/stores/${this.store}/${path}`);
  }

  inCharge() {
    const { user } = this.api.session;
    const own = (user && user.roles) || [];
    return own.some(({ store, role }) => store === this.store && IN_CHARGE.includes(role));
  }
}
