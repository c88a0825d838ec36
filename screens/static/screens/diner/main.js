// The guest's page: menu, cart, submission, and the live cards of the guest's orders.

import { Cart, Submission } from "./cart.js";
import { drawMenu } from "./menu.js";
import { Allowed, lineItem } from "../shared/orders.js";
import { Payments } from "./pay.js";
import { $, coalesced, el, keyed, replace } from "../shared/dom.js";
import { makeApi, makeHub, showWho } from "../shared/hub.js";
import { attempt, onSubmit, say } from "../shared/say.js";
import { ANSWER, ATTEMPT, KIND, PAYMENT, REASON, STATUS, TERMINAL, callName, money } from "../shared/text.js";

const SHOWN = 5;
const BUTTONS = [["cancel", "取消订单"], ["request-cancel", "申请取消"], ["rush", "催一下"], ["complete", "确认取餐"]];
const api = makeApi("diner");
const place = { store: $("#place").dataset.store, token: $("#place").dataset.tableToken || null };
const page = { menu: null, hub: null, orders: new Map() };
const allowed = new Allowed(api, () => drawOrders());
const { wechat: mode, cashier, appId } = $("#place").dataset;
const world = { bridge: () => window.WeixinJSBridge || null, open: () => window.open("", "_blank") };
const payments = new Payments(api, { mode, cashier, appId }, world, () => drawOrders());

const drawOrders = coalesced(() => keyed($("#orders"), ownOrders().map(shownOrder), ({ order }) => card(order)));
const draw = coalesced(() => page.menu && drawMenu(page.menu, liveDishes(), addToCart));

function liveDishes() {
  const rows = page.hub ? page.hub.rows(`menu:${place.store}`) : [];
  return new Map(rows.filter((row) => row.key.startsWith("dish:")).map((row) => [row.data.dish, row.data]));
}

/** The newer of what REST answered and what the socket told, newest order first. */
function ownOrders() {
  const newest = Array.from(page.orders.keys()).sort().reverse();
  return newest.map((no) => {
    const [row] = page.hub.rows(`order:${no}`);
    const known = page.orders.get(no);
    return row && row.version >= known.version ? row.data : known;
  });
}

function shownOrder(order) {
  const attempted = payments.of(order);
  return { id: order.no, stamp: `${order.version} ${allowed.of(order)} ${attempted && attempted.state}`, order };
}

/** How the money stands: of the order, of the newest attempt to pay, of what went back. */
function moneyLines(order) {
  const attempted = payments.of(order);
  const open = order.due_fen > 0 && !TERMINAL.includes(order.status);
  const returned = order.refunded_fen ? `（${money(order.refunded_fen)}）` : "";
  const ways = payments.possible ? "请付款；也可以到前台付款" : "请到前台付款";
  return [
    el("p", { class: "money", "data-payment": order.payment_status },
      `${money(order.total_fen)} · ${PAYMENT[order.payment_status] || ""}${returned}`),
    order.status === "pending_payment" ? el("p", { class: "remark" }, ways) : null,
    TERMINAL.includes(order.status) && order.status !== "completed" && order.paid_fen > order.refunded_fen
      ? el("p", { class: "attempt" }, "退款中，将原路退回") : null,
    attempted && ATTEMPT[attempted.state] && (open || attempted.state === "succeeded_late")
      ? el("p", { class: "attempt", "data-attempt": attempted.state }, ATTEMPT[attempted.state]) : null,
  ];
}

function payButton(order) {
  if (!payments.possible || !order.due_fen || !allowed.of(order).includes("pay")) return null;
  const pay = (event) => attempt(event.target, () => payments.pay(order));
  return el("button", { class: "wechat", "data-action": "pay", onclick: pay }, `微信支付 ${money(order.due_fen)}`);
}

function card(order) {
  const may = allowed.of(order);
  const press = ([action, label]) => {
    const work = (event) => attempt(event.target, () => allowed.move(order, action));
    return el("button", { class: "second", "data-action": action, onclick: work }, label);
  };
  return el(
    "article",
    { class: "card", "data-order": order.no, "data-status": order.status },
    el("header", {}, el("span", { class: "number" }, callName(order)), KIND[order.kind] || "",
      el("span", { class: "status", "data-state": order.status }, STATUS[order.status] || order.status)),
    ...moneyLines(order),
    order.cancel_requested_at && !TERMINAL.includes(order.status) ? el("p", {}, "已申请取消，等店家答复") : null,
    order.rush_answer ? el("p", {}, `后厨：${ANSWER[order.rush_answer] || order.rush_answer}`) : null,
    order.cancel_reason ? el("p", {}, `原因：${REASON[order.cancel_reason] || order.cancel_reason}`) : null,
    el("ul", {}, ...order.lines.map((line) => lineItem(line))),
    el("div", { class: "row" }, payButton(order), ...BUTTONS.filter(([action]) => may.includes(action)).map(press)),
  );
}

