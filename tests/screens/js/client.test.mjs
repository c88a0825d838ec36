// The whole client against a pretended server and a clock moved by hand.

import { HubClient } from "/static/screens/hub/hub-client.js";
import { Clock, FakeSocket, MemoryStorage, cursor, equal, event, heartbeat, live, row, settle } from "./world.mjs";
import { snapshot, welcome } from "./world.mjs";

const S = "store:demo";

/** A client of one stream in a pretended world; `sockets` holds every connection it opened. */
async function world(options = {}) {
  const made = { clock: options.clock || new Clock(), sockets: [], rang: [], finals: [], refreshes: [], errors: [] };
  const session = {
    accessToken: async (refresh) => {
      if (refresh) made.refreshes.push(made.clock.time);
      if (options.tokenError) throw options.tokenError;
      return refresh ? "new" : "old";
    },
    expiresInMs: () => (options.expiresAt ? options.expiresAt - made.clock.time : null),
  };
  made.session = session;
  made.hub = new HubClient({
    url: "ws://test/ws/kitchen/",
    client: "kitchen/1.0",
    staff: options.staff !== false,
    session,
    storage: options.storage || null,
    timers: made.clock.timers(),
    random: () => 0.999,
    openSocket: (url, protocol) => {
      made.sockets.push(new FakeSocket(url, protocol));
      return made.sockets[made.sockets.length - 1];
    },
    onAnnounce: (stream, one) => made.rang.push(one.key),
    onFinal: (code) => made.finals.push(code),
    onError: (frame) => made.errors.push(frame.code),
  });
  made.hub.subscribe(S, { station: "wok", announce: true });
  made.hub.start();
  await settle();
  return made;
}

const last = (made) => made.sockets[made.sockets.length - 1];
const ticket = (key, version = 1) => row(key, version, { lines: [{ batch: 1 }] });

async function current(options) {
  const made = await world(options);
  last(made).accept().tell(welcome, snapshot(S, 10, [ticket("a")]), live(S, 10));
  return made;
}

