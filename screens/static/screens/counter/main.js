// The counter's screen: new, in the kitchen, ready; money, acceptance, hand-over; the store's switches.

import { DishList } from "../shared/dishes.js";
import { Allowed, lineItem } from "../shared/orders.js";
import { $, coalesced, el, keyed } from "../shared/dom.js";
import { staffEntrance } from "../shared/entrance.js";
import { makeApi, makeHub, showWho } from "../shared/hub.js";
import { attempt, say } from "../shared/say.js";
import { chime } from "../shared/sound.js";
import { KIND, PAYMENT, REASON, REFUND, STATUS, callName, fenOf, money } from "../shared/text.js";

const COLUMN = { pending_payment: "new", placed: "new", accepted: "making", preparing: "making", ready: "ready" };
// Action of the state table → the path below the order and the button's words; in the order shown.
const BUTTONS = [
  ["accept", "accept", "接单"],
  ["complete", "complete", "完成"],
  ["approve-cancel", "request-cancel/approve", "同意取消"],
  ["refuse-cancel", "request-cancel/refuse", "不同意取消"],
];
const NEWS = "您有新的订单";
const api = makeApi("counter");

function press(label, action, work, look = "") {
  return el("button", { class: look, "data-action": action, onclick: (event) => attempt(event.target, work) }, label);
}

/** A button that unfolds the reasons; a reason is what sends it. */
function withReason(label, action, send) {
  const choice = ([code, words]) => press(words, `${action}:${code}`, () => send(code), "second");
  const reasons = Object.entries(REASON).map(choice);
  return el("details", {}, el("summary", { "data-action": action }, label), ...reasons);
}

function buttons(order, allowed) {
  const may = allowed.of(order);
  const found = [];
  if (may.includes("pay")) found.push(press(`收现金 ${money(order.due_fen)}`, "pay", () => allowed.takeCash(order)));
  BUTTONS.filter(([action]) => may.includes(action)).forEach(([action, path, label]) => {
    found.push(press(label, action, () => allowed.move(order, path)));
  });
  const because = (action) => (reason) => allowed.move(order, action, { reason });
  if (may.includes("reject")) found.push(withReason("拒单", "reject", because("reject")));
  if (may.includes("cancel")) found.push(withReason("取消", "cancel", because("cancel")));
  if (may.includes("refunds")) found.push(refundForm(order, allowed));
  return found;
}

/** Money back: everything that is left, or an amount in yuan; the reason is what the guest reads. */
function refundForm(order, allowed) {
  const give = async (button, form, fen) => {
    const refund = await attempt(button, () => allowed.refund(order, fen, form.reason.value));
    if (!refund) return;
    form.closest("details").open = false;
    form.reset();
    say(`退款 ${money(refund.amount_fen)}：${REFUND[refund.state] || refund.state}`);
  };
  const part = (event) => {
    event.preventDefault();
    const form = event.target;
    const fen = fenOf(form.yuan.value);
    if (fen) return give(form.querySelector("[data-action=refund]"), form, fen);
    return say("金额请写成元，例如 12.50", true);
  };
  const reasons = Object.values(REASON).map((words) => el("option", {}, words));
  const all = `全部退款 ${money(order.paid_fen - order.refunded_fen)}`;
  return el(
    "details",
    { class: "refund" },
    el("summary", { "data-action": "refunds" }, "退款"),
    el("form", { class: "stack", onsubmit: part },
      el("label", {}, "原因", el("select", { name: "reason" }, ...reasons)),
      el("button", { type: "button", "data-action": "refund-all",
        onclick: (event) => give(event.target, event.target.form, null) }, all),
      el("div", { class: "row" },
        el("input", { name: "yuan", inputmode: "decimal", placeholder: "或退一部分（元）", "aria-label": "退款金额，元" }),
        el("button", { type: "submit", class: "second", "data-action": "refund" }, "退这么多"))),
  );
}

function card(order, allowed) {
  return el(
    "article",
    { class: "card", "data-order": order.no, "data-status": order.status },
    el("header", {}, el("span", { class: "number" }, callName(order)), KIND[order.kind] || "",
      order.table ? ` ${order.table.name}` : "",
      el("span", { class: "status", "data-state": order.status }, STATUS[order.status] || order.status)),
    el("p", {}, `${money(order.total_fen)} · ${PAYMENT[order.payment_status] || ""}`,
      order.refunded_fen ? `（${money(order.refunded_fen)}）` : "",
      order.rush_count ? ` · 催单 ${order.rush_count} 次` : ""),
    order.remark ? el("p", { class: "remark" }, order.remark) : null,
    order.cancel_requested_at ? el("p", { class: "remark" }, `顾客申请取消 ${order.cancel_request_reason}`) : null,
    el("ul", {}, ...order.lines.map((line) => lineItem(line))),
    el("div", { class: "row" }, ...buttons(order, allowed)),
  );
}

function drawOrders(orders, allowed) {
  const byAge = orders.slice().sort((a, b) => (a.no < b.no ? -1 : 1));
  ["new", "making", "ready"].forEach((column) => {
    const own = byAge.filter((order) => COLUMN[order.status] === column);
    const shown = own.map((order) => ({ id: order.no, stamp: `${order.version} ${allowed.of(order)}`, order }));
    keyed($(`#${column}`), shown, ({ order }) => card(order, allowed));
  });
  const waiting = byAge.filter((order) => order.status === "placed").length;
  if (!waiting && $("#message").textContent === NEWS) say("");
  document.title = waiting ? `(${waiting}) 前台` : "前台";
}

/** The store's own switch: open or paused. */
function storeSwitch(store) {
  const show = (info) => {
    $("#store-state").textContent = `${info.name} ${info.is_open ? "营业中" : "已暂停"}`;
    $("#open").hidden = info.is_open;
    $("#pause").hidden = !info.is_open;
  };
  const load = async () => show(await api.get(`/api/v1/stores/${store}/`));
  ["open", "pause"].forEach((move) => {
    $(`#${move}`).onclick = (event) =>
      attempt(event.target, async () => (await api.post(`/api/v1/stores/${store}/${move}/`, {}), load()));
  });
  return load;
}

function begin({ store }) {
  const stream = `store:${store}`;
  const allowed = new Allowed(api, () => draw());
  const loadStore = storeSwitch(store);
  const draw = coalesced(() => drawOrders(hub.rows(stream).filter(isOrder).map((row) => row.data), allowed));
  const hub = makeHub("counter", api, {
    onRows: (changed) => (changed === stream ? draw() : dishes.rows(changed)),
    onEvent: (changed, frame) => {
      dishes.event(changed, frame);
      if (frame.event === "store.opened" || frame.event === "store.paused") loadStore();
    },
    onAnnounce: () => (chime(), say(NEWS)),
  });
  const dishes = new DishList(api, hub, store);
  showWho(api, () => hub.stop());
  const announceIds = ({ key, data }) => (data.status === "placed" ? [`${key}#placed`] : []);
  hub.subscribe(stream, { announce: true, announceIds });
  hub.subscribe(`menu:${store}`);
  hub.start();
  loadStore().catch(() => null);
  dishes.load().catch(() => null);
}

const isOrder = (row) => row.key.startsWith("order:");

staffEntrance("counter", api, begin);