function addToCart(line) {
  cart.add(line);
  drawCart();
}

function drawCart() {
  const waiting = submission.pending();
  $("#cart").hidden = !cart.lines.length && !waiting;
  replace($("#cart-lines"), cart.lines.map((line, index) => cartLine(line, index, Boolean(waiting))));
  $("#cart-total").textContent = `约 ${money(cart.totalFen())}`;
  $("#submit").textContent = waiting ? "继续提交" : "提交订单";
}

function cartLine(line, index, locked) {
  const step = (by) => () => (cart.change(index, by), drawCart());
  const button = (label, by) =>
    el("button", { type: "button", class: "second round", disabled: locked, onclick: step(by) }, label);
  const name = el("span", { class: "fill" }, line.name, el("small", {}, ` ${line.option_names}`));
  return el("li", {}, name, button("－", -1), ` ${line.quantity} `, button("＋", 1));
}

function orderBody() {
  const lines = cart.lines.map(({ dish, quantity, options }) => ({ dish, quantity, options, remark: "" }));
  const kind = place.token ? "dine_in" : "pickup";
  return { store: place.store, kind, table_token: place.token, lines, coupon: null, remark: $("#remark").value };
}

async function submit() {
  if (!api.session) return showLogin();
  const order = await submission.send(orderBody()).finally(drawCart);
  cart.clear();
  $("#remark").value = "";
  drawCart();
  follow(allowed.keep(order));
  window.scrollTo(0, 0);
  return order;
}

function follow(order) {
  page.orders.set(order.no, order);
  page.hub.subscribe(`order:${order.no}`);
  drawOrders();
}

function showLogin() {
  $("#login").hidden = false;
  $("#login").scrollIntoView();
  say("请先登录");
}

function startHub() {
  if (page.hub) page.hub.stop();
  page.hub = makeHub("diner", api, {
    onRows: (stream) => (stream.startsWith("menu:") ? draw() : drawOrders()),
    onEvent: (stream, frame) => frame.event === "menu.changed" && loadMenu(),
  });
  page.hub.subscribe(`menu:${place.store}`, { cursor: page.menu.cursor });
  page.hub.start();
}

async function loadMenu() {
  page.menu = await api.get(`/api/v1/stores/${place.store}/menu/`);
  const { name, notice, is_open: open } = page.menu.store;
  $("#store-name").textContent = name;
  $("#notice").hidden = open && !notice;
  $("#notice").textContent = open ? notice : "本店暂停接单";
  draw();
}

/** What goes on, and what ended while the guest's money was on the way back. */
function worthShowing(order) {
  return !TERMINAL.includes(order.status) || (order.status !== "completed" && order.paid_fen > 0);
}

async function signedIn() {
  $("#login").hidden = true;
  startHub();
  showWho(api, () => page.hub.stop());
  const { results } = await api.get("/api/v1/orders/");
  const here = results.filter((order) => order.store === place.store);
  here.filter((order, index) => index < SHOWN && worthShowing(order)).forEach(follow);
  payments.syncAll(ownOrders());
  if (submission.pending()) await attempt($("#submit"), submit);
}

async function begin() {
  if (place.token) {
    const resolved = await api.get(`/api/v1/tables/resolve/?token=${encodeURIComponent(place.token)}`);
    place.store = resolved.store.code || resolved.store;
    $("#who").textContent = resolved.table.name;
  }
  await loadMenu();
  if (api.session) return signedIn();
  $("#login").hidden = false;
  return startHub();
}

const cart = new Cart(localStorage, `kaifan.cart.${place.token || place.store}`);
const submission = new Submission(localStorage, `kaifan.submission.${place.token || place.store}`, api);
onSubmit("#diner-form", async (data) => {
  await api.loginWechat(`demo-${data.get("name")}`);
  await signedIn();
});
document.addEventListener("visibilitychange", () => !document.hidden && api.session && payments.syncAll(ownOrders()));
$("#submit").onclick = (event) => attempt(event.target, submit);
drawCart();
begin().catch((error) => say(error.detail || String(error), true));
