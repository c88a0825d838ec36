// A guest's cart and its submission: kept in storage, sent with one key until the answer is known. No DOM.

import { uuid } from "../hub/hub-api.js";

const UNDECIDED = [0, 401, 408, 429];

export class Cart {
  constructor(storage, place) {
    Object.assign(this, { storage, place });
    this.lines = JSON.parse(storage.getItem(place) || "[]");
  }

  /** A line: {dish, name, options: [id], option_names, price_fen, quantity, remark}; equal choices are one line. */
  add(line) {
    const choice = ({ dish, options, remark }) => JSON.stringify([dish, options, remark || ""]);
    const same = (other) => choice(other) === choice(line);
    const known = this.lines.find(same);
    if (known) known.quantity = Math.min(99, known.quantity + line.quantity);
    else this.lines.push(line);
    this.save();
  }

  change(index, by) {
    this.lines[index].quantity = Math.min(99, this.lines[index].quantity + by);
    this.lines = this.lines.filter((line) => line.quantity > 0);
    this.save();
  }

  clear() {
    this.lines = [];
    this.save();
  }

  save() {
    this.storage.setItem(this.place, JSON.stringify(this.lines));
  }

  /** What is sent of it. */
  wanted() {
    return this.lines.map(({ dish, quantity, options, remark }) => ({ dish, quantity, options, remark: remark || "" }));
  }

  /** What the cart costs by the menu; the server's price is the one that counts. */
  totalFen() {
    return this.lines.reduce((sum, line) => sum + line.price_fen * line.quantity, 0);
  }
}

/** Whether the server has surely not taken the order: then the next try is a new one. */
function refused(error) {
  return error.status >= 400 && error.status < 500 && !UNDECIDED.includes(error.status) && !inProgress(error);
}

const inProgress = (error) => error.status === 409 && String(error.code).startsWith("idempotency.");

/** One submission: key and body stay in storage until an answer is known, over any number of reloads. */
export class Submission {
  constructor(storage, place, api) {
    Object.assign(this, { storage, place, api });
  }

  pending() {
    return JSON.parse(this.storage.getItem(this.place) || "null");
  }

  /** Sends what is pending, else `body`. Resolves to the order; rejects with Problem. */
  async send(body) {
    const record = this.pending() || { key: uuid(), body };
    this.storage.setItem(this.place, JSON.stringify(record));
    try {
      const order = await this.api.post("/api/v1/orders/", record.body, { key: record.key });
      this.storage.removeItem(this.place);
      return order;
    } catch (error) {
      if (refused(error)) this.storage.removeItem(this.place);
      throw error;
    }
  }
}
