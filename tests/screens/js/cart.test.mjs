// The cart and its one submission: what a lost answer, a reload and a refusal do to the key.

import { Cart, Submission } from "/static/screens/diner/cart.js";
import { MemoryStorage, equal } from "./world.mjs";

const line = (dish, options = [], quantity = 1) => ({ dish, options, quantity, price_fen: 100 });
const caught = (promise) => promise.then(() => null, (error) => error);

/** A submission whose server answers in turn: an order, or an error to throw. */
function submission(storage, ...answers) {
  const sent = [];
  const post = async (path, body, { key }) => {
    sent.push([key, body.n]);
    const answer = answers.shift();
    if (answer.status !== undefined) throw answer;
    return answer;
  };
  return { sent, it: new Submission(storage, "p", { post }) };
}

export const tests = {
  "equal choices are one line, at most 99, and survive a reload"() {
    const storage = new MemoryStorage();
    const cart = new Cart(storage, "c");
    [line(1), line(1), line(1, [7]), line(2, [], 99), line(2)].forEach((one) => cart.add(one));
    cart.change(1, -1);
    const kept = new Cart(storage, "c");
    equal(kept.lines.map(({ dish, options, quantity }) => [dish, options, quantity]), [[1, [], 2], [2, [], 99]]);
    equal(kept.totalFen(), 10100);
  },

  async "a lost answer keeps key and body over a reload, whatever the cart says now"() {
    const storage = new MemoryStorage();
    const lost = submission(storage, { status: 0, code: "network.unreachable" });
    await caught(lost.it.send({ n: 1 }));
    const again = submission(storage, { no: "01J" });
    equal((await again.it.send({ n: 2 })).no, "01J");
    equal(again.sent, lost.sent);
    equal(again.it.pending(), null);
  },

  async "a refusal ends the submission: the next one is new"() {
    const storage = new MemoryStorage();
    const { it, sent } = submission(storage, { status: 409, code: "stock.sold_out" }, { no: "01K" });
    equal((await caught(it.send({ n: 1 }))).code, "stock.sold_out");
    await it.send({ n: 2 });
    equal([sent.map(([, n]) => n), sent[0][0] === sent[1][0]], [[1, 2], false]);
  },

  async "an answer that decides nothing keeps it"() {
    const undecided = [503, 502, 500, 429, 401].map((status) => ({ status, code: "x" }));
    undecided.push({ status: 409, code: "idempotency.in_progress" });
    for (const error of undecided) {
      const { it } = submission(new MemoryStorage(), error);
      await caught(it.send({ n: 1 }));
      equal(it.pending().body, { n: 1 }, String(error.status));
    }
  },
};
