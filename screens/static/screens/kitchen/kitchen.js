// One kitchen screen: rows, taps and what was seen become the board; fingers and keys become taps.

import { uuid } from "../hub/hub-api.js";
import { TapQueue } from "../hub/hub-queue.js";
import { browserTimers } from "../hub/hub-client.js";
import { $, coalesced, setText } from "../shared/dom.js";
import { t } from "../shared/i18n.js";
import { say } from "../shared/say.js";
import { IndexedTaps } from "../shared/taps.js";
import { ANSWER, callName } from "../shared/text.js";
import { Bell } from "./bell.js";
import { Board } from "./board.js";
import { Seen } from "./seen.js";
import { redrawSheet } from "./sheets.js";
import { applied, lineTap, moveOf, rushTap, ticketTap } from "./taps.js";
import { isToMake, recallable, toMake, toServe, waitingTickets } from "./tickets.js";

const SAVE_MS = 1000;
const SLOW_MS = 2000;
const ASK_MS = 5000;
const ASK_MOST = 5;
const UNDO_MS = 8000;

export class Kitchen {
  constructor({ api, store, station, settings, storage = localStorage }) {
    Object.assign(this, { api, store, station, settings, storage, stream: `store:${store}`, pass: false, current: false });
    this.answers = new Map();
    this.dirty = new Set();
    this.memory = `hub:kitchen.seen:${store}:${station || ""}`;
    this.seen = new Seen(JSON.parse(storage.getItem(this.memory) || "null"), () => this.saveSoon());
    this.queue = this.makeQueue();
    this.bell = new Bell({ now: () => performance.now(), onChange: () => this.board.renew() });
    this.board = new Board({ now: () => this.hub.now(), settings, isNew: (id) => this.bell.isNew(id) });
    this.redraw = coalesced(() => this.draw());
    this.undone = { lines: [], until: 0 };
    this.askedAt = -Infinity;
  }

  makeQueue() {
    const send = (tap) => this.api.request(tap.method, tap.path, { body: this.queue.bodyOf(tap) });
    return new TapQueue({
      store: new IndexedTaps(`kitchen.${this.store}`),
      timers: browserTimers(),
      newId: () => uuid(),
      now: () => (this.hub ? this.hub.now() : Date.now()),
      send,
      onChange: () => this.redraw(),
      onSent: (tap, answer) => answer && answer.lines && this.answers.set(answer.no, answer),
      onRefused: (tap, error) => say(t("{what}：{why}", { what: tap.label, why: error.detail || error.message }), true),
    });
  }

  /** HubClient's callbacks. */
  rowsChanged(stream, keys) {
    if (stream === this.stream) keys.forEach((key) => this.dirty.add(key));
    this.redraw();
  }

  eventCame(stream, frame) {
    if (stream !== this.stream) return;
    this.lookAt(frame.key, frame.event);
  }

  announced(stream, row) {
    this.bell.announce(waitingTickets(row));
  }

  truthChanged({ current }) {
    if (current === this.current) return;
    this.current = current;
    this.redraw();
    if (!current) return;
    this.seen.silent = false;
    this.queue.nudge();
    this.settings.load().then((other) => other && this.redraw()).catch(() => null);
  }

  /** Notes what became of one order; `kind` is the event that told of it, or null. */
  lookAt(key, kind) {
    this.dirty.delete(key);
    const row = this.hub.row(this.stream, key);
    const no = key.slice(key.indexOf(":") + 1);
    const answer = this.answers.get(no);
    if (answer && (!row || row.version >= answer.version)) this.answers.delete(no);
    this.seen.look(no, row && row.data, kind);
  }

  /** Nobody is there to take taps: they stay on their lines, grey. */
  grey() {
    const [oldest] = this.queue.taps;
    const slow = oldest && this.hub.now() - Date.parse(oldest.client_at) > SLOW_MS;
    return !this.current || this.queue.stuck || Boolean(slow);
  }

  rows() {
    return applied(this.hub.rows(this.stream), { taps: this.queue.taps, answers: this.answers, grey: this.grey() });
  }

  draw() {
    if (!this.hub) return;
    Array.from(this.dirty).forEach((key) => this.lookAt(key, null));
    const rows = this.rows();
    const tickets = this.pass ? toServe(rows) : this.seen.decorate(toMake(rows));
    const named = !this.station || this.pass ? (code) => this.settings.station(code).name || code : null;
    this.board.draw(tickets, { pass: this.pass, stationName: this.pass ? null : named });
    this.bell.saw(tickets.map((one) => one.id));
    this.told(tickets);
    redrawSheet();
  }

