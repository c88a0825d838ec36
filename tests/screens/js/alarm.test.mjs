// The alarm without a page: it repeats until every order is taken, and muting one silences that one alone.

import { Alarm, EVERY_MS } from "/static/screens/counter/alarm.js";
import { Clock, equal } from "./world.mjs";

function ringing() {
  const [clock, rung] = [new Clock(), []];
  const alarm = new Alarm({ ring: (nos) => rung.push(nos.join()), timers: clock.timers() });
  return { clock, rung, alarm };
}

export const tests = {
  async "it rings at once and again until the order is taken"() {
    const { clock, rung, alarm } = ringing();
    alarm.show(["a"]);
    await clock.pass(2 * EVERY_MS);
    equal(rung, ["a", "a", "a"]);
    alarm.show([]);
    await clock.pass(3 * EVERY_MS);
    equal(rung, ["a", "a", "a"]);
  },
  async "redrawing does not ring, a new order does"() {
    const { clock, rung, alarm } = ringing();
    alarm.show(["a"]);
    alarm.show(["a"]);
    await clock.pass(EVERY_MS / 2);
    alarm.show(["a", "b"]);
    equal(rung, ["a", "a,b"]);
    await clock.pass(EVERY_MS - 1);
    equal(rung.length, 2);
  },
  async "a muted order is silent, the next one is not"() {
    const { clock, rung, alarm } = ringing();
    alarm.show(["a"]);
    alarm.mute("a");
    await clock.pass(3 * EVERY_MS);
    equal(rung, ["a"]);
    alarm.show(["a", "b"]);
    await clock.pass(EVERY_MS);
    equal(rung, ["a", "b", "b"]);
  },
  async "muting one of two leaves the other ringing"() {
    const { clock, rung, alarm } = ringing();
    alarm.show(["a", "b"]);
    alarm.mute("a");
    await clock.pass(EVERY_MS);
    equal(rung, ["a,b", "b"]);
  },
  async "an order that comes again rings again"() {
    const { rung, alarm } = ringing();
    alarm.show(["a"]);
    alarm.mute("a");
    alarm.show([]);
    alarm.show(["a"]);
    equal(rung, ["a", "a"]);
  },
};
