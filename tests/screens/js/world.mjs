// A pretended world for the client: a clock moved by hand, sockets answered by the test, a storage in memory.

export class Clock {
  constructor() {
    this.time = 1000;
    this.jobs = [];
  }

  timers() {
    return {
      now: () => this.time,
      wall: () => 1700000000000 + this.time,
      setTimeout: (run, ms) => {
        const job = { run, at: this.time + ms };
        this.jobs.push(job);
        return job;
      },
      clearTimeout: (job) => (this.jobs = this.jobs.filter((other) => other !== job)),
    };
  }

  /** Runs every timer due within `ms`, in order; promises settle after each. */
  async pass(ms) {
    const end = this.time + ms;
    for (;;) {
      const due = this.jobs.filter((job) => job.at <= end).sort((a, b) => a.at - b.at)[0];
      if (!due) break;
      this.jobs = this.jobs.filter((job) => job !== due);
      this.time = Math.max(this.time, due.at);
      due.run();
      await settle();
    }
    this.time = end;
    await settle();
  }
}

export async function settle() {
  for (let turn = 0; turn < 12; turn += 1) await Promise.resolve();
}

export class MemoryStorage {
  constructor() {
    this.items = new Map();
  }
  getItem(name) {
    return this.items.has(name) ? this.items.get(name) : null;
  }
  setItem(name, value) {
    this.items.set(name, String(value));
  }
  removeItem(name) {
    this.items.delete(name);
  }
}

export class FakeSocket {
  constructor(url, protocol) {
    Object.assign(this, { url, protocol, sent: [], closedWith: null });
  }
  send(text) {
    this.sent.push(JSON.parse(text));
  }
  close(code) {
    this.closedWith = code;
  }
  accept() {
    this.onopen();
    return this;
  }
  tell(...frames) {
    frames.forEach((frame) => this.onmessage({ data: JSON.stringify(frame) }));
    return this;
  }
  cut(code = 1006, reason = "") {
    this.onclose({ code, reason });
  }
  said(type) {
    return this.sent.filter((frame) => frame.type === type);
  }
}

export const cursor = (seq) => `ep.${seq}.t${seq}`;
export const welcome = { type: "welcome", version: 1, now: "2023-11-15T06:13:20Z", heartbeat: 5, window: 256 };
export const row = (key, version, data = { v: version }) => ({ key, version, data });

export function snapshot(stream, seq, rows, part = 1, parts = 1) {
  return { type: "snapshot", stream, seq, cursor: cursor(seq), part, parts, rows };
}

export function event(stream, prev, seq, key, version, data = { v: version }) {
  return { type: "event", stream, prev, seq, cursor: cursor(seq), event: "order.accepted", key, version, at: "", data };
}

export function live(stream, seq) {
  return { type: "live", stream, seq, cursor: cursor(seq) };
}

export function heartbeat(streams) {
  return { type: "heartbeat", now: "2023-11-15T06:13:20Z", streams };
}

export function equal(actual, expected, what = "") {
  const [left, right] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (left !== right) throw new Error(`${what}: ${left} is not ${right}`);
}
