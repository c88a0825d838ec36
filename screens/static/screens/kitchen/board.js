// The board of tickets: draws what changed, keeps the clocks, says how many tickets are beyond the edge.

import { $, keyed, setText } from "../shared/dom.js";
import { t } from "../shared/i18n.js";
import { minutes } from "../shared/text.js";
import { card, stamp } from "./card.js";
import { isToMake, lateness } from "./tickets.js";

const FIRST = 16;
const DUE_SOON_MS = 3 * 60000;
const WORDS = () => ["", t("稍久"), t("超时")];

export class Board {
  /** settings: {now(), settings: Settings, isNew(ticket id)} */
  constructor({ now, settings, isNew }) {
    Object.assign(this, { now, settings, isNew, list: [], byId: new Map(), clocks: new Map(), chosen: null });
    this.place = $("#tickets");
    this.words = WORDS();
    let waiting = false;
    const soon = () => {
      if (waiting) return;
      waiting = true;
      requestAnimationFrame(() => ((waiting = false), this.edges()));
    };
    this.place.addEventListener("scroll", soon, { passive: true });
    window.addEventListener("resize", soon);
    this.measureSoon = soon;
  }

  /** Shows these tickets; `how` = {pass, stationName}. Returns how many elements were touched. */
  draw(tickets, how) {
    const full = { ...how, twoStep: this.settings.twoStep };
    this.list = tickets;
    this.byId = new Map(tickets.map((one) => [String(one.id), one]));
    // What is seen first stands first: on an empty board the tickets beyond the edge follow after the paint.
    const first = !this.place.firstChild && tickets.length > FIRST;
    const now = first ? tickets.slice(0, FIRST) : tickets;
    const touched = keyed(this.place, now.map((one) => ({ ...one, stamp: stamp(one, full) })), (one) => this.make(one, full));
    if (first) setTimeout(() => this.draw(this.list, how), 50);
    this.clocks.forEach((clock, id) => this.byId.has(id) || this.clocks.delete(id));
    if (touched) this.measureSoon();
    return touched;
  }

  make(ticket, how) {
    const node = card(ticket, how);
    const clock = { node, age: $(".age", node), word: $(".word", node) };
    this.clocks.set(String(ticket.id), clock);
    this.wind(clock, ticket);
    if (this.isNew(ticket.id)) node.dataset.fresh = "";
    if (this.chosen && this.chosen.id === String(ticket.id)) this.light(node, this.chosen.line);
    return node;
  }

  /** Clocks and ages: texts and one attribute, never an element. */
  tick() {
    this.list.forEach((ticket) => {
      const clock = this.clocks.get(String(ticket.id));
      if (clock) this.wind(clock, ticket);
    });
  }

  wind({ node, age, word }, ticket) {
    const lines = ticket.lines.filter(isToMake).length || ticket.lines.some((line) => line.state === "ready");
    const waited = lines && !ticket.held ? this.now() - ticket.since : null;
    setText(age, waited === null ? "" : minutes(waited));
    const late = waited === null ? 0 : lateness(waited, this.settings.station(ticket.station));
    const due = this.dueIn(ticket.order);
    const level = due !== null && due < 0 ? 2 : Math.max(late, due !== null ? 1 : 0);
    if (node.dataset.age !== String(level)) node.dataset.age = level;
    setText(word, due === null ? this.words[late] : dueWord(due));
  }

  /** Milliseconds until the promised time when it is near or over, else null. */
  dueIn({ promised_at: promised }) {
    const left = promised ? Date.parse(promised) - this.now() : Infinity;
    return left < DUE_SOON_MS ? left : null;
  }

  /** Which cards stopped or began to be new; the element stays. */
  renew() {
    this.clocks.forEach(({ node }, id) => {
      if (this.isNew(id) === "fresh" in node.dataset) return;
      if (this.isNew(id)) node.dataset.fresh = "";
      else delete node.dataset.fresh;
    });
  }

  /** How many tickets are to the left and right of what is seen. */
  edges() {
    const { scrollLeft, clientWidth, scrollWidth } = this.place;
    const over = scrollWidth > clientWidth + 4;
    const nodes = over ? Array.from(this.place.children) : [];
    const before = nodes.filter((node) => node.offsetLeft + node.offsetWidth / 2 < scrollLeft).length;
    const behind = nodes.filter((node) => node.offsetLeft + node.offsetWidth / 2 > scrollLeft + clientWidth).length;
    edge($("#before"), before, t("前面 {count} 张", { count: before }));
    edge($("#behind"), behind, t("还有 {count} 张", { count: behind }));
  }

  /** Turns a page of columns. */
  turn(direction) {
    this.place.scrollBy({ left: direction * this.place.clientWidth, behavior: "auto" });
    this.measureSoon();
  }

  /** Lights a card, or one of its lines (-1: the whole card), for the keys of a bump bar. */
  choose(id, line = -1) {
    const old = this.chosen && this.clocks.get(this.chosen.id);
    if (old) this.light(old.node, null);
    this.chosen = id === null ? null : { id: String(id), line };
    const clock = this.chosen && this.clocks.get(this.chosen.id);
    if (!clock) return;
    this.light(clock.node, line);
    clock.node.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  light(node, line) {
    node.querySelectorAll(".chosen").forEach((one) => one.classList.remove("chosen"));
    node.classList.toggle("chosen", line !== null);
    if (line === null) return;
    const lit = line < 0 ? $(".head", node) : node.querySelectorAll(".line > button")[line];
    if (lit) lit.classList.add("chosen");
  }
}

function edge(button, count, text) {
  if (button.hidden !== !count) button.hidden = !count;
  if (count) setText(button.lastElementChild, text);
}

function dueWord(ms) {
  const count = Math.ceil(Math.abs(ms) / 60000);
  return ms < 0 ? t("过了约定 {count} 分", { count }) : t("约定还剩 {count} 分", { count });
}
