// REST calls of a screen: tokens, one refresh at a time, problems, keys that make a repeat safe.

import { Api, uuid } from "/static/screens/hub/hub-api.js";
import { MemoryStorage, equal } from "./world.mjs";

const expired = [401, { code: "auth.token_expired", detail: "过期" }];

/** An Api whose server is the function `answer(path, call) -> [status, body]`; a thrown error is a lost network. */
function world(answer, storage = new MemoryStorage()) {
  const made = { calls: [], sessions: [], renewed: [], storage, time: 0 };
  made.api = new Api({
    place: "kaifan:test",
    storage,
    wall: () => made.time,
    sleep: async () => {},
    onSession: (session) => made.sessions.push(session && session.access),
    fetch: async (path, call) => {
      made.calls.push([call.method, path, call.headers]);
      const [status, body] = answer(path, call, made);
      const text = body === null ? null : JSON.stringify(body);
      return new Response(text, { status });
    },
  });
  made.api.onRenewed = (token) => made.renewed.push(token);
  return made;
}

const pair = (n) => ({ access: `a${n}`, refresh: `r${n}`, expires_in: 900, user: { id: 1 } });
const caught = (promise) => promise.then(() => null, (error) => error);

export const tests = {
  async "a problem becomes an exception with code, detail and status"() {
    const made = world(() => [409, { code: "stock.sold_out", detail: "售罄", dish: 3 }]);
    const error = await caught(made.api.post("/x/", {}));
    equal([error.status, error.code, error.detail, error.body.dish], [409, "stock.sold_out", "售罄", 3]);
  },

  async "the session is kept, sent as a bearer header, and read again after a reload"() {
    const made = world((path) => (path.endsWith("/login/") ? [200, pair(1)] : [200, {}]));
    await made.api.loginStaff("wang", "demo");
    await made.api.get("/x/");
    equal([made.calls[0][2].Authorization, made.calls[1][2].Authorization], [undefined, "Bearer a1"]);
    equal(world(() => [200, {}], made.storage).api.session.access, "a1");
  },

  async "ten calls that meet an expired token share one refresh and all succeed"() {
    const made = world((path, call) => {
      if (path.endsWith("/refresh/")) return [200, pair(2)];
      return call.headers.Authorization === "Bearer a2" ? [200, { ok: 1 }] : expired;
    });
    made.api.signedIn(pair(1));
    const answers = await Promise.all(Array.from({ length: 10 }, () => made.api.get("/x/")));
    equal(answers.filter((answer) => answer.ok).length, 10);
    equal(made.calls.filter((call) => call[1].endsWith("/refresh/")).length, 1);
    equal(made.renewed, ["a2"]);
  },

  async "a token another tab has renewed is taken over, not renewed again"() {
    const made = world(() => [500, {}]);
    made.api.signedIn(pair(1));
    made.storage.setItem("kaifan:test", JSON.stringify({ ...pair(2), expires_at: 900000 }));
    equal(await made.api.accessToken(true), "a2");
    equal(made.calls, []);
  },

  async "a refused refresh ends the session, an unreachable one does not"() {
    const made = world(() => [401, { code: "auth.token_invalid" }]);
    made.api.signedIn(pair(1));
    equal((await caught(made.api.accessToken(true))).final, true);
    equal(made.sessions, ["a1", null]);
    const offline = world(() => {
      throw new TypeError("offline");
    });
    offline.api.signedIn(pair(1));
    equal((await caught(offline.api.accessToken(true))).final, false);
    equal(offline.api.session.access, "a1");
  },

  async "an access token past its end is renewed before it is used"() {
    const made = world((path) => (path.endsWith("/refresh/") ? [200, pair(2)] : [200, {}]));
    made.api.signedIn(pair(1));
    made.time = 900001;
    await made.api.get("/x/");
    equal(made.calls[1][2].Authorization, "Bearer a2");
  },

  async "only a call with a key is repeated, once, with the same key"() {
    const lost = (made) => {
      if (made.calls.length === 1) throw new TypeError("lost");
      return [201, { no: "01J" }];
    };
    const made = world((path, call, self) => lost(self));
    equal((await made.api.post("/orders/", {}, { key: "k1" })).no, "01J");
    equal(made.calls.map((call) => call[2]["Idempotency-Key"]), ["k1", "k1"]);
    const bare = world((path, call, self) => lost(self));
    equal([(await caught(bare.api.post("/orders/", {}))).status, bare.calls.length], [0, 1]);
  },

  async "a device token never ends by itself and cannot be renewed"() {
    const made = world(() => [200, { token: "dev", device: { id: 7, store: "demo" } }]);
    await made.api.claimDevice("ABC123");
    equal([made.api.expiresInMs(), made.api.session.device.store], [null, "demo"]);
    equal((await caught(made.api.accessToken(true))).final, true);
  },

  "uuid is a version 4 UUID"() {
    const shape = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
    const made = Array.from({ length: 100 }, () => uuid());
    equal([made.every((one) => shape.test(one)), new Set(made).size], [true, 100]);
  },
};
