// The kitchen's screen: one card per ticket (batch and station), oldest first.

import { uuid } from "../hub/hub-api.js";
import { DishList } from "../shared/dishes.js";
import { lineItem } from "../shared/orders.js";
import { $, coalesced, el, keyed } from "../shared/dom.js";
import { staffEntrance } from "../shared/entrance.js";
import { makeApi, makeHub, showWho } from "../shared/hub.js";
import { attempt } from "../shared/say.js";
import { chime } from "../shared/sound.js";
import { ANSWER, KIND, callName, minutes } from "../shared/text.js";

const MOVES = {
  queued: [["start", "开始"], ["ready", "出品"]],
  cooking: [["ready", "出品"]],
  ready: [["recall", "撤回"], ["serve", "上菜"]],
};
const AGEING_MS = [5 * 60000, 8 * 60000];
const api = makeApi("kitchen");

/** The tickets in the rows of the store's stream: [{id, order, lines, since: ms}], oldest first. */
export function tickets(rows) {
  const found = new Map();
  rows.forEach(({ data }) => data.lines.forEach((line) => {
    const id = `${line.batch}.${line.station}`;
    const since = Date.parse(line.queued_at || data.accepted_at);
    if (!found.has(id)) found.set(id, { id, order: data, lines: [], since });
    const ticket = found.get(id);
    ticket.lines.push(line);
    ticket.since = Math.min(ticket.since, since);
  }));
  return Array.from(found.values()).sort((a, b) => a.since - b.since);
}

function lineButton(line, [move, label]) {
  const work = () => api.post(`/api/v1/kitchen/lines/${line.id}/${move}/`, { op_id: uuid(), version: line.version });
  const look = move === "start" || move === "recall" ? "second" : "";
  return el("button", { class: look, "data-action": move, onclick: (event) => attempt(event.target, work) }, label);
}

const lineButtons = (line) => (MOVES[line.state] || []).map((move) => lineButton(line, move));

function rushAnswers(order) {
  if (!order.rush_count || order.rush_answer) return [];
  const answer = (value) => api.post(`/api/v1/orders/${order.no}/rush/answer/`, { answer: value, op_id: uuid() });
  const button = ([value, label]) =>
    el("button", { class: "second", onclick: (event) => attempt(event.target, () => answer(value)) }, label);
  return [el("p", { class: "remark" }, `催单 ${order.rush_count} 次`), ...Object.entries(ANSWER).map(button)];
}

const lateness = (age) => AGEING_MS.filter((limit) => age > limit).length;

/** Changes when anything the card shows changes, its age colour included. */
function stamp({ order, lines, since }, now) {
  const states = lines.map((line) => `${line.id}.${line.version}.${line.state}`).join();
  return `${states} ${order.status} ${order.rush_count} ${order.rush_answer} ${lateness(now - since)}`;
}

function card(ticket, now) {
  const { order, lines, id } = ticket;
  const age = now - ticket.since;
  const open = lines.some((line) => line.state === "queued" || line.state === "cooking");
  const allReady = (event) =>
    attempt(event.target, () => api.post(`/api/v1/kitchen/tickets/${id}/ready/`, { op_id: uuid() }));
  return el(
    "article",
    { class: `card age-${lateness(age)}`, "data-ticket": id, "data-order": order.no, "data-status": order.status },
    el("header", {}, el("span", { class: "number" }, callName(order)), KIND[order.kind] || "",
      el("span", { class: "status", "data-since": ticket.since }, minutes(age))),
    order.remark ? el("p", { class: "remark" }, order.remark) : null,
    el("ul", {}, ...lines.map((line) => lineItem(line, ...lineButtons(line)))),
    ...rushAnswers(order),
    open ? el("button", { "data-action": "all-ready", onclick: allReady }, "全部出品") : null,
  );
}

function begin({ store, station }) {
  const stream = `store:${store}`;
  const draw = coalesced(() => {
    const shown = tickets(hub.rows(stream)).map((ticket) => ({ ...ticket, stamp: stamp(ticket, hub.now()) }));
    keyed($("#tickets"), shown, (ticket) => card(ticket, hub.now()));
    $("#empty").hidden = shown.length > 0;
  });
  const hub = makeHub("kitchen", api, {
    onRows: (changed) => (changed === stream ? draw() : dishes.rows(changed)),
    onEvent: (changed, frame) => dishes.event(changed, frame),
    onAnnounce: () => chime(),
  });
  const dishes = new DishList(api, hub, store);
  showWho(api, () => hub.stop());
  hub.subscribe(stream, { station, announce: true });
  hub.subscribe(`menu:${store}`);
  hub.start();
  dishes.load().catch(() => null);
  setInterval(() => {
    document.querySelectorAll("[data-since]").forEach((node) => {
      node.textContent = minutes(hub.now() - Number(node.dataset.since));
    });
    draw();
  }, 1000);
}

staffEntrance("kitchen", api, begin);
