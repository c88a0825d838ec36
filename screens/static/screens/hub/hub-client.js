// The client of hub.v1 for every page and the mini program: streams of rows, the truth bar, acks, announcements.
// No DOM in here: socket, storage, clock, timers and randomness are injected.

import { Announced, batchIds } from "./hub-announce.js";
import { DINER_CEILING_MS, STAFF_CEILING_MS } from "./hub-backoff.js";
import { StreamRows } from "./hub-rows.js";
import { HubSocket } from "./hub-socket.js";

const ACK_EVERY = 64;
const ACK_AFTER_MS = 1000;
const SAVE_AFTER_MS = 1000;
const RENEW_BEFORE_MS = 90000;
const RENEW_PAUSE_MS = 10000;
const CLOCK_STEP_MS = 2000;
const NOTHING = () => {};

/** `timers` of a browser; `now` is monotonic, `wall` is the device's clock, both in milliseconds. */
export function browserTimers() {
  return {
    now: () => performance.now(),
    wall: () => Date.now(),
    setTimeout: (run, ms) => setTimeout(run, ms),
    clearTimeout: (timer) => clearTimeout(timer),
  };
}

/**
 * settings: {
 *   url, client: "kitchen/1.0", staff: bool, name: "who this device is" (prefix of what is stored),
 *   session: {accessToken(refresh) -> Promise<string|null>, expiresInMs() -> number|null, onRenewed: fn},
 *   storage: {getItem, setItem, removeItem} or null, openSocket(url, protocol), timers, random,
 *   onRows(stream, keys), onEvent(stream, frame), onAnnounce(stream, row), onTruth(truth), onFinal(code, reason),
 *   onError(frame) }
 */
export class HubClient {
  constructor(settings) {
    const unheard = { onRows: NOTHING, onEvent: NOTHING, onAnnounce: NOTHING, onTruth: NOTHING, onFinal: NOTHING };
    const world = { timers: browserTimers(), random: Math.random, storage: null, name: "hub", onError: NOTHING };
    Object.assign(this, unheard, world, settings);
    this.subscriptions = new Map();
    this.asked = new Map();
    this.nextId = 1;
    this.received = 0;
    this.acked = 0;
    this.ackTimer = null;
    this.saveTimer = null;
    this.clockOffset = 0;
    this.lastNewsAt = null;
    this.renewAt = 0;
    this.session.onRenewed = (token) => this.socket.send({ type: "auth", token });
    this.socket = this.makeSocket();
  }

  makeSocket() {
    return new HubSocket({
      url: this.url,
      openSocket: this.openSocket || ((url, protocol) => new WebSocket(url, protocol)),
      timers: this.timers,
      random: this.random,
      ceilingMs: this.staff ? STAFF_CEILING_MS : DINER_CEILING_MS,
      beatMs: this.staff ? 5000 : 20000,
      token: (refresh) => this.session.accessToken(refresh),
      hello: (token) => this.hello(token),
      onFrame: (frame) => this.frameReceived(frame),
      onTick: () => this.tick(),
      onFinal: (code, reason) => this.onFinal(code, reason),
    });
  }

  start() {
    this.socket.start();
  }

  stop() {
    this.timers.clearTimeout(this.ackTimer);
    this.socket.stop();
    this.save();
  }

  /** Call on `online`, on becoming visible, on `onShow`. */
  nudge() {
    this.socket.nudge();
  }

  /** The server's time in milliseconds, for elapsed-time displays. */
  now() {
    return this.timers.wall() + this.clockOffset;
  }

  /** The rows of a stream: an array of {key, version, data}. */
  rows(stream) {
    const subscription = this.subscriptions.get(stream);
    return subscription ? Array.from(subscription.rows.rows.values()) : [];
  }

  /** One row of a stream, or null. */
  row(stream, key) {
    const subscription = this.subscriptions.get(stream);
    return (subscription && subscription.rows.rows.get(key)) || null;
  }

  /** {current, sinceMs: since the last news (null: never), phase}; the page is green only while `current`. */
  truth() {
    const current = this.isCurrent();
    const sinceMs = this.lastNewsAt === null ? null : this.timers.now() - this.lastNewsAt;
    return { current, sinceMs, phase: this.socket.phase };
  }

  isCurrent() {
    const streams = Array.from(this.subscriptions.values());
    return this.socket.isFresh() && streams.every((subscription) => subscription.rows.isCurrent());
  }

  /**
   * options: {station: code or list, cursor: a starting point got by REST, announce: bool,
   * announceIds(row) -> [id]}. Repeated calls for one stream are ignored.
   */
  subscribe(stream, options = {}) {
    if (this.subscriptions.has(stream)) return;
    const place = `hub:${this.name}:${stream}:${[].concat(options.station || "").join(",")}`;
    const saved = this.load(place) || (options.cursor ? { cursor: options.cursor, rows: [] } : null);
    const announced = new Announced(this.load(`${place}:announced`), options.announceIds || batchIds);
    const rows = new StreamRows(stream, saved);
    this.subscriptions.set(stream, { stream, place, rows, announced, dirty: false, ...options });
    this.ask(stream);
    if (rows.rows.size) this.onRows(stream, Array.from(rows.rows.keys()));
  }

  unsubscribe(stream) {
    if (this.subscriptions.delete(stream)) this.socket.send({ type: "unsubscribe", id: this.nextId++, stream });
  }

  /** Sends `subscribe` with what we have; without an open socket the next hello does it. */
  ask(stream) {
    if (this.socket.phase !== "open") return;
    const id = this.nextId++;
    this.asked.set(id, stream);
    this.socket.send({ type: "subscribe", id, ...this.request(this.subscriptions.get(stream)) });
  }

