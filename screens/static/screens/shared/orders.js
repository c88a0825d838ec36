// What every card of an order needs: what one may do with it (the server says), and its lines.

import { el } from "./dom.js";
import { LINE, optionNames } from "./text.js";
import { uuid } from "../hub/hub-api.js";

const AFTER_MS = 120;
const AGAIN_MS = 3000;

const SITUATION = ["status", "due_fen", "paid_fen", "refunded_fen", "cancel_requested_at", "rush_count"];

/** All that decides what one may do with an order; its lines and promises do not. */
const situation = (order) => SITUATION.map((name) => order[name]).join();

/** The `allowed_actions` of orders, asked again when something that decides them moved. `onNews()` after each. */
export class Allowed {
  constructor(api, onNews) {
    Object.assign(this, { api, onNews, known: new Map(), timers: new Map(), keys: new Map() });
  }

  /** The actions of this card, or none while they are being asked for. */
  of(order) {
    const known = this.known.get(order.no);
    if (known && (known.version >= order.version || known.situation === situation(order))) return known.actions;
    if (!this.timers.has(order.no)) this.timers.set(order.no, setTimeout(() => this.ask(order.no), AFTER_MS));
    return [];
  }

  async ask(no) {
    try {
      this.keep(await this.api.get(`/api/v1/orders/${no}/`));
      this.timers.delete(no);
    } catch (error) {
      // The card stays without buttons until a later answer.
      this.timers.set(no, setTimeout(() => this.ask(no), AGAIN_MS));
      return;
    }
    this.onNews();
  }

  keep(order) {
    this.known.set(order.no, { version: order.version, situation: situation(order), actions: order.allowed_actions });
    return order;
  }

  /** One move of an order: `path` below the order, e.g. "accept". Resolves to the order. */
  async move(order, path, body = {}) {
    const send = ({ version }) =>
      this.api.post(`/api/v1/orders/${order.no}/${path}/`, { op_id: uuid(), version, ...body }, { key: uuid() });
    try {
      return this.keep(await send(order));
    } catch (error) {
      if (error.code !== "order.version_conflict") throw error;
      // Another time promised, a dish started: what the person saw of the order still holds.
      const now = this.keep(await this.api.get(`/api/v1/orders/${order.no}/`));
      if (situation(now) !== situation(order)) throw error;
      return this.keep(await send(now));
    }
  }

  /** Cash at the counter. The key is kept until the money is booked: a second tap cannot take it twice. */
  async takeCash(order) {
    if (!this.keys.has(order.no)) this.keys.set(order.no, uuid());
    const key = this.keys.get(order.no);
    const answer = await this.api.post(`/api/v1/orders/${order.no}/pay/`, { channel: "cash" }, { key });
    this.keys.delete(order.no);
    return answer;
  }

  /** Money back: `what` is {} for all that is left, {amount_fen} or {lines}. Its key too is kept until the answer. */
  async refund(order, what, reason) {
    const body = { reason, ...what };
    const same = `${order.no} ${JSON.stringify(body)}`;
    if (!this.keys.has(same)) this.keys.set(same, uuid());
    const answer = await this.api.post(`/api/v1/orders/${order.no}/refunds/`, body, { key: this.keys.get(same) });
    this.keys.delete(same);
    return answer;
  }
}

/** One line of an order; `buttons` go to its right end. */
export function lineItem(line, ...buttons) {
  const extra = optionNames(line);
  const name = el("span", { class: "name" }, `${line.name} ×${line.quantity}`);
  return el(
    "li",
    { "data-line": line.id, "data-state": line.state },
    el("span", { class: "fill" }, name, extra ? el("small", {}, ` ${extra}`) : null),
    el("span", { class: "state", "data-state": line.state }, LINE[line.state] || line.state),
    ...buttons,
    line.remark ? el("span", { class: "remark" }, line.remark) : null,
  );
}
