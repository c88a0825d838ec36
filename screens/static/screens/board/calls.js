// Calling numbers: one after another, each with a chime and a voice, the newest shown large meanwhile. No DOM.

export const SHOWN_MS = 7000;

/** Characters read one by one: a voice would make "twelve" of A012. */
export function spelled(number) {
  return Array.from(number).join(" ");
}

/** settings: {ring(), say(number), show(number or null), timers: {setTimeout}}. Numbers wait for their turn. */
export class Calls {
  constructor(settings) {
    Object.assign(this, settings);
    this.waiting = [];
    this.calling = null;
  }

  add(number) {
    if (this.calling === number || this.waiting.includes(number)) return;
    this.waiting.push(number);
    if (this.calling === null) this.next();
  }

  /** A number that is no longer to be fetched is not called any more. */
  drop(number) {
    this.waiting = this.waiting.filter((other) => other !== number);
  }

  next() {
    const number = this.waiting.shift();
    this.calling = number === undefined ? null : number;
    this.show(this.calling);
    if (this.calling === null) return;
    this.ring();
    this.say(this.calling);
    this.timers.setTimeout(() => this.next(), SHOWN_MS);
  }
}
