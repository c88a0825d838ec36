// Tickets from rows: one per batch and station, oldest first; what is to be made, what can be recalled, counts. Pure.

export const TO_MAKE = ["queued", "cooking"];
const ON_THE_LINE = ["held", "queued", "cooking", "ready"];

export const ticketId = (line) => `${line.batch}.${line.station}`;
export const isToMake = (line) => TO_MAKE.includes(line.state);
export const isOnTheLine = (line) => ON_THE_LINE.includes(line.state);

/** What counts as new for the bell: tickets with a line that is waiting, so a fired course rings when it is fired. */
export function waitingTickets(row) {
  const waiting = ((row.data && row.data.lines) || []).filter((line) => line.state === "queued");
  return Array.from(new Set(waiting.map(ticketId)));
}

function grouped(rows, idOf) {
  const found = new Map();
  rows.forEach(({ data }) => data.lines.forEach((line) => {
    const id = idOf(line, data);
    if (!found.has(id)) found.set(id, { id, order: data, station: line.station, lines: [], marks: [], voided: [] });
    found.get(id).lines.push(line);
  }));
  return Array.from(found.values());
}

/** Since when a ticket waits, in ms: its oldest line that is to be made; a ticket on hold since it was accepted. */
function since({ order, lines }) {
  const open = lines.filter(isToMake);
  const times = (open.length ? open : lines).map((line) => Date.parse(line.queued_at || order.accepted_at));
  return Math.min(...times);
}

/** The cook's tickets: [{id, order, station, lines, since, held}], oldest first, those on hold last. */
export function toMake(rows) {
  const all = grouped(rows, ticketId).map((one) => ({ ...one, since: since(one), held: !one.lines.some(isToMake) }));
  return all.filter((one) => one.lines.some((line) => line.state !== "ready")).sort(byAge);
}

/** The pass's tickets: one per order with something ready, the longest waiting first. */
export function toServe(rows) {
  const orders = grouped(rows, (line, data) => data.no).filter((one) => one.lines.some((line) => line.state === "ready"));
  return orders.map((one) => ({ ...one, held: false, since: Math.min(...readyTimes(one.lines)) })).sort(byAge);
}

const readyTimes = (lines) => lines.filter((line) => line.ready_at).map((line) => Date.parse(line.ready_at));

export function byAge(a, b) {
  if (a.held !== b.held) return a.held ? 1 : -1;
  return a.since - b.since || String(a.id).localeCompare(String(b.id), "en", { numeric: true });
}

/** The lines that were called ready last, newest first: [{line, order}]. */
export function recallable(rows, most = 20) {
  const ready = [];
  rows.forEach(({ data }) => data.lines.forEach((line) => line.state === "ready" && ready.push({ line, order: data })));
  const at = ({ line }) => (line.ready_at ? Date.parse(line.ready_at) : 0);
  return ready.sort((a, b) => at(b) - at(a) || b.line.id - a.line.id).slice(0, most);
}

/** How many portions of each dish are to be made: [{dish, name, count, variants: [{options, count}]}], most first. */
export function allDay(rows) {
  const dishes = new Map();
  rows.forEach(({ data }) => data.lines.filter(isToMake).forEach((line) => {
    const dish = dishes.get(line.name) || { dish: line.dish, name: line.name, count: 0, variants: new Map() };
    const options = line.options.map((option) => option.name).join(" ");
    dish.count += line.quantity;
    dish.variants.set(options, (dish.variants.get(options) || 0) + line.quantity);
    dishes.set(line.name, dish);
  }));
  const listed = (variants) => Array.from(variants, ([options, count]) => ({ options, count }));
  const all = Array.from(dishes.values(), (dish) => ({ ...dish, variants: listed(dish.variants) }));
  return all.sort((a, b) => b.count - a.count || a.name.localeCompare(b.name));
}

/** 0 in time, 1 getting old, 2 late, by the station's minutes. */
export function lateness(ageMs, { warn, late }) {
  if (ageMs >= late * 60000) return 2;
  return ageMs >= warn * 60000 ? 1 : 0;
}
