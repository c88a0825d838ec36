// What the cook's taps are, and what the board shows before the server has answered. Pure.

import { isOnTheLine, isToMake, ticketId } from "./tickets.js";

const TARGET = { start: "cooking", ready: "ready", serve: "served" };

/** What a tap on a line does now; null where there is nothing for a cook to do. */
export function moveOf(line, { twoStep = false, pass = false } = {}) {
  if (pass) return line.state === "ready" ? "serve" : null;
  if (line.state === "queued") return twoStep ? "start" : "ready";
  return line.state === "cooking" ? "ready" : null;
}

const after = (line, move) => TARGET[move] || (line.started_at ? "cooking" : "queued");

export function lineTap(order, line, move) {
  const to = after(line, move);
  const wants = move === "start" ? [to, "ready", "served"] : move === "ready" ? [to, "served"] : [to];
  return {
    path: `/api/v1/kitchen/lines/${line.id}/${move}/`,
    body: { version: line.version },
    label: line.name,
    wants,
    target: { no: order.no, line: line.id, to },
  };
}

/** The whole ticket. Without a version: it is the order's, and another station's tap would make it stale. */
export function ticketTap({ id, order }, label) {
  const target = { no: order.no, ticket: id, to: "ready" };
  return { path: `/api/v1/kitchen/tickets/${id}/ready/`, label, wants: ["ready", "served"], target };
}

export function rushTap(order, answer, label) {
  return { path: `/api/v1/orders/${order.no}/rush/answer/`, body: { answer }, label, target: { no: order.no, answer } };
}

/** `until`: a time, "next_day", or null = until somebody restores it. */
export function sellOutTap(dish, name, until) {
  return { path: `/api/v1/dishes/${dish}/sell-out/`, body: { until }, label: name, target: { dish, soldOut: true } };
}

export function restoreTap(dish, name) {
  return { path: `/api/v1/dishes/${dish}/restore/`, label: name, target: { dish, soldOut: false } };
}

/** The row with a newer answer to one of our taps in it: the socket's frame may be a moment behind. */
function withAnswer(row, answer) {
  if (!answer || answer.version <= row.version) return row;
  const said = new Map(answer.lines.map((line) => [line.id, line]));
  const lines = row.data.lines.map((line) => ({ ...line, ...said.get(line.id) })).filter(isOnTheLine);
  const { status, rush_answer, rush_count } = answer;
  return { ...row, data: { ...row.data, status, rush_answer, rush_count, lines } };
}

function moved(line, to, grey) {
  const next = { ...line, version: line.version + 1 };
  if (grey) return { ...next, waiting: to };
  const times = to === "ready" ? { ready_at: new Date().toISOString() } : {};
  return { ...next, ...times, state: to };
}

function withTap(row, { target }, grey) {
  if (target.answer) return { ...row, data: { ...row.data, rush_answer: target.answer, waiting: grey } };
  const hit = (line) => line.id === target.line || (ticketId(line) === target.ticket && isToMake(line));
  const lines = row.data.lines.map((line) => (hit(line) ? moved(line, target.to, grey) : line)).filter(isOnTheLine);
  return { ...row, data: { ...row.data, lines } };
}

/**
 * The rows as the cook shall see them: answers we have, then the taps on their way. With `grey` (nobody is there)
 * a tapped line stays where it is and says `waiting`; else it moves at once. Versions count on as the server will
 * count them, so a second tap on the same line expects the right one.
 */
export function applied(rows, { taps, answers, grey }) {
  const byOrder = new Map();
  taps.filter(({ target }) => target && target.no).forEach((tap) => {
    byOrder.set(tap.target.no, (byOrder.get(tap.target.no) || []).concat([tap]));
  });
  return rows.map((row) => {
    const known = withAnswer(row, answers.get(row.data.no));
    return (byOrder.get(row.data.no) || []).reduce((shown, tap) => withTap(shown, tap, grey), known);
  });
}