  request({ stream, station, rows }) {
    rows.subscribed();
    const asked = { stream, cursor: rows.cursor };
    return station ? { ...asked, station: [].concat(station) } : asked;
  }

  hello(token) {
    this.received = 0;
    this.acked = 0;
    this.asked.clear();
    const subscribe = Array.from(this.subscriptions.values(), (subscription) => this.request(subscription));
    const hello = { type: "hello", version: 1, client: this.client, subscribe };
    return token ? { ...hello, token } : hello;
  }

  frameReceived(frame) {
    const handlers = { welcome: "welcomed", heartbeat: "beaten", error: "refused", ok: "answered" };
    if (handlers[frame.type]) this[handlers[frame.type]](frame);
    else if (frame.stream) this.streamFrame(frame);
    if (this.isCurrent()) this.lastNewsAt = this.timers.now();
    if (frame.type !== "event") this.onTruth(this.truth());
  }

  streamFrame(frame) {
    const subscription = this.subscriptions.get(frame.stream);
    if (subscription) this.apply(subscription, frame);
    if (frame.type === "snapshot" || frame.type === "event") this.countReceived();
  }

  apply(subscription, frame) {
    const { changed, gap } = subscription.rows.apply(frame);
    if (gap) this.ask(frame.stream);
    if (frame.type === "live") this.socket.settled();
    this.saveSoon(subscription);
    if (changed.length) this.onRows(frame.stream, changed);
    if (frame.type === "event") this.onEvent(frame.stream, frame);
    this.announce(subscription, frame, changed);
  }

  announce(subscription, frame, changed) {
    const { announce, announced, rows, stream } = subscription;
    if (!announce || !rows.live) return;
    const news = frame.type === "live" ? rows.rows.values() : changed.map((key) => rows.rows.get(key)).filter(Boolean);
    announced.fresh(news).forEach((row) => this.onAnnounce(stream, row));
  }

  countReceived() {
    this.received += 1;
    if (this.received - this.acked >= ACK_EVERY) this.ack();
    else if (this.ackTimer === null) this.ackTimer = this.timers.setTimeout(() => this.ack(), ACK_AFTER_MS);
  }

  /** Always after the state is applied: an ack is a receipt, not a greeting. */
  ack() {
    this.timers.clearTimeout(this.ackTimer);
    this.ackTimer = null;
    const placed = Array.from(this.subscriptions.values()).filter(({ rows }) => rows.position !== null);
    const positions = Object.fromEntries(placed.map(({ stream, rows }) => [stream, rows.position]));
    this.acked = this.received;
    this.socket.send({ type: "ack", received: this.received, positions });
  }

  welcomed(frame) {
    this.clockOffset = Date.parse(frame.now) - this.timers.wall();
  }

  beaten(frame) {
    this.adjustClock(Date.parse(frame.now) - this.timers.wall());
    const beats = frame.streams || {};
    this.subscriptions.forEach((subscription, stream) => {
      if (subscription.rows.beat(beats[stream] || null)) this.ask(stream);
      this.saveSoon(subscription);
    });
    this.ack();
  }

  /** The least delayed beat tells the truth about the clock; a large step back means the device's clock moved. */
  adjustClock(measured) {
    if (measured > this.clockOffset || this.clockOffset - measured > CLOCK_STEP_MS) this.clockOffset = measured;
  }

  answered(frame) {
    this.asked.delete(frame.id);
  }

  refused(frame) {
    const stream = frame.stream || this.asked.get(frame.id);
    this.asked.delete(frame.id);
    // A guest's page can do without one of its orders; a staff screen without its stream must never turn green.
    if (stream && !this.staff && String(frame.code).startsWith("stream.")) this.subscriptions.delete(stream);
    this.onError({ ...frame, stream });
  }

  tick() {
    this.renewInTime();
    this.onTruth(this.truth());
  }

  /** A new token before the old one ends; `session.onRenewed` passes it on in an `auth` frame. */
  renewInTime() {
    const left = this.session.expiresInMs();
    if (left === null || left > RENEW_BEFORE_MS || this.timers.now() < this.renewAt) return;
    this.renewAt = this.timers.now() + RENEW_PAUSE_MS;
    this.session.accessToken(true).catch(NOTHING);
  }

  load(place) {
    const text = this.storage && this.storage.getItem(place);
    return text ? JSON.parse(text) : null;
  }

  saveSoon(subscription) {
    subscription.dirty = true;
    if (!this.storage || this.saveTimer !== null) return;
    this.saveTimer = this.timers.setTimeout(() => this.save(), SAVE_AFTER_MS);
  }

  /** Writes cursor and rows together, so what is stored is never half of the truth. Call on `pagehide`. */
  save() {
    this.timers.clearTimeout(this.saveTimer);
    this.saveTimer = null;
    const dirty = Array.from(this.subscriptions.values()).filter((subscription) => subscription.dirty);
    if (this.storage) dirty.forEach((subscription) => this.write(subscription));
  }

  write(subscription) {
    subscription.dirty = false;
    const { place, rows, announce, announced } = subscription;
    const rung = `${place}:announced`;
    try {
      if (rows.live) this.storage.setItem(place, JSON.stringify(rows.toSaved()));
      if (announce && !announced.silent) this.storage.setItem(rung, JSON.stringify(announced.toSaved()));
    } catch (error) {
      // A full storage must not stop the screen: without a saved state the next load asks for a snapshot.
      this.storage.removeItem(place);
    }
  }
}
