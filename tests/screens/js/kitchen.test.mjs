// The kitchen's pure parts: tickets from rows, taps before the server's answer, what was seen, the bell.

import { Bell } from "/static/screens/kitchen/bell.js";
import { Seen } from "/static/screens/kitchen/seen.js";
import { applied, lineTap, moveOf, rushTap, ticketTap } from "/static/screens/kitchen/taps.js";
import { allDay, lateness, recallable, toMake, toServe, waitingTickets } from "/static/screens/kitchen/tickets.js";
import { equal } from "./world.mjs";

const at = (minute) => new Date(Date.UTC(2026, 10, 29, 4, minute)).toISOString();
const line = (id, more = {}) => ({
  id, batch: 1, station: "wok", dish: 7, name: "宫保鸡丁", options: [], quantity: 1, remark: "", state: "queued",
  version: 1, queued_at: at(0), started_at: null, ready_at: null, combo: null, ...more,
});
const order = (no, lines, more = {}) => ({
  no, pickup_no: no, table: null, kind: "pickup", status: "accepted", remark: "", rush_count: 0, rush_answer: null,
  accepted_at: at(0), lines, ...more,
});
const row = (data, version = 1) => ({ key: `order:${data.no}`, version, data });
const shown = (rows) => toMake(rows).map((one) => one.id);
const states = (rows) => rows[0].data.lines.map(({ id, state, version, waiting }) => [id, state, version, waiting || null]);
const showing = (rows, taps, more = {}) => applied(rows, { taps, answers: new Map(), grey: false, ...more });

function onDuty() {
  const seen = new Seen(null);
  seen.silent = false;
  return seen;
}

