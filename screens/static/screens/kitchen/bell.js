// The sound of a new ticket: at once, and again while nobody has touched the screen, three times at most.

import { chime } from "../shared/sound.js";

const EVERY_MS = 7000;
const NEW_MS = 20000;

/** Tickets nobody has reacted to yet. `now()` in ms; `onChange()` when some stopped being new. */
export class Bell {
  constructor({ now, onChange, ring = chime }) {
    Object.assign(this, { now, onChange, ring, fresh: new Map(), shown: new Set(), rungAt: -Infinity });
  }

  isNew(id) {
    return this.fresh.has(id);
  }

  /** The tickets on the board: what of an order is new is what is not among them. */
  saw(ids) {
    this.shown = new Set(ids);
  }

  /** An order has something new among these tickets. */
  announce(ids) {
    const unseen = ids.filter((id) => !this.shown.has(id));
    (unseen.length ? unseen : ids).forEach((id) => this.fresh.set(id, this.now()));
    if (this.now() - this.rungAt > 500) this.sound();
    this.onChange();
  }

  sound() {
    this.rungAt = this.now();
    this.ring();
  }

  /** Somebody is there: a touch or a key anywhere quiets the bell. */
  quiet() {
    if (!this.fresh.size) return;
    this.fresh.clear();
    this.onChange();
  }

  tick() {
    if (!this.fresh.size) return;
    const before = this.fresh.size;
    this.fresh.forEach((since, id) => this.now() - since > NEW_MS && this.fresh.delete(id));
    if (this.fresh.size !== before) this.onChange();
    if (this.fresh.size && this.now() - this.rungAt >= EVERY_MS) this.sound();
  }
}
