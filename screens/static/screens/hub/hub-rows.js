// One stream's rows and position: snapshot, replay, gap and version rules of hub.v1. Pure: no clock, no socket.

/** The seq inside a cursor `epoch.seq.tag`, or null when it cannot be read. */
export function cursorSeq(cursor) {
  const seq = cursor ? Number(String(cursor).split(".")[1]) : NaN;
  return Number.isSafeInteger(seq) ? seq : null;
}

export class StreamRows {
  /** `saved` is what `toSaved()` returned in an earlier life, or null. */
  constructor(stream, saved = null) {
    this.stream = stream;
    this.rows = new Map(((saved && saved.rows) || []).map((row) => [row.key, row]));
    this.position = cursorSeq(saved && saved.cursor);
    this.cursor = this.position === null ? null : saved.cursor;
    this.head = null;
    this.beatPosition = null;
    this.live = false;
    this.degraded = false;
    this.recovering = false;
    this.parts = [];
  }

  toSaved() {
    return { cursor: this.cursor, rows: Array.from(this.rows.values()) };
  }

  /** A new subscription is on its way: nothing counts as current until its `live`. */
  subscribed() {
    this.live = false;
    this.head = null;
    this.parts = [];
    this.recovering = true;
  }

  /** Applies a snapshot, event, live or resync frame. Returns {changed: [key], gap: bool}. */
  apply(frame) {
    if (frame.type === "snapshot") return this.applySnapshot(frame);
    if (frame.type === "event") return this.applyEvent(frame);
    if (frame.type === "resync") return this.applyResync();
    if (frame.type === "live") return this.applyLive(frame);
    return { changed: [], gap: false };
  }

  applySnapshot(frame) {
    if (frame.part === 1) this.parts = [];
    this.parts.push(...frame.rows);
    if (frame.part < frame.parts) return { changed: [], gap: false };
    const before = Array.from(this.rows.keys());
    this.rows = new Map(this.parts.filter((row) => row.data !== null).map((row) => [row.key, row]));
    this.parts = [];
    this.moveTo(frame.seq, frame.cursor);
    return { changed: Array.from(new Set(before.concat(Array.from(this.rows.keys())))), gap: false };
  }

  applyEvent(frame) {
    if (this.position !== null && frame.seq <= this.position) return { changed: [], gap: false };
    if (this.position === null || frame.prev > this.position) return { changed: [], gap: !this.recovering };
    this.moveTo(frame.seq, frame.cursor);
    return { changed: this.replace(frame) ? [frame.key] : [], gap: false };
  }

  applyResync() {
    this.subscribed();
    this.position = null;
    this.cursor = null;
    return { changed: [], gap: false };
  }

  applyLive(frame) {
    this.moveTo(frame.seq, frame.cursor);
    this.recovering = false;
    this.degraded = false;
    this.live = true;
    return { changed: [], gap: false };
  }

  /**
   * A heartbeat's entry for this stream. An up-to-date client adopts the reader's cursor, so a quiet view never
   * grows old. Returns true when the head was ahead at the last beat too and nothing moved since: ask again.
   * Without an entry (null) the server says nothing about this stream, so it cannot be called current.
   */
  beat(entry) {
    if (entry === null) {
      this.degraded = true;
      return false;
    }
    const { head, cursor, degraded } = entry;
    const stuck = this.live && this.head > this.position && this.beatPosition === this.position;
    this.head = head;
    this.degraded = Boolean(degraded);
    if (this.live && this.position >= head && cursorSeq(cursor) !== null) {
      this.moveTo(Math.max(this.position, cursorSeq(cursor)), cursor);
    }
    this.beatPosition = this.position;
    return stuck;
  }

  /** The stream's share of the truth bar; the age of the last frame is the socket's. */
  isCurrent() {
    return this.live && !this.degraded && (this.head === null || this.position >= this.head);
  }

  moveTo(seq, cursor) {
    this.position = seq;
    this.cursor = cursor;
  }

  replace({ key, version, data }) {
    const old = this.rows.get(key);
    if (old && old.version >= version) return false;
    if (data === null) return this.rows.delete(key);
    this.rows.set(key, { key, version, data });
    return true;
  }
}
