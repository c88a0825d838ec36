// What every card of an order needs: what one may do with it (the server says), and its lines.

import { el } from "./dom.js";
import { LINE, optionNames } from "./text.js";
import { uuid } from "../hub/hub-api.js";

const AFTER_MS = 120;
const AGAIN_MS = 3000;

/** The `allowed_actions` of orders, asked again when a card's version moved. `onNews()` after each answer. */
export class Allowed {
  constructor(api, onNews) {
    Object.assign(this, { api, onNews, known: new Map(), timers: new Map(), keys: new Map() });
  }

  /** The actions of this card, or none while they are being asked for. */
  of(order) {
    const known = this.known.get(order.no);
    if (known && known.version >= order.version) return known.actions;
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
    this.known.set(order.no, { version: order.version, actions: order.allowed_actions });
    return order;
  }

  /** One move of an order: `path` below the order, e.g. "accept". Resolves to the order. */
  async move(order, path, body = {}) {
    const moved = { op_id: uuid(), version: order.version, ...body };
    return this.keep(await this.api.post(`/api/v1/orders/${order.no}/${path}/`, moved, { key: uuid() }));
  }

  /** Cash at the counter. The key is kept until the money is booked: a second tap cannot take it twice. */
  async takeCash(order) {
    if (!this.keys.has(order.no)) this.keys.set(order.no, uuid());
    const key = this.keys.get(order.no);
    const answer = await this.api.post(`/api/v1/orders/${order.no}/pay/`, { channel: "cash" }, { key });
    this.keys.delete(order.no);
    return answer;
  }

  /** Money back: `fen`, or all that is left when null. Its key too is kept until the answer is known. */
  async refund(order, fen, reason) {
    const body = fen === null ? { reason } : { reason, amount_fen: fen };
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
