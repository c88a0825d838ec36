// The cart as a sheet: lines, coupon, a word for the kitchen, the server's price, and the one button that orders.

import { $, coalesced, el, icon, keyed, replace, setText } from "../shared/dom.js";
import { t } from "../shared/i18n.js";
import { attempt, say } from "../shared/say.js";
import { openSheet } from "../shared/sheet.js";
import { money, price } from "../shared/text.js";

function stepper(line, basket) {
  const step = (by) => (event) => attempt(event.currentTarget, () => basket.change(line.id, by));
  const button = (by, sign, label) =>
    el("button", { type: "button", class: "second round", "data-action": sign, "aria-label": label, onclick: step(by) },
      icon(sign));
  if (line.locked) return el("b", { class: "num" }, `×${line.quantity}`);
  return el("span", { class: "stepper" },
    button(-1, "minus", t("{name} 少一份", line)), el("output", { class: "num" }, String(line.quantity)),
    button(1, "plus", t("{name} 多一份", line)));
}

function lineItem(line, basket, refusal) {
  const extra = [line.option_names, line.remark].filter(Boolean).join(" · ");
  return el("li", { "data-dish": line.dish },
    el("span", { class: "fill" }, el("b", {}, line.name),
      extra ? el("small", {}, extra) : null,
      line.owner ? el("small", { class: "owner" }, line.owner) : null,
      refusal ? el("small", { class: "refusal" }, refusal) : null),
    el("span", { class: "num" }, price(line.price_fen * line.quantity)),
    stepper(line, basket));
}

function couponRow(offer, names, chosen, choose) {
  const input = el("input", { type: "radio", name: "coupon", value: offer.id, checked: offer.id === chosen,
    onchange: () => choose(offer.id) });
  const words = [names.get(offer.id) || t("优惠券"), offer.best ? t("最优惠") : ""].filter(Boolean).join(" · ");
  return el("label", { class: "choice wide" }, input, el("span", { class: "fill" }, words),
    el("b", { class: "num saving" }, `-${money(offer.discount_fen)}`));
}

/**
 * The sheet over a basket {lines, change(id, by), onChange}. world: {quote(coupon) -> Promise of a quote,
 * names: coupon id → name, target: words for the button's end or "", submit(choice) -> Promise of the order or null}.
 */
export class Checkout {
  constructor(basket, world) {
    Object.assign(this, { basket, world, quoted: null, coupon: undefined, sheet: null, asked: 0 });
    this.requote = coalesced(() => this.ask());
  }

  get isOpen() {
    return Boolean(this.sheet);
  }

  open() {
    if (this.sheet) return;
    this.list = el("ul", { id: "cart-lines", class: "lines" });
    this.coupons = el("fieldset", { class: "coupons", "aria-label": t("优惠券") });
    this.sums = el("dl", { class: "sums" });
    this.remark = el("input", { id: "remark", maxlength: 200, placeholder: t("整单备注：少辣、赶时间…"), "aria-label": t("整单备注") });
    this.button = el("button", { id: "submit", type: "button", class: "big" }, t("提交订单"));
    this.button.onclick = () => attempt(this.button, () => this.submit());
    this.sheet = openSheet({
      title: t("购物车"),
      body: [this.list, this.remark, this.coupons, this.sums],
      foot: [this.button],
      onClose: () => ((this.sheet = null), this.world.onClose()),
    });
    this.draw();
  }

  close() {
    if (this.sheet) this.sheet.close();
  }

  /** The cart is another one, or may be. */
  draw() {
    if (!this.sheet) return;
    if (!this.basket.lines.length) return this.close();
    this.drawLines();
    this.requote();
  }

  drawLines() {
    const refusals = this.refusals();
    const shown = this.basket.lines.map((line, index) => {
      const refusal = refusals[index] || "";
      return { ...line, refusal, stamp: JSON.stringify([line, refusal]) };
    });
    keyed(this.list, shown, (line) => lineItem(line, this.basket, line.refusal));
    const pending = this.world.pending();
    this.button.disabled = !pending && refusals.some(Boolean);
    setText(this.button, pending ? t("继续提交") : this.words());
  }

  words() {
    const total = this.quoted ? money(this.quoted.total_fen) : "";
    return [this.world.target() || t("提交订单"), total].filter(Boolean).join(" ");
  }

  /** Why each line cannot be had, where it cannot. */
  refusals() {
    if (!this.quoted || this.quoted.lines.length !== this.basket.lines.length) return [];
    return this.quoted.lines.map(({ refusal }) => (refusal ? this.world.refusal(refusal) : ""));
  }

  async ask() {
    const asked = (this.asked += 1);
    if (!this.sheet || !this.world.mayQuote()) return;
    try {
      const quoted = await this.world.quote(this.coupon || null);
      if (asked !== this.asked || !this.sheet) return;
      this.take(quoted);
    } catch (error) {
      say(error.detail || String(error), true);
    }
  }

  /** At first the best coupon is chosen; what a guest chose stays while it still applies. */
  take(quoted) {
    this.quoted = quoted;
    const best = quoted.coupons.find((offer) => offer.best);
    const known = quoted.coupons.some((offer) => offer.id === this.coupon);
    if (this.coupon === undefined && best) {
      this.coupon = best.id;
      return this.ask();
    }
    if (this.coupon && !known) this.coupon = null;
    this.drawQuote();
    this.drawLines();
  }

  drawQuote() {
    const { coupons, subtotal_fen: subtotal, discount_fen: discount, total_fen: total, eta_minutes: eta } = this.quoted;
    const choose = (id) => ((this.coupon = id), this.ask());
    const none = el("label", { class: "choice wide" },
      el("input", { type: "radio", name: "coupon", value: "", checked: !this.coupon, onchange: () => choose(null) }),
      t("不用优惠券"));
    this.coupons.hidden = coupons.length === 0;
    replace(this.coupons, [...coupons.map((offer) => couponRow(offer, this.world.names(), this.coupon, choose)), none]);
    const rows = [[t("小计"), money(subtotal)]];
    if (discount) rows.push([t("优惠"), `-${money(discount)}`]);
    rows.push([t("合计"), money(total)]);
    if (eta) rows.push([t("大约"), t("{low}–{high} 分钟", eta)]);
    replace(this.sums, [].concat(...rows.map(([name, value]) => [el("dt", {}, name), el("dd", { class: "num" }, value)])));
  }

  async submit() {
    const order = await this.world.submit({ coupon: this.coupon || null, remark: this.remark.value.trim() });
    if (order) this.forget();
    return order;
  }

  forget() {
    this.quoted = null;
    this.coupon = undefined;
    this.close();
  }
}

/** The bar below: how many, about how much, and the way to the sheet. */
export function drawBar(basket, pending) {
  const count = basket.lines.reduce((sum, line) => sum + line.quantity, 0);
  $("#cart-bar").hidden = count === 0 && !pending;
  setText($("#cart-count"), count ? String(count) : "");
  setText($("#cart-total"), t("约 {price}", { price: price(basket.totalFen()) }));
  setText($("#cart-note"), pending ? t("上次提交还没有回音") : "");
}
