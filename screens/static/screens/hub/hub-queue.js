// Taps on their way to the server: kept until it has answered, sent one after another, once each. No DOM.

import { STAFF_CEILING_MS, backoffDelay } from "./hub-backoff.js";

const BROKEN_MOST = 5;
const AGAIN = new Set([0, 408, 425, 429, 503]);
const NOTHING = () => {};

/**
 * What an answer means for a tap: "refused" (the server said no), "later" (nobody was there, or too busy),
 * "locked" (the session ended: taps wait for the next log-in), "broken" (later, but not for ever).
 */
export function tapVerdict({ status, code }) {
  if (AGAIN.has(status) || code === "idempotency.in_progress") return "later";
  if (status === 401) return "locked";
  return status >= 500 ? "broken" : "refused";
}

/** Whether the row already is what the tap wanted: somebody else was quicker, and nobody needs to hear of it. */
export function alreadySo(tap, error) {
  const state = error.status === 409 && error.body ? error.body.state : undefined;
  return state !== undefined && (tap.wants || []).includes(state);
}

/**
 * settings: {
 *   store: {all() -> Promise<[tap]>, put(tap), remove(op_id)} (promises; a failing store costs only the survival of
 *   a reload), send(tap) -> Promise<answer>, timers, random, newId() -> UUID, now() -> the server's ms,
 *   onChange(), onSent(tap, answer), onRefused(tap, error) }
 * A tap is {op_id, client_at, turn, method, path, body, label, wants: [states]}.
 * Two tabs of one screen may both send what both find in the store: the server does an op_id once.
 */
export class TapQueue {
  constructor(settings) {
    Object.assign(this, { random: Math.random, onChange: NOTHING, onSent: NOTHING, onRefused: NOTHING }, settings);
    this.taps = [];
    this.attempt = 0;
    this.stuck = false;
    this.busy = false;
    this.timer = null;
    this.turn = 0;
  }

  /** Takes up what an earlier life of the page left, before what was tapped meanwhile. */
  async load() {
    const kept = await this.store.all().catch(() => []);
    const known = new Set(this.taps.map((tap) => tap.op_id));
    const older = kept.filter((tap) => !known.has(tap.op_id)).sort(inOrder);
    this.taps = older.concat(this.taps);
    if (older.length) this.onChange();
    this.flush();
  }

  /** One tap: {path, body, label, wants, method}; it counts from now on, whatever the network does. */
  add({ method = "POST", path, body = {}, label = "", wants = [], ...more }) {
    this.turn += 1;
    const client_at = new Date(this.now()).toISOString();
    const tap = { ...more, op_id: this.newId(), client_at, turn: this.turn, method, path, body, label, wants };
    this.taps.push(tap);
    this.store.put(tap).catch(NOTHING);
    this.onChange();
    this.flush();
    return tap;
  }

  /** What is sent for a tap. */
  bodyOf({ body, op_id, client_at }) {
    return { ...body, op_id, client_at };
  }

  /** The network may be back, or somebody logged in: try at once. */
  nudge() {
    this.timers.clearTimeout(this.timer);
    this.timer = null;
    this.attempt = 0;
    this.flush();
  }

  async flush() {
    if (this.busy || this.timer !== null) return;
    this.busy = true;
    while (this.taps.length && (await this.sendFirst()));
    this.busy = false;
  }

  /** Sends the oldest tap; false when the queue has to wait. */
  async sendFirst() {
    const tap = this.taps[0];
    try {
      const answer = await this.send(tap);
      this.done(tap);
      this.onSent(tap, answer);
      return true;
    } catch (error) {
      return this.failed(tap, error);
    } finally {
      this.onChange();
    }
  }

  failed(tap, error) {
    const verdict = tapVerdict(error);
    const broken = verdict === "broken" && this.attempt + 1 >= BROKEN_MOST;
    if (verdict !== "refused" && !broken) return this.wait(verdict);
    this.done(tap);
    if (alreadySo(tap, error)) this.onSent(tap, null);
    else this.onRefused(tap, error);
    return true;
  }

  wait(verdict) {
    this.stuck = true;
    const delay = verdict === "locked" ? null : backoffDelay(this.attempt, STAFF_CEILING_MS, this.random);
    this.attempt += 1;
    if (delay !== null) this.timer = this.timers.setTimeout(() => this.again(), delay);
    return false;
  }

  again() {
    this.timer = null;
    this.flush();
  }

  done(tap) {
    this.attempt = 0;
    this.stuck = false;
    this.taps = this.taps.filter((other) => other !== tap);
    this.store.remove(tap.op_id).catch(NOTHING);
  }

  /** Forgets everything that was not sent, for whoever logs out. */
  clear() {
    const forgotten = this.taps;
    this.taps = [];
    return Promise.all(forgotten.map((tap) => this.store.remove(tap.op_id).catch(NOTHING)));
  }
}

function inOrder(a, b) {
  if (a.client_at !== b.client_at) return a.client_at < b.client_at ? -1 : 1;
  return a.turn - b.turn;
}

/** A store for where nothing lasts, and for tests. */
export class MemoryTaps {
  constructor() {
    this.kept = new Map();
  }

  async all() {
    return Array.from(this.kept.values(), (tap) => JSON.parse(JSON.stringify(tap)));
  }

  async put(tap) {
    this.kept.set(tap.op_id, tap);
  }

  async remove(id) {
    this.kept.delete(id);
  }
}
