// The outgoing queue: kept, in order, once each, refused aloud, tried again.

import { MemoryTaps, TapQueue, alreadySo, tapVerdict } from "/static/screens/hub/hub-queue.js";
import { Clock, equal, settle } from "./world.mjs";

const problem = (status, code = "x", body = {}) => Object.assign(new Error(code), { status, code, body });

/** A queue at a server that answers `answer(tap, made)`; a thrown problem is a refusal or a lost network. */
async function world(answer, { store = new MemoryTaps(), clock = new Clock() } = {}) {
  const made = { calls: [], sent: [], refused: [], changes: 0, store, clock, answer, ids: 0 };
  made.queue = new TapQueue({
    store,
    timers: clock.timers(),
    random: () => 0.999,
    now: () => 1700000000000 + clock.time,
    newId: () => `op-${clock.time}-${(made.ids += 1)}`,
    send: async (tap) => {
      made.calls.push(tap.label);
      return made.answer(tap, made);
    },
    onChange: () => (made.changes += 1),
    onSent: (tap, given) => made.sent.push([tap.label, given]),
    onRefused: (tap, error) => made.refused.push([tap.label, error.code]),
  });
  await made.queue.load();
  return made;
}

const offline = () => {
  throw problem(0);
};
const tap = (label, more = {}) => ({ path: `/lines/${label}/`, body: { version: 1 }, label, ...more });
const labels = (made) => made.queue.taps.map((one) => one.label);

