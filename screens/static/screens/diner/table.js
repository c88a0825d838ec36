// The basket of a table: one cart for everybody who sits there, kept by the server, seen by all as it changes.

import { t } from "../shared/i18n.js";
import { say } from "../shared/say.js";
import { uuid } from "../hub/hub-api.js";

const ROW = "cart-line:";

export class TableBasket {
  /** `changed()` after every change. Nothing is in it before `begin`. */
  constructor(api, place, changed) {
    Object.assign(this, { api, place, changed, cart: null, hub: null, key: null, first: null, sitting: null });
  }

  get path() {
    return `/api/v1/table-sessions/${this.cart.session}/cart/`;
  }

  /** Sits down at the table: from now on the cart is ours too. */
  begin() {
    this.sitting = this.sit();
    return this.sitting;
  }

  async sit() {
    const { session } = await this.api.get(`/api/v1/tables/resolve/?token=${encodeURIComponent(this.place.token)}`);
    const no = session.id;
    this.cart = await this.api.get(`/api/v1/table-sessions/${no}/cart/lines/`);
    this.listen(this.hub);
    if (this.first) await this.add(this.first);
    this.first = null;
    return this.cart.orders;
  }

  listen(hub) {
    this.hub = hub;
    if (hub && this.cart) hub.subscribe(this.cart.stream);
  }

  /** The socket's rows once it has told any, REST's until then. */
  rows() {
    if (!this.cart) return [];
    const live = this.hub.subscriptions.get(this.cart.stream);
    if (!live || !live.rows.live) return this.cart.lines;
    const rows = this.hub.rows(this.cart.stream).filter(({ key }) => key.startsWith(ROW));
    return rows.sort((a, b) => (a.key < b.key ? -1 : 1)).map(({ data }) => data);
  }

  get lines() {
    const me = this.api.session ? this.api.session.user.id : "";
    return this.rows().map((line) => ({
      id: line.id,
      dish: line.dish,
      name: line.name,
      options: line.options.map((option) => option.id),
      option_names: line.options.map((option) => option.name).join(t("、")),
      price_fen: line.unit_price_fen,
      quantity: line.quantity,
      remark: line.remark,
      locked: line.owner.id !== me,
      owner: line.owner.id === me ? t("我点的") : t("{name} 点的", line.owner),
    }));
  }

  totalFen() {
    return this.rows().reduce((sum, line) => sum + line.unit_price_fen * line.quantity, 0);
  }

  chosen() {
    const found = new Map();
    this.rows().forEach(({ dish, quantity }) => found.set(dish, (found.get(dish) || 0) + quantity));
    return found;
  }

  /** A line like one of mine raises its number; before the log-in the first one waits. */
  async add(line) {
    if (!this.cart && !this.api.session) {
      this.first = line;
      return this.place.enter();
    }
    if (!this.cart) await this.sitting;
    const same = (other) => !other.locked && other.dish === line.dish && other.remark === line.remark
      && String(other.options) === String(line.options);
    const mine = this.lines.find(same);
    if (mine) return this.change(mine.id, line.quantity);
    const { dish, quantity, options, remark } = line;
    return this.keep(await this.api.post(`${this.path}lines/`, { dish, quantity, options, remark, op_id: uuid() }));
  }

  async change(id, by) {
    const quantity = this.lines.find((line) => line.id === id).quantity + by;
    if (quantity > 0) return this.keep(await this.api.patch(`${this.path}lines/${id}/`, { quantity, op_id: uuid() }));
    await this.api.delete(`${this.path}lines/${id}/`);
    this.cart.lines = this.cart.lines.filter((line) => line.id !== id);
    return this.changed();
  }

  keep(line) {
    this.cart.lines = this.cart.lines.filter((other) => other.id !== line.id).concat([line]);
    this.changed();
  }

  pending() {
    return this.key;
  }

  target() {
    return t("全桌下单");
  }

  body({ coupon, remark }) {
    const lines = this.lines.map(({ dish, quantity, options, remark: word }) => ({ dish, quantity, options, remark: word }));
    return { store: this.place.store, kind: "dine_in", table_token: this.place.token, lines, coupon, remark };
  }

  /** The key is kept until the answer is known. A friend who was faster has ordered for all: theirs is the order. */
  async submit({ coupon, remark }) {
    this.key = this.key || uuid();
    try {
      const order = await this.api.post(`${this.path}submit/`, { coupon, remark }, { key: this.key });
      this.ordered(order.no);
      return order;
    } catch (error) {
      if (error.status >= 400 && error.status < 500) this.key = null;
      this.changed();
      if (error.code !== "cart.empty" || !error.body.order) throw error;
      say(t("同桌已经下单了"));
      this.ordered(error.body.order);
      return this.api.get(`/api/v1/orders/${error.body.order}/`);
    }
  }

  ordered(no) {
    this.key = null;
    this.cart.lines = [];
    this.cart.orders = this.cart.orders.filter((other) => other !== no).concat([no]);
    this.changed();
  }
}
