// Paying by WeChat: the tab, the bridge, the key of a lost answer, what is asked on return; and yuan as people type it.

import { Payments } from "/static/screens/diner/pay.js";
import { fenOf } from "/static/screens/shared/text.js";
import { equal } from "./world.mjs";

const params = { timeStamp: "1", nonceStr: "n", package: "prepay_id=wx1", signType: "RSA", paySign: "s+/=" };
const order = { no: "01A", due_fen: 100, status: "pending_payment" };
const caught = (promise) => promise.then(() => null, (error) => error);

/** A page: `answers` of the pay call in turn (an error to throw, or null for the parameters). */
function scene({ mode = "sandbox", bridge = null, blocked = false, answers = [] } = {}) {
  const told = { calls: [], opened: [], closed: 0, news: [], bridged: [] };
  const tab = { close: () => (told.closed += 1), location: { replace: (address) => told.opened.push(address) } };
  const post = async (path, body, { key } = {}) => {
    told.calls.push([path.split("/").slice(-3, -1).join("/"), key]);
    if (path.endsWith("/sync/")) return { payment: { state: "pending" } };
    const refusal = answers.shift();
    if (refusal) throw refusal;
    return { payment: { state: "pending" }, params };
  };
  const invoke = (name, sent, done) => (told.bridged.push([name, sent]), done({ err_msg: `${name}:${bridge}` }));
  const world = { bridge: () => (bridge ? { invoke } : null), open: () => (blocked ? null : tab) };
  const place = { mode, cashier: "/box/cashier/", appId: "wxA" };
  return { told, it: new Payments({ post }, place, world, (no) => told.news.push(no)) };
}

export const tests = {
  async "the cashier opens in a new tab with the signed parameters, then the hub is asked"() {
    const { it, told } = scene();
    equal((await it.pay(order)).state, "pending");
    const query = "timeStamp=1&nonceStr=n&package=prepay_id%3Dwx1&signType=RSA&paySign=s%2B%2F%3D";
    equal(told.opened, [`/box/cashier/wx1/?${query}`]);
    equal(told.calls.map(([path]) => path), ["01A/pay", "payment/sync"]);
    equal([told.news, told.closed, it.of(order).state], [["01A"], 0, "pending"]);
  },

  async "inside WeChat its bridge is called, and the hub is asked whatever the bridge says"() {
    for (const word of ["ok", "cancel", "fail"]) {
      const { it, told } = scene({ mode: "live", bridge: word });
      await it.pay(order);
      equal(told.bridged, [["getBrandWCPayRequest", { appId: "wxA", ...params }]]);
      equal([told.opened, told.calls.length], [[], 2], word);
    }
  },

  async "a refusal closes the tab it had opened"() {
    const { it, told } = scene({ answers: [{ status: 409, code: "order.already_paid" }] });
    equal((await caught(it.pay(order))).code, "order.already_paid");
    equal([told.closed, told.opened], [1, []]);
  },

  async "a lost answer is asked for again with its key; the next tap is a new one"() {
    const { it, told } = scene({ answers: [{ status: 0, code: "network.unreachable" }] });
    await caught(it.pay(order));
    await it.pay(order);
    await it.pay(order);
    const [lost, again, next] = told.calls.filter(([path]) => path === "01A/pay").map(([, key]) => key);
    equal([lost === again, again === next], [true, false]);
  },

  async "outside WeChat a real payment is not even begun"() {
    const { it, told } = scene({ mode: "live" });
    equal(/微信/.test((await caught(it.pay(order))).message), true);
    equal(told.calls, []);
  },

  async "a blocked window is said"() {
    const { it } = scene({ blocked: true });
    equal(/窗口/.test((await caught(it.pay(order))).message), true);
  },

  async "on return only what waits for money is asked about"() {
    const { it, told } = scene();
    const paid = { no: "01B", due_fen: 0, status: "placed" };
    const table = { no: "01C", due_fen: 500, status: "accepted" };
    await it.syncAll([order, paid, table]);
    equal(told.news, ["01A"]);
    await it.pay(table);
    await it.syncAll([order, paid, table]);
    equal(told.news.slice(2), ["01A", "01C"]);
  },

  "yuan become fen exactly, and nonsense nothing"() {
    const good = { "1": 100, " 12.5 ": 1250, "0.29": 29, "1.15": 115, "8.10": 810, "1234567.89": 123456789 };
    Object.entries(good).forEach(([text, fen]) => equal(fenOf(text), fen, text));
    ["", "x", "1.234", "-1", "1,5", "12345678", "1e3", ".5", "１"].forEach((text) => equal(fenOf(text), null, text));
  },
};
