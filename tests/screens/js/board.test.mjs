// The board without a page: numbers are called one after another, and all of them find their place.

import { Calls, SHOWN_MS, spelled } from "/static/screens/board/calls.js";
import { paged } from "/static/screens/board/numbers.js";
import { Clock, equal } from "./world.mjs";

function caller() {
  const [clock, heard, shown] = [new Clock(), [], []];
  const timers = clock.timers();
  const calls = new Calls({ ring: () => heard.push("ring"), say: (n) => heard.push(n), show: (n) => shown.push(n), timers });
  return { clock, heard, shown, calls };
}

const numbers = (count) => Array.from({ length: count }, (unused, index) => `A${index}`);

export const tests = {
  async "two numbers at once are called one after the other"() {
    const { clock, heard, shown, calls } = caller();
    calls.add("A001");
    calls.add("A002");
    equal(heard, ["ring", "A001"]);
    await clock.pass(SHOWN_MS);
    equal(heard, ["ring", "A001", "ring", "A002"]);
    await clock.pass(SHOWN_MS);
    equal(shown, ["A001", "A002", null]);
  },
  async "a number is called once however often it is told"() {
    const { clock, heard, calls } = caller();
    ["A001", "A001", "A002", "A002"].forEach((number) => calls.add(number));
    await clock.pass(3 * SHOWN_MS);
    equal(heard.filter((one) => one !== "ring"), ["A001", "A002"]);
  },
  async "a number fetched before its turn is not called"() {
    const { clock, heard, calls } = caller();
    calls.add("A001");
    calls.add("A002");
    calls.drop("A002");
    await clock.pass(2 * SHOWN_MS);
    equal(heard, ["ring", "A001"]);
  },
  "a number is read digit by digit"() {
    equal(spelled("A012"), "A 0 1 2");
  },
  "every number is on some page, and none twice"() {
    [0, 4, 5, 21, 22, 50].forEach((count) => {
      const { pages } = paged("ready", numbers(count), 0);
      const all = Array.from({ length: pages }, (unused, turn) => paged("ready", numbers(count), turn).page);
      equal([].concat(...all), numbers(count), count);
    });
  },
  "few numbers are large, many are small"() {
    equal([1, 6, 7, 15, 16, 99].map((count) => paged("preparing", numbers(count), 0).density),
      ["few", "few", "some", "some", "many", "many"]);
  },
};
