// Coupons a guest may claim, and the names of those in the wallet.

import { $, el, replace } from "../shared/dom.js";
import { t } from "../shared/i18n.js";
import { attempt, say } from "../shared/say.js";
import { price } from "../shared/text.js";
import { uuid } from "../hub/hub-api.js";

/** What a plan gives, in words. */
export function worth(plan) {
  const off = plan.kind === "fixed" ? t("减 {price}", { price: price(plan.amount_fen) })
    : t("{percent}% 优惠", { percent: plan.percent });
  const from = plan.threshold_fen ? t("满 {price}", { price: price(plan.threshold_fen) }) : "";
  const cap = plan.cap_fen ? t("最多 {price}", { price: price(plan.cap_fen) }) : "";
  return [from, off, cap].filter(Boolean).join(" ");
}

export class Coupons {
  constructor(api, store) {
    Object.assign(this, { api, store, names: new Map() });
  }

  /** Guests of a table have none; whoever is not logged in sees none yet. */
  async load() {
    if (!this.api.session || this.api.session.guest) return;
    const query = `?store=${this.store}`;
    const [plans, wallet] = await Promise.all([
      this.api.get(`/api/v1/coupons/${query}`),
      this.api.get(`/api/v1/me/coupons/${query}&state=claimed`),
    ]);
    this.names = new Map(wallet.results.map((coupon) => [coupon.id, coupon.plan.name]));
    this.draw(plans.results);
  }

  draw(plans) {
    $("#claims").hidden = plans.length === 0;
    replace($("#claims"), plans.map((plan) => this.claimable(plan)));
  }

  claimable(plan) {
    const claim = async () => {
      await this.api.post(`/api/v1/coupons/${plan.id}/claim/`, {}, { key: uuid() });
      say(t("领到了：{name}", plan));
      await this.load();
    };
    return el("article", { class: "claim" },
      el("span", { class: "fill" }, el("b", {}, plan.name), el("small", {}, worth(plan))),
      el("button", { type: "button", "data-action": "claim", onclick: (event) => attempt(event.currentTarget, claim) }, t("领取")));
  }
}
