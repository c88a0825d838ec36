// What the cook has seen and must be told has changed: voided lines, moved tables, new remarks, fired courses. Pure.

import { callName } from "../shared/text.js";
import { ticketId } from "./tickets.js";

const VOIDING = new Set(["line.voided", "order.cancelled", "order.rejected"]);
// An order is handed over with its lines ready; the frames that told so may have been missed, a void is not meant.
const DONE = "order.completed";
const UNMADE = new Set(["held", "queued", "cooking"]);

const facts = (line) => JSON.stringify([line.quantity, line.remark, (line.options || []).map((option) => option.name)]);

/** The little of a line that a card can still show when the line is gone. */
function kept(order, line) {
  const { id, batch, station, dish, name, options, quantity, remark, state } = line;
  const whose = { no: order.no, kind: order.kind, pickup_no: order.pickup_no, table: order.table };
  return { id, batch, station, dish, name, options, quantity, remark, state, whose };
}

export class Seen {
  /** `saved` is what `toSaved()` returned in an earlier life, or null. `onChange()` whenever there is more to save. */
  constructor(saved, onChange = () => {}) {
    const { orders = [], voided = [], marks = [], unsure = [] } = saved || {};
    this.orders = new Map(orders);
    this.voided = new Map(voided);
    this.marks = new Map(marks);
    this.unsure = new Map(unsure);
    this.onChange = onChange;
    // A device's very first load replays what happened before it was there: nothing of that is news.
    this.silent = saved === null;
  }

  toSaved() {
    const { orders, voided, marks, unsure } = this;
    return { orders: [...orders], voided: [...voided], marks: [...marks], unsure: [...unsure] };
  }

  /**
   * One order as it is now; `data` null when it left. `kind` is the event that told of it, or null when a snapshot
   * did: then nobody said what became of a line that is gone, and the order has to be asked (`unsure`).
   */
  look(no, data, kind) {
    const known = this.orders.get(no);
    const lines = (data && data.lines) || [];
    if (known && !this.silent) this.compare(no, known, data, new Map(lines.map((line) => [line.id, line])), kind);
    if (data) this.orders.set(no, { name: callName(data), remark: data.remark, lines: lines.map((line) => kept(data, line)) });
    else this.orders.delete(no);
    this.onChange();
  }

  compare(no, known, data, now, kind) {
    const gone = known.lines.filter((line) => UNMADE.has(line.state) && !now.has(line.id));
    if (gone.length && VOIDING.has(kind)) gone.forEach((line) => this.voided.set(line.id, line));
    else if (gone.length && kind !== DONE) this.unsure.set(no, gone);
    if (!data) return;
    const word = known.name !== callName(data) ? "table" : known.remark !== data.remark ? "remark" : null;
    known.lines.filter((line) => now.has(line.id)).forEach((line) => this.compareLine(line, now.get(line.id), word));
  }

  compareLine(before, line, orderWord) {
    if (before.state === "held" && line.state === "queued") this.mark(line, "fired");
    if (!UNMADE.has(line.state)) return;
    if (orderWord) this.mark(line, orderWord);
    if (facts(before) !== facts(line)) this.mark(line, "line");
  }

  mark(line, word) {
    const words = this.marks.get(ticketId(line)) || [];
    if (!words.includes(word)) this.marks.set(ticketId(line), words.concat([word]));
  }

  /** The order was asked about: which of the lines that left were voided. */
  settle(no, lines) {
    const voided = new Set(lines.filter((line) => line.state === "voided").map((line) => line.id));
    (this.unsure.get(no) || []).filter((line) => voided.has(line.id)).forEach((line) => this.voided.set(line.id, line));
    this.unsure.delete(no);
    this.onChange();
  }

  /** The cook has read what changed on this ticket. */
  acknowledge(id) {
    this.marks.delete(id);
    this.voided.forEach((line, key) => ticketId(line) === id && this.voided.delete(key));
    this.onChange();
  }

  /** The tickets with what there is to acknowledge on them; a ticket of which only voided lines are left comes first. */
  decorate(tickets) {
    const byTicket = new Map();
    this.voided.forEach((line) => byTicket.set(ticketId(line), (byTicket.get(ticketId(line)) || []).concat([line])));
    const shown = tickets.map((one) => ({ ...one, marks: this.marks.get(one.id) || [], voided: byTicket.get(one.id) || [] }));
    tickets.forEach((one) => byTicket.delete(one.id));
    const ghosts = Array.from(byTicket, ([id, voided]) => ({
      id, voided, marks: [], lines: [], held: false, since: 0, station: voided[0].station,
      order: { ...voided[0].whose, status: "cancelled", remark: "", rush_count: 0 },
    }));
    return ghosts.concat(shown);
  }
}
