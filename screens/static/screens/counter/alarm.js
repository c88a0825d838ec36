// The alarm for orders that nobody has taken: it repeats until each is accepted, rejected or muted. No DOM.

export const EVERY_MS = 8000;

/** settings: {ring(nos), timers}. A muted order is silent for good; the next one rings again. */
export class Alarm {
  constructor({ ring, timers }) {
    Object.assign(this, { ring, timers, waiting: [], muted: new Set(), known: new Set(), timer: null });
  }

  /** The orders that wait to be taken now, the oldest first. A new one rings at once. */
  show(nos) {
    this.waiting = nos;
    const news = nos.filter((no) => !this.known.has(no));
    this.known = new Set(nos);
    this.muted = new Set(nos.filter((no) => this.muted.has(no)));
    if (!this.loud().length) this.rest();
    else if (news.length || this.timer === null) this.sound();
  }

  loud() {
    return this.waiting.filter((no) => !this.muted.has(no));
  }

  mute(no) {
    this.muted.add(no);
    if (!this.loud().length) this.rest();
  }

  sound() {
    this.rest();
    this.timer = this.timers.setTimeout(() => this.sound(), EVERY_MS);
    this.ring(this.loud());
  }

  rest() {
    this.timers.clearTimeout(this.timer);
    this.timer = null;
  }
}
