// A hub inside the page: `begin(tickets)` makes a snapshot, `happen(…)` an event. Put into the page before it loads.
localStorage.setItem("kaifan.kitchen.session",
  JSON.stringify({access: "x", device: {id: 1, store: "demo", station: null, name: "平板"}}));
window.WebSocket = class {
  constructor() { window.hub = this; setTimeout(() => this.onopen(), 0); }
  send() {}
  close() {}
};
window.tell = (...frames) => frames.forEach((frame) => hub.onmessage({ data: JSON.stringify(frame) }));
const cursor = (seq) => `e.${seq}.t${seq}`;
const S = "store:demo";
window.lineOf = (n, more) => ({ id: n, batch: n, station: "wok", dish: 1, name: "宫保鸡丁", options: [], quantity: 2,
  combo: null, remark: n % 3 ? "" : "不要辣，少放油", state: "queued", version: 1,
  queued_at: new Date(Date.now() - 1000 * (5000 - n % 5000)).toISOString(), started_at: null, ready_at: null, ...more });
window.orderOf = (n, more = {}, lines = 3) => ({ no: `N${n}`, pickup_no: `A${n}`, table: null, kind: "pickup",
  status: "accepted", remark: "", rush_count: 0, rush_answer: null, promised_at: null,
  accepted_at: new Date().toISOString(),
  lines: Array.from({ length: lines }, (_, i) => lineOf(n * 10 + i, { batch: n, ...more })) });
window.seq = 100;
window.begin = (count) => {
  const rows = Array.from({ length: count }, (_, i) => ({ key: `order:N${i + 1}`, version: 1, data: orderOf(i + 1) }));
  tell({ type: "welcome", version: 1, now: new Date().toISOString(), heartbeat: 5, window: 256 },
    { type: "snapshot", stream: S, seq, cursor: cursor(seq), part: 1, parts: 1, rows },
    { type: "snapshot", stream: "menu:demo", seq: 1, cursor: cursor(1), part: 1, parts: 1, rows: [] },
    { type: "live", stream: "menu:demo", seq: 1, cursor: cursor(1) }, { type: "live", stream: S, seq, cursor: cursor(seq) });
};
window.happen = (event, n, version, data) => {
  seq += 1;
  tell({ type: "event", stream: S, prev: seq - 1, seq, cursor: cursor(seq), event, key: `order:N${n}`, version, at: "", data });
};
window.frames = (n = 2) => new Promise((done) => {
  const next = () => (n-- > 0 ? requestAnimationFrame(next) : done());
  next();
});