export const tests = {
  async "a tap is sent with its op_id and client_at, and removed on 2xx"() {
    const made = await world(() => ({ no: "01J" }));
    const one = made.queue.add(tap("a"));
    equal(made.queue.bodyOf(one), { version: 1, op_id: one.op_id, client_at: "2023-11-14T22:13:21.000Z" });
    await settle();
    equal([made.calls, made.sent, labels(made), made.store.kept.size], [["a"], [["a", { no: "01J" }]], [], 0]);
  },

  async "one after another: the second is not sent before the first is answered"() {
    const waiting = [];
    const made = await world(() => new Promise((done) => waiting.push(done)));
    ["a", "b", "c"].forEach((label) => made.queue.add(tap(label)));
    await settle();
    equal([made.calls, labels(made)], [["a"], ["a", "b", "c"]]);
    waiting.shift()({});
    await settle();
    equal([made.calls, labels(made)], [["a", "b"], ["b", "c"]]);
  },

  async "offline they are kept and tried with back-off, then go in order, each once"() {
    const made = await world(offline);
    ["a", "b"].forEach((label) => made.queue.add(tap(label)));
    await settle();
    await made.clock.pass(10000);
    equal([made.calls.every((label) => label === "a"), made.calls.length], [true, 5]);
    equal([labels(made), made.queue.stuck, made.refused], [["a", "b"], true, []]);
    made.calls.length = 0;
    made.answer = () => ({});
    made.queue.nudge();
    await settle();
    equal([made.calls, labels(made), made.queue.stuck], [["a", "b"], [], false]);
  },

  async "more taps while it waits do not hammer the server"() {
    const made = await world(offline);
    made.queue.add(tap("a"));
    await settle();
    ["b", "c", "d"].forEach((label) => made.queue.add(tap(label)));
    await settle();
    equal([made.calls, labels(made)], [["a"], ["a", "b", "c", "d"]]);
  },

  async "429 and 503 and a rival request are tried again, 409 and 403 are not"() {
    const all = [[0, "later"], [408, "later"], [429, "later"], [503, "later"], [400, "refused"], [403, "refused"]];
    const more = [[404, "refused"], [409, "refused"], [410, "refused"], [422, "refused"], [500, "broken"], [401, "locked"]];
    equal(all.concat(more).map(([status]) => [status, tapVerdict(problem(status))]), all.concat(more));
    equal(tapVerdict(problem(409, "idempotency.in_progress")), "later");
  },

  async "a refused tap goes, is told with the server's words, and the next one is sent"() {
    const made = await world((one) => {
      if (one.label === "a") throw problem(409, "line.version_conflict", { state: "voided" });
      return {};
    });
    ["a", "b"].forEach((label) => made.queue.add(tap(label, { wants: ["ready"] })));
    await settle();
    equal([made.refused, labels(made), made.store.kept.size], [[["a", "line.version_conflict"]], [], 0]);
    equal(made.sent.map(([label]) => label), ["b"]);
  },

  async "somebody else was quicker with the same result: no refusal to be told"() {
    const made = await world(() => {
      throw problem(409, "line.version_conflict", { state: "ready" });
    });
    made.queue.add(tap("a", { wants: ["ready"] }));
    await settle();
    equal([made.refused, made.sent, labels(made)], [[], [["a", null]], []]);
    equal(alreadySo({ wants: ["ready"] }, problem(404, "x", { state: "ready" })), false);
  },

  async "it survives a reload: the next life sends what was kept, in order, before what is new"() {
    const [store, clock] = [new MemoryTaps(), new Clock()];
    const before = await world(offline, { store, clock });
    before.queue.add(tap("a"));
    await clock.pass(5);
    before.queue.add(tap("b"));
    await settle();
    const after = await world(() => ({}), { store, clock });
    after.queue.add(tap("c"));
    await settle();
    equal([after.calls, store.kept.size], [["a", "b", "c"], 0]);
    equal(after.queue.taps.length, 0);
  },

  async "taps of one instant keep their order over a reload"() {
    const [store, clock] = [new MemoryTaps(), new Clock()];
    const before = await world(offline, { store, clock });
    ["a", "b", "c"].forEach((label) => before.queue.add(tap(label)));
    await settle();
    store.kept = new Map(Array.from(store.kept).reverse());
    const after = await world(() => ({}), { store, clock });
    await settle();
    equal(after.calls, ["a", "b", "c"]);
  },

  async "two tabs may both send a kept tap; it carries the same op_id, so the server does it once"() {
    const [store, clock, done] = [new MemoryTaps(), new Clock(), new Set()];
    const before = await world(offline, { store, clock });
    before.queue.add(tap("a"));
    await settle();
    const work = (one) => done.add(one.op_id) && {};
    const tabs = await Promise.all([world(work, { store, clock }), world(work, { store, clock })]);
    await settle();
    equal([tabs.map((tab) => tab.calls), done.size, store.kept.size], [[["a"], ["a"]], 1, 0]);
  },

  async "an ended session locks the queue until somebody logs in; nothing is lost or tried meanwhile"() {
    const made = await world(() => {
      throw problem(401, "auth.token_invalid");
    });
    made.queue.add(tap("a"));
    await settle();
    await made.clock.pass(60000);
    equal([made.calls, labels(made), made.store.kept.size], [["a"], ["a"], 1]);
    made.answer = () => ({});
    made.queue.nudge();
    await settle();
    equal(labels(made), []);
  },

  async "a server that breaks on a tap does not hold up the others for ever"() {
    const made = await world((one) => {
      if (one.label === "a") throw problem(500, "server.error");
      return {};
    });
    ["a", "b"].forEach((label) => made.queue.add(tap(label)));
    await settle();
    await made.clock.pass(20000);
    equal([made.calls, made.refused], [["a", "a", "a", "a", "a", "b"], [["a", "server.error"]]]);
  },

  async "a store that fails costs the reload, not the tap"() {
    const fail = async () => {
      throw new Error("refused");
    };
    const made = await world(() => ({}), { store: { all: fail, put: fail, remove: fail } });
    made.queue.add(tap("a"));
    await settle();
    equal(made.sent.map(([label]) => label), ["a"]);
  },

  async "who logs out leaves no tap behind"() {
    const made = await world(offline);
    made.queue.add(tap("a"));
    await settle();
    await made.queue.clear();
    equal([labels(made), made.store.kept.size], [[], 0]);
  },
};