export const tests = {
  async "hello carries version, token, client and subscriptions; the token is never in the URL"() {
    const made = await world();
    last(made).accept();
    const subscribe = [{ stream: S, cursor: null, station: ["wok"] }];
    equal(last(made).sent, [{ type: "hello", version: 1, client: "kitchen/1.0", subscribe, token: "old" }]);
    equal([last(made).url, last(made).protocol], ["ws://test/ws/kitchen/", "hub.v1"]);
  },

  async "current only after live, and no longer after 2.4 beats without a frame; then a new connection"() {
    const made = await world();
    last(made).accept().tell(welcome, snapshot(S, 10, []));
    equal(made.hub.truth().current, false, "before live");
    last(made).tell(live(S, 10));
    equal(made.hub.truth().current, true, "live");
    await made.clock.pass(11400);
    equal([made.hub.truth().current, made.sockets.length], [true, 1], "before 12 s");
    await made.clock.pass(700);
    equal(made.hub.truth().current, false, "after 12 s");
    await made.clock.pass(1000);
    equal([made.sockets.length, made.sockets[0].closedWith], [2, 1000]);
    equal(made.hub.truth().sinceMs, 13100);
    last(made).accept();
    equal(last(made).sent[0].subscribe[0].cursor, cursor(10), "it resumes");
  },

  async "beats keep it current; a head ahead or a degraded server do not"() {
    const made = await current();
    for (let beat = 0; beat < 10; beat += 1) {
      await made.clock.pass(5000);
      last(made).tell(heartbeat({ [S]: { head: 10, cursor: cursor(10 + beat), degraded: false } }));
    }
    equal([made.hub.truth().current, made.sockets.length], [true, 1]);
    last(made).tell(heartbeat({ [S]: { head: 19, cursor: cursor(19), degraded: true } }));
    equal(made.hub.truth().current, false);
    last(made).tell(heartbeat({ [S]: { head: 99, cursor: cursor(99), degraded: false } }));
    equal(made.hub.truth().current, false);
  },

  async "a gap is asked for on the same connection, once"() {
    const made = await current();
    last(made).tell(event(S, 11, 12, "a", 3), event(S, 12, 13, "a", 4));
    equal(last(made).said("subscribe"), [{ type: "subscribe", id: 1, stream: S, cursor: cursor(10), station: ["wok"] }]);
    equal([made.hub.truth().current, made.sockets.length], [false, 1]);
    last(made).tell({ type: "ok", id: 1 }, event(S, 10, 11, "a", 2), event(S, 11, 12, "a", 3));
    last(made).tell(event(S, 12, 13, "a", 4), live(S, 13));
    equal([made.hub.rows(S)[0].version, made.hub.truth().current], [4, true]);
  },

  async "acks: every 64 frames, a second after the last one, and with each heartbeat, all after applying"() {
    const made = await current();
    for (let seq = 11; seq <= 73; seq += 1) last(made).tell(event(S, seq - 1, seq, "a", seq));
    equal(last(made).said("ack"), [{ type: "ack", received: 64, positions: { [S]: 73 } }]);
    last(made).tell(event(S, 73, 74, "a", 74));
    equal(last(made).said("ack").length, 1);
    await made.clock.pass(1000);
    equal(last(made).said("ack")[1], { type: "ack", received: 65, positions: { [S]: 74 } });
    last(made).tell(heartbeat({ [S]: { head: 74, cursor: cursor(80), degraded: false } }));
    equal(last(made).said("ack")[2], { type: "ack", received: 65, positions: { [S]: 80 } });
    await made.clock.pass(3000);
    equal(last(made).said("ack").length, 3, "nothing new, no ack");
  },

  async "bye says when to come back, even if the close frame loses its code"() {
    const made = await current();
    last(made).tell({ type: "bye", code: 4000, retry_after_ms: 1800, reason: "shutdown" });
    last(made).cut(1006);
    await made.clock.pass(1700);
    equal(made.sockets.length, 1);
    await made.clock.pass(200);
    equal(made.sockets.length, 2);
    last(made).accept().tell(welcome, { type: "bye", code: 4503, retry_after_ms: 0, reason: "revoked" });
    last(made).cut(1006);
    equal(made.finals, [4503]);
  },

  async "a bye without any close is believed after two seconds"() {
    const made = await current();
    last(made).tell({ type: "bye", code: 4503, retry_after_ms: 0, reason: "revoked" });
    await made.clock.pass(2100);
    equal([made.finals, made.hub.truth().phase], [[4503], "final"]);
  },

  async "back-off grows to its ceiling; online tries at once; live starts anew"() {
    const made = await world();
    const waits = [];
    for (let round = 0; round < 6; round += 1) {
      last(made).cut(1006);
      const [count, from] = [made.sockets.length, made.clock.time];
      while (made.sockets.length === count) await made.clock.pass(1);
      waits.push(made.clock.time - from);
    }
    equal(waits, [499, 999, 1998, 3996, 4995, 4995]);
    last(made).cut(1006);
    made.hub.nudge();
    await settle();
    equal(made.sockets.length, 8, "at once");
    last(made).accept().tell(welcome, snapshot(S, 1, []), live(S, 1));
    last(made).cut(1006);
    await made.clock.pass(500);
    equal(made.sockets.length, 9, "short again");
  },

  async "4003 refreshes the token and comes back; 4501 does so once, then it is final"() {
    const made = await current();
    last(made).cut(4003);
    await made.clock.pass(500);
    last(made).accept();
    equal([made.refreshes.length, last(made).sent[0].token], [1, "new"]);
    last(made).cut(4501);
    await made.clock.pass(1000);
    equal([made.refreshes.length, made.finals], [2, []]);
    last(made).accept().cut(4501);
    await made.clock.pass(60000);
    equal([made.refreshes.length, made.finals, made.sockets.length], [2, [4501], 3]);
  },

  async "final codes end it, a 1000 we did not ask for does not, stop does"() {
    const made = await current();
    last(made).cut(1000);
    await made.clock.pass(600);
    equal(made.sockets.length, 2);
    made.hub.stop();
    equal(last(made).closedWith, 1000);
    await made.clock.pass(60000);
    equal(made.sockets.length, 2);
    const other = await current();
    last(other).cut(4526);
    await other.clock.pass(60000);
    equal([other.finals, other.sockets.length], [[4526], 1]);
  },

  async "a lost session is final, a lost network is not"() {
    const gone = await world({ tokenError: Object.assign(new Error("x"), { final: true }) });
    equal([gone.finals, gone.sockets.length], [[4501], 0]);
    const offline = await world({ tokenError: new Error("offline") });
    await offline.clock.pass(3000);
    equal([offline.finals, offline.hub.truth().phase], [[], "waiting"]);
  },

  async "the token is renewed in place before it ends"() {
    const made = await current({ expiresAt: 100000 });
    await made.clock.pass(8000);
    equal(made.refreshes, []);
    await made.clock.pass(1500);
    equal(made.refreshes.length, 1);
    made.session.onRenewed("new");
    equal(last(made).said("auth"), [{ type: "auth", token: "new" }]);
  },

  async "rows and cursor survive a reload; what came during the outage rings once, the first load is silent"() {
    const [storage, clock] = [new MemoryStorage(), new Clock()];
    const made = await current({ storage, clock });
    equal(made.rang, []);
    last(made).tell(event(S, 10, 11, "b", 1, { lines: [{ batch: 1 }] }));
    equal(made.rang, ["b"]);
    made.hub.stop();
    const again = await world({ storage, clock });
    equal(again.hub.rows(S).map((one) => one.key), ["a", "b"]);
    last(again).accept();
    equal(last(again).sent[0].subscribe[0].cursor, cursor(11));
    last(again).tell(welcome, event(S, 11, 12, "c", 1, { lines: [{ batch: 1 }] }));
    equal(again.rang, [], "not before live");
    last(again).tell(live(S, 12));
    equal(again.rang, ["c"]);
  },

  async "a storage that is full does not stop the screen"() {
    const storage = new MemoryStorage();
    storage.setItem = () => {
      throw new Error("quota");
    };
    const made = await current({ storage });
    last(made).tell(event(S, 10, 11, "a", 2));
    await made.clock.pass(1500);
    equal([made.hub.rows(S)[0].version, made.hub.truth().current], [2, true]);
  },

  async "a staff screen whose stream is refused is never current"() {
    const made = await world();
    last(made).accept().tell(welcome, { type: "error", id: null, stream: S, code: "stream.not_found", detail: "" });
    last(made).tell(heartbeat({}));
    equal([made.errors, made.hub.truth().current], [["stream.not_found"], false]);
  },

  async "a refused stream of a guest is given up, the others stay"() {
    const made = await current({ staff: false });
    made.hub.subscribe("order:1");
    equal(made.hub.truth().current, false);
    equal(last(made).said("subscribe"), [{ type: "subscribe", id: 1, stream: "order:1", cursor: null }]);
    last(made).tell({ type: "error", id: 1, stream: null, code: "stream.not_found", detail: "" });
    equal([made.errors, made.hub.truth().current], [["stream.not_found"], true]);
  },

  async "frames and fields of a later server are ignored"() {
    const made = await current();
    last(made).tell({ type: "weather", stream: S, sun: true }, { type: "tide" }, { ...event(S, 10, 11, "a", 2), more: 1 });
    equal(made.hub.rows(S)[0].version, 2);
  },

  async "the clock follows the server's"() {
    const made = await world();
    last(made).accept().tell({ ...welcome, now: new Date(made.hub.timers.wall() + 90000).toISOString() });
    equal(made.hub.now() - made.hub.timers.wall(), 90000);
  },
};