export const tests = {
  "a ticket is a batch at a station; the oldest first, 9 before 10, those on hold last, done ones not at all"() {
    const rows = [
      row(order("A3", [line(31, { batch: 3, queued_at: at(9) })])),
      row(order("A1", [line(11, { batch: 10 }), line(12, { batch: 9, station: "bar" })])),
      row(order("A2", [line(21, { batch: 2, state: "held", queued_at: null })], { accepted_at: at(-9) })),
      row(order("A4", [line(41, { batch: 4, state: "ready", ready_at: at(1) })])),
    ];
    equal(shown(rows), ["9.bar", "10.wok", "3.wok", "2.wok"]);
  },

  "a ticket's age is that of its oldest line still to be made"() {
    const lines = [line(1, { state: "ready", queued_at: at(0) }), line(2, { queued_at: at(4) })];
    equal(toMake([row(order("A1", lines))])[0].since, Date.parse(at(4)));
    equal([299999, 300000, 480000].map((ms) => lateness(ms, { warn: 5, late: 8 })), [0, 1, 2]);
  },

  "the pass sees orders with something ready; recall the last ones, newest first; counts by dish and options"() {
    const big = [{ name: "大份" }];
    const lines = [line(1, { state: "ready", ready_at: at(3) }), line(2, { options: big, quantity: 3 }), line(3), line(4, { state: "held" })];
    const rows = [row(order("A1", lines)), row(order("A2", [line(5, { state: "ready", ready_at: at(4) })]))];
    equal(toServe(rows).map((one) => one.id), ["A1", "A2"]);
    equal(recallable(rows).map((one) => one.line.id), [5, 1]);
    equal(recallable(rows, 1).length, 1);
    const variants = [{ options: "大份", count: 3 }, { options: "", count: 1 }];
    equal(allDay(rows), [{ dish: 7, name: "宫保鸡丁", count: 4, variants }]);
    equal(waitingTickets(row(order("A1", [line(1, { state: "held" }), line(2, { batch: 2 })]))), ["2.wok"]);
  },

  "a tap is ready at once, or starts first where the store wants two; held and ready lines are left alone"() {
    equal([moveOf(line(1)), moveOf(line(1), { twoStep: true })], ["ready", "start"]);
    equal([moveOf(line(1, { state: "cooking" }), { twoStep: true }), moveOf(line(1, { state: "held" }))], ["ready", null]);
    equal([moveOf(line(1, { state: "ready" })), moveOf(line(1, { state: "ready" }), { pass: true })], [null, "serve"]);
  },

  "a tap shows before the server has answered; a second one on the line expects the version after it"() {
    const rows = [row(order("A1", [line(1), line(2)]))];
    const first = lineTap(rows[0].data, rows[0].data.lines[0], "ready");
    equal(states(showing(rows, [first])), [[1, "ready", 2, null], [2, "queued", 1, null]]);
    const then = showing(rows, [first]);
    const second = lineTap(then[0].data, then[0].data.lines[0], "recall");
    equal([second.body, states(showing(rows, [first, second]))[0]], [{ version: 2 }, [1, "queued", 3, null]]);
    equal(states(rows)[0], [1, "queued", 1, null], "the rows themselves are untouched");
  },

  "while nobody is there, tapped lines stay in their place and wait; a served one does not vanish"() {
    const rows = [row(order("A1", [line(1), line(2, { state: "cooking" })]))];
    const tap = ticketTap({ id: "1.wok", order: rows[0].data }, "A1");
    equal(states(showing(rows, [tap], { grey: true })), [[1, "queued", 2, "ready"], [2, "cooking", 2, "ready"]]);
    equal(states(showing(rows, [tap])), [[1, "ready", 2, null], [2, "ready", 2, null]]);
    const answer = rushTap(rows[0].data, "soon", "");
    equal(showing(rows, [answer])[0].data.rush_answer, "soon");
  },

  "an answer that is newer than the row shows until the socket's frame is there, and never after"() {
    const answers = new Map([["A1", { no: "A1", version: 2, status: "preparing", lines: [line(1, { state: "ready", version: 2 })] }]]);
    const before = [row(order("A1", [line(1), line(2)]))];
    equal(states(showing(before, [], { answers })), [[1, "ready", 2, null], [2, "queued", 1, null]]);
    const newer = [row(order("A1", [line(1, { version: 3 })]), 3)];
    equal(states(showing(newer, [], { answers })), [[1, "queued", 3, null]]);
  },

  "a line that left in a void or a cancelled order is shown until it is acknowledged; a made one is not"() {
    const seen = onDuty();
    seen.look("A1", order("A1", [line(1), line(2), line(3, { state: "ready" })]), null);
    seen.look("A1", order("A1", [line(2), line(3, { state: "ready" })]), "line.voided");
    const tickets = toMake([row(order("A1", [line(2)]))]);
    equal(seen.decorate(tickets).map((one) => one.voided.map((gone) => gone.id)), [[1]]);
    seen.look("A1", null, "order.cancelled");
    equal(seen.decorate([]).map((one) => [one.id, one.voided.map((gone) => gone.id)]), [["1.wok", [1, 2]]]);
    const reloaded = new Seen(JSON.parse(JSON.stringify(seen.toSaved())));
    equal(reloaded.decorate([]).length, 1, "a reload keeps it");
    reloaded.acknowledge("1.wok");
    equal(reloaded.decorate([]), []);
  },

  "what a new device's first load replays is no news"() {
    const seen = new Seen(null);
    seen.look("A1", order("A1", [line(1)]), null);
    seen.look("A1", null, "order.cancelled");
    equal([seen.decorate([]), new Seen(seen.toSaved()).silent], [[], false]);
  },

  "a line that left while nobody told is asked about: only a voided one is marked"() {
    const seen = onDuty();
    seen.look("A1", order("A1", [line(1), line(2)]), null);
    seen.look("A1", null, null);
    equal([seen.decorate([]), Array.from(seen.unsure.keys())], [[], ["A1"]]);
    seen.settle("A1", [line(1, { state: "served" }), line(2, { state: "voided" })]);
    equal([seen.decorate([])[0].voided.map((gone) => gone.id), seen.unsure.size], [[2], 0]);
  },

  "changes are marked on their ticket: another table, another remark, a fired course; the first sight is none"() {
    const seen = onDuty();
    const table = (name) => ({ pickup_no: null, table: { code: "t1", name } });
    seen.look("A1", order("A1", [line(1), line(2, { batch: 2, state: "held" })], table("1号桌")), null);
    equal(seen.marks.size, 0);
    seen.look("A1", order("A1", [line(1, { remark: "不要辣" }), line(2, { batch: 2 })], table("1号桌")), "line.fired");
    equal(Array.from(seen.marks), [["1.wok", ["line"]], ["2.wok", ["fired"]]]);
    seen.acknowledge("2.wok");
    seen.look("A1", order("A1", [line(1, { remark: "不要辣" }), line(2, { batch: 2 })], table("9号桌")), "order.accepted");
    equal(Array.from(seen.marks), [["1.wok", ["line", "table"]], ["2.wok", ["table"]]]);
  },

  "the bell rings at once, again while nobody comes, three times at most, and a touch quiets it"() {
    const made = { rings: 0, changes: 0, time: 0 };
    const bell = new Bell({ now: () => made.time, onChange: () => (made.changes += 1), ring: () => (made.rings += 1) });
    bell.saw(["1.wok"]);
    bell.announce(["1.wok", "2.wok"]);
    bell.announce(["3.wok"]);
    equal([made.rings, bell.isNew("1.wok"), bell.isNew("2.wok")], [1, false, true], "one ring for what comes together");
    const pass = (seconds) => Array.from({ length: seconds }, () => ((made.time += 1000), bell.tick()));
    pass(60);
    equal([made.rings, bell.isNew("2.wok")], [3, false]);
    bell.announce(["4.wok"]);
    bell.quiet();
    pass(60);
    equal([made.rings, bell.isNew("4.wok")], [4, false]);
  },
};
