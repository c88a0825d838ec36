// The basket of one guest who picks up: a cart on this device, which becomes an order.

import { Cart, Submission } from "./cart.js";

export class LocalBasket {
  /** `changed()` after every change. */
  constructor(api, place, changed) {
    Object.assign(this, { api, place, changed });
    this.cart = new Cart(localStorage, `kaifan.cart.${place.store}`);
    this.submission = new Submission(localStorage, `kaifan.submission.${place.store}`, api);
  }

  async begin() {}

  listen() {}

  get lines() {
    const locked = Boolean(this.pending());
    return this.cart.lines.map((line, id) => ({ ...line, id, locked }));
  }

  totalFen() {
    return this.cart.totalFen();
  }

  /** How many of each dish. */
  chosen() {
    const found = new Map();
    this.cart.lines.forEach(({ dish, quantity }) => found.set(dish, (found.get(dish) || 0) + quantity));
    return found;
  }

  async add(line) {
    this.cart.add(line);
    this.changed();
  }

  async change(id, by) {
    this.cart.change(id, by);
    this.changed();
  }

  pending() {
    return this.submission.pending();
  }

  /** Words of its own for the button; none. */
  target() {
    return "";
  }

  body({ coupon, remark }) {
    const { store } = this.place;
    return { store, kind: "pickup", table_token: null, lines: this.cart.wanted(), coupon, remark };
  }

  /** Resolves to the order; the cart is empty then. */
  async submit(choice) {
    const order = await this.submission.send(this.body(choice)).finally(this.changed);
    this.cart.clear();
    this.changed();
    return order;
  }
}
