// The money of one order in its drawer: what it cost, what came in, what went back; and giving back.

import { el, icon } from "../shared/dom.js";
import { t } from "../shared/i18n.js";
import { attempt, say } from "../shared/say.js";
import { PAYMENT, REFUND, fenOf, money } from "../shared/text.js";
import { press } from "./card.js";
import { reasonField } from "./reasons.js";
import { clock } from "./time.js";

const CAUSE = () => ({ staff: t("员工退款"), ended: t("订单结束"), voided: t("退菜"), late: t("付款太迟"), duplicate: t("重复付款"), excess: t("多付") });
const STUCK = ["abnormal", "closed"];
const LOOK = { succeeded: "good", requested: "news", processing: "news" };

export class Money {
  constructor(desk, redraw) {
    Object.assign(this, { desk, redraw, refunds: [], stamp: "", asked: "", order: null });
  }

  /** Takes the order as it is; asks for its refunds when its money moved. */
  follow(order, may) {
    const state = `${order.payment_status} ${order.paid_fen} ${order.refunded_fen} ${order.due_fen} ${order.total_fen}`;
    Object.assign(this, { order, may });
    // A refund on its way changes the order's version, not its sums.
    if (order.paid_fen && this.asked !== `${order.version}`) this.ask(order);
    const rows = this.refunds.map((refund) => `${refund.id}${refund.state}`).join();
    this.stamp = `${state} ${may.includes("refunds")} ${rows}`;
  }

  async ask(order) {
    this.asked = `${order.version}`;
    const page = await this.desk.api.get(`/api/v1/orders/${order.no}/refunds/`).catch(() => null);
    if (!page) return;
    this.refunds = page.results;
    this.redraw();
  }

  section() {
    const { order } = this;
    const row = (name, fen, look = "") => el("div", { class: look }, el("dt", {}, name), el("dd", { class: "num" }, money(fen)));
    return el("section", { class: "money", "data-payment": order.payment_status },
      el("h3", {}, t("钱"), " ", el("span", { class: `tag ${order.due_fen ? "warn" : "good"}` }, PAYMENT[order.payment_status] || "")),
      el("dl", { class: "sums" }, row(t("小计"), order.subtotal_fen),
        order.discount_fen ? row(t("优惠"), -order.discount_fen) : null, row(t("合计"), order.total_fen, "total"),
        row(t("已收"), order.paid_fen), order.refunded_fen ? row(t("已退"), -order.refunded_fen) : null,
        order.due_fen ? row(t("还要收"), order.due_fen, "total") : null),
      this.refunds.length ? el("ul", { class: "refunds" }, ...this.refunds.map((refund) => this.refundRow(refund))) : null,
      this.may.includes("refunds") ? this.form() : null);
  }

  refundRow(refund) {
    const stuck = STUCK.includes(refund.state);
    const again = () => this.desk.api.post(`/api/v1/orders/${this.order.no}/refunds/${refund.id}/retry/`, {}).then(() => this.ask(this.order));
    return el("li", { "data-refund": refund.id, "data-state": refund.state },
      el("span", { class: "fill" }, `${t("退")} ${money(refund.amount_fen)} · ${refund.reason || CAUSE()[refund.cause] || refund.cause}`,
        el("small", { class: "num" }, ` ${clock(refund.requested_at)}${stuck ? ` ${refund.last_code}` : ""}`)),
      el("span", { class: `tag ${LOOK[refund.state] || "bad"}` }, REFUND[refund.state] || refund.state),
      stuck && this.desk.inCharge() ? press(t("再试一次"), "retry-refund", again, "second") : null);
  }

  form() {
    const { order } = this;
    const left = order.paid_fen - order.refunded_fen;
    const lines = order.lines.filter((line) => line.state !== "voided");
    const form = el("form", { class: "stack" },
      el("label", {}, t("原因（顾客会看到）"), reasonField()),
      el("button", { type: "button", class: "wide bad", "data-action": "refund-all", onclick: (event) => this.give(event.currentTarget, form, {}) },
        t("全部退款 {money}", { money: money(left) })),
      el("fieldset", {}, el("legend", { class: "small" }, t("或退一部分")),
        el("div", { class: "row" }, el("input", { name: "yuan", class: "fill", inputmode: "decimal", placeholder: t("金额，元"), "aria-label": t("退款金额，元") }),
          el("button", { type: "button", class: "second", "data-action": "refund", onclick: (event) => this.part(event.currentTarget, form) }, t("退这么多")))),
      el("fieldset", { class: "portions" }, el("legend", { class: "small" }, t("或按菜品退")), ...lines.map((line) => portions(line)),
        el("button", { type: "button", class: "second wide", "data-action": "refund-lines", onclick: (event) => this.byLine(event.currentTarget, form) }, t("退选中的份数"))));
    return el("details", { class: "refund panel" }, el("summary", { "data-action": "refunds" }, icon("undo"), el("span", {}, t("退款"))), form);
  }

  part(button, form) {
    const fen = fenOf(form.yuan.value);
    return fen ? this.give(button, form, { amount_fen: fen }) : say(t("金额请写成元，例如 12.50"), true);
  }

  byLine(button, form) {
    const chosen = Array.from(form.querySelectorAll("[data-portions]"), (field) => ({ line: Number(field.dataset.portions), quantity: Number(field.value) }));
    const lines = chosen.filter(({ quantity }) => quantity > 0);
    return lines.length ? this.give(button, form, { lines }) : say(t("请先选要退的份数"), true);
  }

  async give(button, form, what) {
    const refund = await attempt(button, () => this.desk.allowed.refund(this.order, what, form.reason.value));
    if (!refund) return;
    form.closest("details").open = false;
    form.reset();
    say(t("退款 {money}：{state}", { money: money(refund.amount_fen), state: REFUND[refund.state] || refund.state }));
  }
}

function portions(line) {
  const field = el("input", { type: "number", min: 0, max: line.quantity, value: 0, "data-portions": line.id, "aria-label": t("退几份 {name}", { name: line.name }) });
  return el("label", { class: "row" }, el("span", { class: "fill" }, `${line.name} ×${line.quantity}`), field);
}
