// The stream state: every rule of the client in hub.v1, and controls that show what each rule prevents.

import { Announced } from "/static/screens/hub/hub-announce.js";
import { backoffDelay, closeVerdict } from "/static/screens/hub/hub-backoff.js";
import { StreamRows, cursorSeq } from "/static/screens/hub/hub-rows.js";
import { cursor, equal, event, live, row, snapshot } from "./world.mjs";

const S = "store:demo";
const versions = (rows) => Array.from(rows.rows.values(), ({ key, version }) => [key, version]);

function started(...frames) {
  const rows = new StreamRows(S);
  rows.subscribed();
  [snapshot(S, 10, [row("a", 1), row("b", 2)]), live(S, 10), ...frames].forEach((frame) => rows.apply(frame));
  return rows;
}

export const tests = {
  "a snapshot in parts counts only when it is whole"() {
    const rows = new StreamRows(S);
    rows.subscribed();
    rows.apply(snapshot(S, 10, [row("a", 1)], 1, 2));
    equal([versions(rows), rows.position], [[], null]);
    rows.apply(snapshot(S, 10, [row("b", 1)], 2, 2));
    equal([versions(rows), rows.position], [[["a", 1], ["b", 1]], 10]);
  },

  "a snapshot replaces everything, also what is gone or older"() {
    const rows = started(snapshot(S, 5, [row("b", 1)]));
    equal([versions(rows), rows.position], [[["b", 1]], 5]);
  },

  "an event in chain is applied, a repeated one dropped"() {
    const rows = started(event(S, 10, 12, "a", 2));
    equal(rows.apply(event(S, 10, 12, "a", 3)), { changed: [], gap: false });
    equal([versions(rows), rows.position, rows.cursor], [[["a", 2], ["b", 2]], 12, cursor(12)]);
  },

  "holes in seq are no gap, a broken prev is; while recovering it is asked for once"() {
    const rows = started();
    equal(rows.apply(event(S, 9, 20, "a", 2)).gap, false);
    equal(rows.apply(event(S, 25, 26, "a", 3)).gap, true);
    equal([versions(rows), rows.position], [[["a", 2], ["b", 2]], 20]);
    rows.subscribed();
    equal(rows.apply(event(S, 26, 27, "a", 4)).gap, false);
    [event(S, 20, 25, "b", 3), event(S, 25, 26, "a", 3), event(S, 26, 27, "a", 4), live(S, 27)].forEach((f) =>
      rows.apply(f),
    );
    equal([versions(rows), rows.position, rows.live], [[["a", 4], ["b", 3]], 27, true]);
  },

  "a row is replaced only by a higher version; null removes it; the position moves either way"() {
    const rows = started(event(S, 10, 11, "b", 2, { stale: true }), event(S, 11, 12, "a", 2, null));
    equal([versions(rows), rows.rows.get("b").data, rows.position], [[["b", 2]], { v: 2 }, 12]);
  },

  "resync forgets the position, keeps showing the old rows, and ends with the new snapshot"() {
    const rows = started({ type: "resync", stream: S, reason: "epoch" });
    equal([versions(rows).length, rows.position, rows.cursor, rows.isCurrent()], [2, null, null, false]);
    equal(rows.apply(event(S, 1, 2, "z", 1)).gap, false);
    rows.apply(snapshot(S, 3, [row("z", 1)]));
    rows.apply(live(S, 3));
    equal([versions(rows), rows.isCurrent()], [[["z", 1]], true]);
  },

  "an up-to-date client adopts the heartbeat's cursor, and may resume from it"() {
    const rows = started();
    equal(rows.beat({ head: 10, cursor: cursor(57), degraded: false }), false);
    equal([rows.cursor, rows.position, rows.isCurrent()], [cursor(57), 57, true]);
    rows.subscribed();
    equal(rows.apply(event(S, 57, 60, "a", 2)), { changed: ["a"], gap: false });
  },

  "behind the head: not current, cursor not adopted, and asked again when a whole beat brought nothing"() {
    const rows = started();
    equal(rows.beat({ head: 12, cursor: cursor(57), degraded: false }), false);
    equal([rows.cursor, rows.isCurrent()], [cursor(10), false]);
    equal(rows.beat({ head: 12, cursor: cursor(58), degraded: false }), true);
    rows.apply(event(S, 10, 11, "a", 2));
    equal(rows.beat({ head: 12, cursor: cursor(59), degraded: false }), false, "it moves");
  },

  "degraded is never current, nor is a stream the heartbeat does not speak of"() {
    const rows = started();
    rows.beat({ head: 10, cursor: cursor(10), degraded: true });
    equal(rows.isCurrent(), false);
    rows.beat({ head: 10, cursor: cursor(10), degraded: false });
    equal(rows.isCurrent(), true);
    rows.beat(null);
    equal(rows.isCurrent(), false);
  },

  "what is saved is rows and cursor together; an unreadable cursor starts from nothing"() {
    const saved = JSON.parse(JSON.stringify(started(event(S, 10, 11, "a", 2)).toSaved()));
    const again = new StreamRows(S, saved);
    equal([versions(again), again.position, again.cursor], [[["a", 2], ["b", 2]], 11, cursor(11)]);
    equal(new StreamRows(S, { cursor: "nonsense", rows: [] }).cursor, null);
    equal([cursorSeq("x.7.t"), cursorSeq("x"), cursorSeq(null)], [7, null, null]);
  },

  "the first load of a device is silent, later news ring once, also over a reload"() {
    const ticket = (key, ...batches) => row(key, 1, { lines: batches.map((batch) => ({ batch })) });
    const first = new Announced(null);
    equal(first.fresh([ticket("a", 1)]), []);
    equal(first.fresh([ticket("a", 1, 2)]).length, 1);
    equal(first.fresh([ticket("a", 1, 2)]).length, 0);
    const reloaded = new Announced(first.toSaved());
    equal(reloaded.fresh([ticket("a", 1, 2), ticket("c", 1)]).map((one) => one.key), ["c"]);
  },

  "back-off is full jitter under its ceiling"() {
    equal([0, 1, 2, 3, 4, 9].map((n) => backoffDelay(n, 5000, () => 0.9999)), [499, 999, 1999, 3999, 4999, 4999]);
    equal([backoffDelay(9, 30000, () => 0.9999), backoffDelay(3, 5000, () => 0)], [29997, 0]);
  },

  "close codes"() {
    const codes = [1000, 1001, 1006, 1011, 4000, 4001, 4003, 4499, 4500, 4501, 4503, 4526, 4999];
    const said = ["retry", "retry", "retry", "retry", "retry", "retry", "refresh", "retry"];
    equal(codes.map(closeVerdict), said.concat(["final", "refresh_once", "final", "final", "final"]));
  },
};
