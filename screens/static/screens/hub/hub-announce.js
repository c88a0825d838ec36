// What this device has already rung for: every new ticket rings once, also one that came during an outage. Pure.

const REMEMBERED = 1000;

/** The default: one ring per order and batch. */
export function batchIds(row) {
  const batches = new Set(((row.data && row.data.lines) || []).map((line) => line.batch));
  return Array.from(batches, (batch) => `${row.key}#${batch}`);
}

export class Announced {
  /** `saved` = ids of earlier loads, or null on a device's very first load, which is silent. */
  constructor(saved, idsOf = batchIds) {
    this.silent = saved === null;
    this.ids = new Set(saved || []);
    this.idsOf = idsOf;
  }

  /** The rows among `rows` that have something new to ring for; from now on they count as announced. */
  fresh(rows) {
    const ringing = Array.from(rows).filter((row) => this.take(row));
    if (!this.silent) return ringing;
    this.silent = false;
    return [];
  }

  take(row) {
    const unknown = this.idsOf(row).filter((id) => !this.ids.has(id));
    unknown.forEach((id) => this.ids.add(id));
    if (this.ids.size > 2 * REMEMBERED) this.ids = new Set(this.toSaved());
    return unknown.length > 0;
  }

  toSaved() {
    return Array.from(this.ids).slice(-REMEMBERED);
  }
}
