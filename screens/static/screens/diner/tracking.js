// A guest's orders as they go: where each dish is, when it will be ready, what is to be paid, what may be done.

import { el, icon } from "../shared/dom.js";
import { english, locale, t } from "../shared/i18n.js";
import { attempt } from "../shared/say.js";
import { ANSWER, ATTEMPT, KIND, LINE, PAYMENT, REASON, STATUS, TERMINAL, callName, money, optionNames } from "../shared/text.js";

const STEPS = ["placed", "accepted", "preparing", "ready"];
const BUTTONS = {
  rush: () => t("催一下"),
  complete: () => t("确认取餐"),
  "request-cancel": () => t("申请取消"),
  cancel: () => t("取消订单"),
};

const clockTime = (iso) => new Date(iso).toLocaleTimeString(locale, { hour: "2-digit", minute: "2-digit" });

/** What to expect next, in one sentence. */
export function expectation(order, now) {
  if (order.status === "pending_payment") return t("请在 {time} 前付款，到时自动取消", { time: clockTime(order.expires_at) });
  if (order.status === "placed") return t("等店家接单");
  if (order.status === "ready") return order.kind === "pickup" ? t("做好了，请来取餐") : t("都做好了，马上上桌");
  if (!["accepted", "preparing"].includes(order.status) || !order.eta_at) return "";
  const minutes = Math.ceil((Date.parse(order.eta_at) - now) / 60000);
  const late = order.promised_at && Date.parse(order.eta_at) > Date.parse(order.promised_at) + 60000;
  const words = minutes > 0 ? t("大约 {time} 好，还有 {minutes} 分钟", { time: clockTime(order.eta_at), minutes }) : t("马上就好");
  return late ? `${words} ${t("（比说好的晚了，抱歉）")}` : words;
}

function progress(order) {
  const reached = order.status === "completed" ? STEPS.length : STEPS.indexOf(order.status);
  if (reached < 0) return null;
  const step = (name, index) => el("li", { "data-done": index <= reached }, STATUS[name]);
  return el("ol", { class: "steps", "aria-label": t("进度") }, ...STEPS.map(step));
}

function lineItem(line) {
  const extra = [optionNames(line), line.remark].filter(Boolean).join(" · ");
  const ahead = line.ahead && line.state === "queued" ? t("前面还有 {count} 份", { count: line.ahead }) : "";
  return el("li", { "data-line": line.id, "data-state": line.state },
    el("span", { class: "fill" }, `${line.name} ×${line.quantity}`, extra ? el("small", {}, extra) : null,
      ahead ? el("small", { class: "ahead" }, ahead) : null),
    el("span", { class: "state", "data-state": line.state }, LINE[line.state] || line.state));
}

/** How the money stands: of the order, of the newest attempt to pay, of what went back. */
function moneyLines(order, attempted, payable) {
  const ended = TERMINAL.includes(order.status);
  const open = order.due_fen > 0 && !ended;
  const returned = order.refunded_fen ? t("（{money}）", { money: money(order.refunded_fen) }) : "";
  const owed = ended && order.status !== "completed" && order.paid_fen > order.refunded_fen;
  const told = attempted && ATTEMPT[attempted.state] && (open || attempted.state === "succeeded_late");
  return [
    el("p", { class: "money", "data-payment": order.payment_status },
      el("b", { class: "num" }, money(order.total_fen)), " ", `${PAYMENT[order.payment_status] || ""}${returned}`),
    order.status === "pending_payment"
      ? el("p", { class: "soft" }, payable ? t("请付款；也可以到前台付款") : t("请到前台付款")) : null,
    owed ? el("p", { class: "attempt" }, t("退款中，将原路退回")) : null,
    told ? el("p", { class: "attempt", "data-attempt": attempted.state }, ATTEMPT[attempted.state]) : null,
  ];
}

function notes(order) {
  const ended = TERMINAL.includes(order.status);
  return [
    order.remark ? t("备注：{text}", { text: order.remark }) : "",
    order.cancel_requested_at && !ended ? t("已申请取消，等店家答复") : "",
    order.rush_answer ? t("后厨：{text}", { text: ANSWER[order.rush_answer] || order.rush_answer }) : "",
    order.rush_count && !order.rush_answer && !ended ? t("已催单，后厨看到了会回复") : "",
    order.cancel_reason ? t("原因：{text}", { text: REASON[order.cancel_reason] || order.cancel_reason }) : "",
  ].filter(Boolean).map((text) => el("p", { class: "note" }, text));
}

/**
 * The card of an order. world: {now() ms, may: [action], attempted or null, payable: bool, pay(order), move(order,
 * action), more(), again(order), review(order), reviewed: bool}.
 */
export function orderCard(order, world) {
  const { may, attempted, payable } = world;
  const press = (label, action, work, look = "second") =>
    el("button", { type: "button", class: look, "data-action": action, onclick: (event) => attempt(event.currentTarget, work) },
      label);
  const buttons = [];
  if (payable && order.due_fen && may.includes("pay")) {
    buttons.push(press(t("微信支付 {money}", { money: money(order.due_fen) }), "pay", () => world.pay(order), "wechat big"));
  }
  if (order.kind === "dine_in" && may.includes("batches")) buttons.push(press(t("加菜"), "more", world.more, ""));
  Object.keys(BUTTONS).filter((action) => may.includes(action)).forEach((action) =>
    buttons.push(press(BUTTONS[action](), action, () => world.move(order, action))));
  if (order.status === "completed" && !world.reviewed) buttons.push(press(t("评价"), "review", () => world.review(order), ""));
  if (TERMINAL.includes(order.status) && may.includes("reorder")) buttons.push(press(t("再来一单"), "reorder", () => world.again(order)));
  const wait = expectation(order, world.now());
  return el("article", { class: "card order", "data-order": order.no, "data-status": order.status },
    el("header", {},
      el("b", { class: "number" }, callName(order)),
      el("span", { class: "soft" }, icon(order.kind === "pickup" ? "bag" : "table"), " ", KIND[order.kind] || "",
        order.pickup_no && order.table ? ` ${order.table.name}` : ""),
      el("span", { class: "status", "data-state": order.status }, STATUS[order.status] || order.status)),
    progress(order),
    wait ? el("p", { class: "expect" }, wait) : null,
    ...notes(order),
    el("ul", { class: "lines" }, ...order.lines.map(lineItem)),
    ...moneyLines(order, attempted, payable),
    el("div", { class: "buttons fill" }, ...buttons));
}

/** Changes when anything the card shows changes. */
export function stampOf(order, { may, attempted, reviewed, now }) {
  return [order.version, may, attempted && attempted.state, reviewed, expectation(order, now()), english].join(" ");
}
