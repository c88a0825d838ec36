// One order in the columns: who waits, since when, what for, whether it is paid, and the one next thing to do.

import { el, icon, keyed } from "../shared/dom.js";
import { t } from "../shared/i18n.js";
import { attempt } from "../shared/say.js";
import { KIND, PAYMENT, STATUS, callName, money } from "../shared/text.js";
import { confirmReason } from "./reasons.js";
import { due, waited } from "./time.js";

const NAMED = 3;

/** Since when the order is where it is. */
export const since = (order) =>
  Date.parse(order.ready_at || order.accepted_at || order.paid_at || order.submitted_at);

export function press(label, action, work, look = "") {
  const act = (event) => (event.stopPropagation(), attempt(event.currentTarget, work));
  return el("button", { type: "button", class: look, "data-action": action, onclick: act }, ...[].concat(label));
}

/** The next thing to do with an order, and what else is at hand on its card. They act on the order as it is then. */
export function cardButtons(order, desk) {
  const { allowed } = desk;
  const may = allowed.of(order);
  const move = (path, body) => allowed.move(desk.find(order.no) || order, path, body);
  const found = [];
  if (may.includes("request-cancel/approve")) return decisions(move);
  if (may.includes("accept")) found.push(press(t("接单"), "accept", () => move("accept"), "good"));
  if (may.includes("pay") && order.due_fen) found.push(cashButton(order, allowed, found.length));
  if (may.includes("complete")) found.push(press(t("完成"), "complete", () => move("complete"), "good"));
  if (may.includes("reject")) {
    const reject = (reason) => move("reject", { reason });
    found.push(press(t("拒单"), "reject", async () => confirmReason(t("为什么拒单？"), "reject", reject), "second"));
  }
  return found;
}

function cashButton(order, allowed, others) {
  const label = t("收现金 {money}", { money: money(order.due_fen) });
  return press(label, "pay", () => allowed.takeCash(order), others || order.status === "preparing" ? "second" : "");
}

function decisions(move) {
  return [
    press(t("同意取消"), "approve-cancel", () => move("request-cancel/approve"), "bad"),
    press(t("不同意"), "refuse-cancel", () => move("request-cancel/refuse"), "second"),
  ];
}

function tag(look, sign, words) {
  return el("span", { class: `tag ${look}` }, sign ? icon(sign) : null, el("span", {}, words));
}

function tags(order, now) {
  const at = Date.parse(order.eta_at || order.promised_at || "");
  const cooking = ["accepted", "preparing"].includes(order.status);
  const { words, look } = at ? due(at, now) : {};
  return [
    order.cancel_requested_at ? tag("bad", "alert", t("申请取消：{reason}", { reason: order.cancel_request_reason || t("没有说明") })) : null,
    order.rush_count ? tag(order.rush_answer ? "" : "warn", "fire", t("催单 {count} 次", { count: order.rush_count })) : null,
    cooking && at ? el("span", { class: `tag ${look}`.trim(), "data-due": at }, icon("clock"), el("span", {}, words)) : null,
    tag(order.due_fen ? "warn" : order.refunded_fen ? "news" : "good", "", paid(order)),
  ];
}

function paid(order) {
  const back = order.refunded_fen ? ` −${money(order.refunded_fen)}` : "";
  return `${PAYMENT[order.payment_status] || ""} ${money(order.total_fen)}${back}`;
}

function dishes(order) {
  const live = order.lines.filter((line) => line.state !== "voided");
  const named = live.slice(0, NAMED).map((line) => `${line.name}${line.quantity > 1 ? ` ×${line.quantity}` : ""}`);
  const more = live.length > NAMED ? t(" 等 {count} 样", { count: live.length }) : "";
  return named.join(t("、")) + more;
}

/** How much of it is made, as a bar and in words. */
function progress(made, all) {
  const words = t("{made}/{all} 已出品", { made, all });
  return el("div", { class: "made" }, el("progress", { max: all, value: made, "aria-label": words }), el("small", { class: "num" }, words));
}

function head(order, now) {
  const where = order.table && order.pickup_no ? order.table.name : "";
  return el("header", {},
    el("button", { type: "button", class: "number quiet", "data-action": "open", "aria-label": t("打开 {name}", { name: callName(order) }) }, callName(order)),
    el("span", { class: "kind" }, icon(order.kind === "dine_in" ? "table" : "bag"), el("span", {}, [KIND[order.kind], where].filter(Boolean).join(" · "))),
    el("span", { class: "status", "data-state": order.status }, STATUS[order.status] || order.status),
    el("time", { class: "num", "data-since": since(order) }, waited(since(order), now)));
}

/** The card of an order, still empty. `open()` shows the whole of the order. */
export function shell(order, open) {
  return el("article", { class: "card order", "data-order": order.no, onclick: open });
}

/** Puts the order as it is into its card: only the parts that differ are made anew, so buttons stay under the finger. */
export function drawCard(node, order, desk) {
  const [now, may] = [desk.now(), desk.allowed.of(order)];
  const live = order.lines.filter((line) => line.state !== "voided");
  const made = live.filter((line) => ["ready", "served"].includes(line.state)).length;
  const cooking = ["accepted", "preparing"].includes(order.status) && live.length;
  const money = [order.payment_status, order.total_fen, order.refunded_fen, order.due_fen];
  node.dataset.status = order.status;
  const parts = [
    { id: "head", stamp: `${order.status} ${order.pickup_no} ${order.table && order.table.name}`, make: () => head(order, now) },
    { id: "dishes", stamp: dishes(order), make: () => el("p", { class: "dishes" }, dishes(order)) },
    order.remark && { id: "remark", stamp: order.remark, make: () => el("p", { class: "remark" }, icon("note"), el("span", {}, order.remark)) },
    cooking && { id: "made", stamp: `${made} ${live.length}`, make: () => progress(made, live.length) },
    { id: "foot", stamp: "", make: () => el("footer") },
  ];
  keyed(node, parts.filter(Boolean), ({ make }) => make());
  keyed(node.lastElementChild, [
    { id: "tags", stamp: [...money, order.status, order.rush_count, order.rush_answer, order.eta_at, order.cancel_requested_at].join(), make: () => el("p", { class: "tags" }, ...tags(order, now)) },
    { id: "acts", stamp: `${may} ${order.due_fen} ${order.status}`, make: () => el("div", { class: "acts" }, ...cardButtons(order, desk)) },
  ], ({ make }) => make());
}