  told(tickets) {
    const open = tickets.filter((one) => !one.held).length;
    setText($("#count"), this.pass ? t("待传 {count} 单", { count: open }) : t("待做 {count} 张", { count: open }));
    if ($("#empty").hidden !== tickets.length > 0) $("#empty").hidden = tickets.length > 0;
    const unsent = this.queue.taps.length && this.grey() ? this.queue.taps.length : 0;
    if ($("#unsent").hidden !== !unsent) $("#unsent").hidden = !unsent;
    if (unsent) setText($("#unsent-text"), t("{count} 个操作待发送", { count: unsent }));
  }

  /** Once a second. */
  tick() {
    this.board.tick();
    this.bell.tick();
    if (this.queue.taps.length) this.redraw();
    if (this.seen.unsure.size && performance.now() - this.askedAt > ASK_MS) this.askUnsure();
    if (!$("#undo").hidden && performance.now() > this.undone.until) $("#undo").hidden = true;
  }

  askUnsure() {
    this.askedAt = performance.now();
    Array.from(this.seen.unsure.keys()).slice(0, ASK_MOST).forEach((no) =>
      this.api.get(`/api/v1/orders/${no}/`).then((order) => this.settle(no, order.lines), (error) =>
        error.status === 404 && this.settle(no, [])));
  }

  settle(no, lines) {
    this.seen.settle(no, lines);
    this.redraw();
  }

  /** A tap on a line, by finger or key. */
  tapLine(ticket, id) {
    const line = ticket.lines.find((one) => one.id === id);
    const move = line && !line.waiting && moveOf(line, { twoStep: this.settings.twoStep, pass: this.pass });
    if (!move) return;
    this.queue.add(lineTap(ticket.order, line, move));
    if (move === "ready") this.offerUndo(ticket, [line]);
    this.draw();
  }

  /** A tap on a card's head: everything that is to be made is ready, or everything that is ready is served. */
  tapHead(ticket) {
    const lines = ticket.lines.filter((line) => !line.waiting && (this.pass ? line.state === "ready" : isToMake(line)));
    if (!lines.length) this.acknowledge(ticket.id);
    else if (this.pass) lines.forEach((line) => this.queue.add(lineTap(ticket.order, line, "serve")));
    else {
      this.queue.add(ticketTap(ticket, callName(ticket.order)));
      this.offerUndo(ticket, lines);
    }
    this.draw();
  }

  acknowledge(id) {
    this.seen.acknowledge(id);
    this.draw();
  }

  answerRush({ order }, answer) {
    this.queue.add(rushTap(order, answer, `${callName(order)} ${ANSWER[answer]}`));
    this.draw();
  }

  offerUndo({ order }, lines) {
    this.undone = { no: order.no, ids: lines.map((line) => line.id), until: performance.now() + UNDO_MS };
    setText($("#undo-text"), t("撤回 {who}", { who: callName(order) }));
    $("#undo").hidden = false;
  }

  /** Takes back what was called ready last. */
  undo() {
    const { no, ids = [] } = this.undone;
    $("#undo").hidden = true;
    const row = this.rows().find(({ data }) => data.no === no);
    const lines = row ? row.data.lines.filter((line) => ids.includes(line.id)) : [];
    const last = recallable(this.rows(), 1)[0];
    if (lines.length) lines.forEach((line) => this.queue.add(lineTap(row.data, line, "recall")));
    else if (last) this.queue.add(lineTap(last.order, last.line, "recall"));
    this.undone = { until: 0 };
    this.draw();
  }

  recall(order, line) {
    this.queue.add(lineTap(order, line, "recall"));
    this.draw();
  }

  showPass(pass) {
    this.pass = pass;
    document.body.classList.toggle("pass", pass);
    $("#pass").setAttribute("aria-pressed", String(pass));
    this.board.choose(null);
    this.draw();
  }

  saveSoon() {
    if (!this.saving) this.saving = setTimeout(() => this.save(), SAVE_MS);
  }

  save() {
    clearTimeout(this.saving);
    this.saving = null;
    try {
      this.storage.setItem(this.memory, JSON.stringify(this.seen.toSaved()));
    } catch (error) {
      // A full storage must not stop the screen; marks then live as long as the page.
      this.storage.removeItem(this.memory);
    }
  }
}
