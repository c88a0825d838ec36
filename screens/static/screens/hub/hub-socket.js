// Keeps one hub.v1 connection alive: hello, watchdog, back-off, close codes, `bye`. Knows frames, not rows.

import { backoffDelay, closeVerdict } from "./hub-backoff.js";

const BEATS_OF_SILENCE = 2.4;
const TICK_MS = 500;
const BYE_GRACE_MS = 2000;

/**
 * settings: { url, openSocket(url, protocol), timers: {now, setTimeout, clearTimeout}, random, ceilingMs, beatMs,
 *   token(refresh: bool) -> Promise<string|null>, hello(token) -> frame, onFrame(frame), onTick(),
 *   onFinal(code, reason) }
 * `token` may reject: with `error.final` set the socket gives up, else it is tried again later.
 */
export class HubSocket {
  constructor(settings) {
    Object.assign(this, settings);
    this.phase = "idle";
    this.attempt = 0;
    this.refresh = false;
    this.refreshedOnce = false;
    this.socket = null;
    this.bye = null;
    this.lastFrameAt = null;
    this.startedAt = null;
    this.retryTimer = null;
    this.tickTimer = null;
  }

  start() {
    if (this.phase !== "idle") return;
    this.tick();
    this.connect();
  }

  /** The client asked: the only close that is final whatever its code. */
  stop() {
    this.timers.clearTimeout(this.tickTimer);
    this.timers.clearTimeout(this.retryTimer);
    this.drop(1000);
    this.phase = "idle";
  }

  /** The network or the page is back: a waiting socket tries at once, an open one proves itself by its beats. */
  nudge() {
    if (this.phase !== "waiting") return;
    this.attempt = 0;
    this.connect();
  }

  /** Returns false when there is no open socket to send on. */
  send(frame) {
    if (this.phase !== "open") return false;
    this.socket.send(JSON.stringify(frame));
    return true;
  }

  /** The server has proven useful: the next trouble starts counting anew. */
  settled() {
    this.attempt = 0;
    this.refreshedOnce = false;
  }

  /** Milliseconds since the last frame of any connection; null before the first one. */
  silenceMs() {
    return this.lastFrameAt === null ? null : this.timers.now() - this.lastFrameAt;
  }

  isFresh() {
    return this.phase === "open" && this.silenceMs() !== null && this.silenceMs() < BEATS_OF_SILENCE * this.beatMs;
  }

  async connect() {
    this.timers.clearTimeout(this.retryTimer);
    this.phase = "preparing";
    const run = (this.run = {});
    const mine = () => this.run === run && this.phase === "preparing";
    try {
      const token = await this.token(this.refresh);
      if (mine()) this.open(token);
    } catch (error) {
      if (!mine()) return;
      if (error.final) this.finish(4501, error.message);
      else this.retry();
    }
  }

  open(token) {
    const socket = this.openSocket(this.url, "hub.v1");
    this.socket = socket;
    this.refresh = false;
    this.phase = "connecting";
    this.bye = null;
    this.startedAt = this.timers.now();
    socket.onopen = () => {
      this.phase = "open";
      this.startedAt = this.timers.now();
      this.send(this.hello(token));
    };
    socket.onmessage = (message) => this.received(message.data);
    socket.onerror = () => {};
    socket.onclose = (event) => this.closed(event.code, event.reason);
  }

  received(text) {
    this.lastFrameAt = this.startedAt = this.timers.now();
    const frame = JSON.parse(text);
    if (frame.type === "welcome" && frame.heartbeat > 0) this.beatMs = frame.heartbeat * 1000;
    if (frame.type === "bye") this.byeReceived(frame);
    this.onFrame(frame);
  }

  byeReceived(frame) {
    this.bye = frame;
    const socket = this.socket;
    const closeUnlessClosed = () => this.socket === socket && this.closed(frame.code, frame.reason);
    this.timers.setTimeout(closeUnlessClosed, BYE_GRACE_MS);
  }

  closed(code, reason) {
    const bye = this.bye;
    this.drop(1000);
    // A proxy or server may lose our close code; what `bye` said still holds.
    const said = code >= 4000 || !bye ? code : bye.code;
    const verdict = closeVerdict(said);
    if (verdict === "final" || (verdict === "refresh_once" && this.refreshedOnce)) {
      this.finish(said, reason || (bye && bye.reason) || "");
      return;
    }
    if (verdict !== "retry") this.refresh = true;
    if (verdict === "refresh_once") this.refreshedOnce = true;
    this.retry(bye && bye.retry_after_ms);
  }

  retry(afterMs) {
    const own = backoffDelay(this.attempt, this.ceilingMs, this.random);
    this.attempt += 1;
    this.phase = "waiting";
    this.retryTimer = this.timers.setTimeout(() => this.connect(), afterMs > 0 ? afterMs : own);
  }

  finish(code, reason) {
    this.phase = "final";
    this.onFinal(code, reason);
  }

  /** Lets go of the present socket at once: a dead link would report its close only minutes later. */
  drop(code) {
    const socket = this.socket;
    this.socket = null;
    this.run = null;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = () => {};
    socket.close(code);
  }

  tick() {
    this.tickTimer = this.timers.setTimeout(() => this.tick(), TICK_MS);
    const silent = this.socket && this.timers.now() - this.startedAt >= BEATS_OF_SILENCE * this.beatMs;
    if (silent) this.closed(1006, "silence");
    this.onTick();
  }
}
