// What happened to an order, in words; and what a basket asks for.

import { Basket, usual } from "/static/screens/counter/basket.js";
import { ceiling } from "/static/screens/counter/charts.js";
import { entries } from "/static/screens/counter/words.js";
import { equal } from "./world.mjs";

const line = (id, state, name = `菜${id}`) => ({ id, state, name });
const card = (lines, more = {}) => ({ lines, total_fen: 3000, paid_fen: 0, refunded_fen: 0, ...more });
const frame = (version, event, data, actor = "staff:u", at = `t${version}`) => ({ version, event, data, actor, at, actor_name: actor === "staff:u" ? "方前台" : "" });

export const tests = {
  async "each entry tells who did what to which dish"() {
    const told = entries([
      frame(1, "order.submitted", card([line(1, "queued"), line(2, "queued")]), "diner:d"),
      frame(2, "order.paid", card([line(1, "queued"), line(2, "queued")], { paid_fen: 3000 })),
      frame(3, "line.ready", card([line(1, "queued"), line(2, "ready")], { paid_fen: 3000 }), "device:4"),
    ]);
    equal(told.map(({ who, what, detail }) => `${who} ${what} ${detail}`), ["顾客 下单 2 样，¥30.00", "方前台 付款 ¥30.00", "设备 出品 菜2"]);
  },
  async "one tap that made three dishes is one entry"() {
    const made = card([line(1, "ready"), line(2, "ready"), line(3, "ready")]);
    const told = entries([
      frame(1, "order.accepted", card([line(1, "queued"), line(2, "queued"), line(3, "queued")])),
      ...[2, 3, 4].map((version) => frame(version, "line.ready", made, "staff:w", "t2")),
      frame(5, "order.ready", made, "staff:w", "t2"),
    ]);
    equal(told.map(({ what, detail, version }) => `${version} ${what} ${detail}`.trim()), ["1 已接单", "4 出品 菜1、菜2、菜3", "5 全部出齐"]);
  },
  async "two refunds say what each gave back"() {
    const back = (version, fen) => frame(version, "refund.succeeded", card([], { refunded_fen: fen }));
    equal(entries([back(1, 500), back(2, 1200)]).map(({ detail }) => detail), ["¥5.00", "¥7.00"]);
  },
  async "equal wishes are one line, other options another"() {
    const basket = new Basket();
    [[1], [1], [2]].forEach((options) => basket.add({ dish: 7, name: "鱼", options }));
    equal(basket.lines.map(({ quantity }) => quantity), [2, 1]);
    basket.change(basket.lines[1].id, -1);
    equal(basket.body("demo", null), { store: "demo", kind: "pickup", table_token: null, lines: [{ dish: 7, quantity: 2, options: [1], remark: "" }], coupon: null, remark: "" });
  },
  async "what is required has a usual choice"() {
    const group = (required, min, ids) => ({ required, min, options: ids.map((id) => ({ id })) });
    equal(usual({ option_groups: [group(true, 1, [3, 4]), group(false, 0, [5]), group(true, 2, [6, 7, 8])] }), [3, 6, 7]);
  },
  async "an axis ends at a round number"() {
    equal([0, 7, 23, 100, 2315].map(ceiling), [1, 8, 25, 100, 2500]);
  },
};
