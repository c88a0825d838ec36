// Paying by WeChat: inside WeChat by its own bridge, in the sandbox on the cashier's page. The hub says what became of it.

import { t } from "../shared/i18n.js";
import { uuid } from "../hub/hub-api.js";

const PREPAY = "prepay_id=";

/** What WeChat's bridge said: "ok", "cancel" or "fail". It proves nothing; the hub is asked afterwards. */
function byBridge(bridge, params, appId) {
  return new Promise((done) => {
    bridge.invoke("getBrandWCPayRequest", { appId, ...params }, (answer) => done(answer.err_msg.split(":").pop()));
  });
}

/**
 * The guest's attempts to pay. place: {mode: "off", "sandbox" or "live", cashier: address or "", appId}; world:
 * {bridge() -> WeixinJSBridge or null, open() -> a new tab or null}. `onNews(no)` after each word of the hub.
 */
export class Payments {
  constructor(api, place, world, onNews) {
    Object.assign(this, { api, place, world, onNews, keys: new Map(), attempts: new Map(), started: new Set() });
  }

  /** Whether this page can pay at all. */
  get possible() {
    return this.place.mode !== "off";
  }

  /** The newest attempt's {state, …} as far as it was asked for. */
  of(order) {
    return this.attempts.get(order.no) || null;
  }

  /** Pays what is due of an order; must be called straight from a tap. Rejects with Problem. */
  async pay(order) {
    const bridge = this.world.bridge();
    if (!bridge && this.place.mode === "live") throw new Error(t("请在微信里打开本页付款，或到前台付款"));
    // Opened before the first wait: later the browser would take it for an advertisement.
    const tab = bridge ? null : this.world.open();
    try {
      const { payment, params } = await this.begin(order);
      this.attempts.set(order.no, payment);
      if (bridge) await byBridge(bridge, params, this.place.appId);
      else this.toCashier(tab, params);
    } catch (error) {
      if (tab) tab.close();
      throw error;
    }
    return this.sync(order.no);
  }

  /** The key is kept until the answer is known: a lost answer makes no second attempt. */
  async begin(order) {
    if (!this.keys.has(order.no)) this.keys.set(order.no, uuid());
    const body = { channel: "wechat_jsapi" };
    const answer = await this.api.post(`/api/v1/orders/${order.no}/pay/`, body, { key: this.keys.get(order.no) });
    this.keys.delete(order.no);
    this.started.add(order.no);
    return answer;
  }

  toCashier(tab, params) {
    const id = encodeURIComponent(params.package.slice(PREPAY.length));
    const address = `${this.place.cashier}${id}/?${new URLSearchParams(params)}`;
    if (!tab) throw new Error(t("浏览器拦住了新窗口，请允许弹出窗口后再试"));
    tab.location.replace(address);
  }

  /** Asks the hub, which asks the gateway. */
  async sync(no) {
    const { payment } = await this.api.post(`/api/v1/orders/${no}/payment/sync/`, {});
    this.attempts.set(no, payment);
    this.onNews(no);
    return payment;
  }

  /** The guest is back on this page: how do the orders stand that were being paid? */
  async syncAll(orders) {
    const open = orders.filter((order) => order.due_fen > 0 && this.asking(order)).map((order) => order.no);
    await Promise.all(open.map((no) => this.sync(no).catch(() => null)));
  }

  asking(order) {
    return this.started.has(order.no) || order.status === "pending_payment";
  }
}
