// What people read: names of states, reasons, money, times.

import { t, translated } from "./i18n.js";

export const STATUS = translated({
  pending_payment: "待付款",
  placed: "待接单",
  accepted: "已接单",
  preparing: "制作中",
  ready: "待取餐",
  completed: "已完成",
  rejected: "已拒单",
  cancelled: "已取消",
});
export const LINE = translated({
  held: "等叫",
  queued: "排队",
  cooking: "制作中",
  ready: "已出品",
  served: "已上菜",
  voided: "已退菜",
});
export const PAYMENT = translated({ unpaid: "未付款", paid: "已付款", partly_refunded: "部分退款", refunded: "已退款" });
export const ATTEMPT = translated({
  created: "正在下单，请稍候",
  pending: "等待付款",
  closing: "正在关闭上一次付款",
  closed: "上一次付款已关闭，可重新付款",
  failed: "上一次付款没有成功，可重新付款",
  succeeded_late: "付款到得太迟，将原路退回",
});
export const REFUND = translated({
  requested: "已申请",
  processing: "退款中",
  succeeded: "已退款",
  abnormal: "退款异常，店家正在处理",
  closed: "没有退成",
  rejected: "没有退成",
});
export const KIND = translated({ dine_in: "堂食", pickup: "自取" });
export const ANSWER = translated({ soon: "马上好", five_minutes: "还要 5 分钟", missing: "缺料" });
export const REASON = translated({ busy: "太忙", sold_out: "售罄", closing: "即将打烊", guest: "顾客要求", other: "其他" });
export const TERMINAL = ["completed", "rejected", "cancelled"];

export const money = (fen) => `${fen < 0 ? "-" : ""}¥${(Math.abs(fen) / 100).toFixed(2)}`;

/** An amount as menus write it: without the fen where there are none. */
export const price = (fen) => (fen % 100 ? money(fen) : money(fen).slice(0, -3));

/** Fen of an amount in yuan as people type it ("12", "12.5", "12.50"); null when it is none. No floating point. */
export function fenOf(text) {
  const parts = /^(\d{1,7})(?:[.。](\d{1,2}))?$/.exec(text.trim());
  return parts ? Number(parts[1]) * 100 + Number((parts[2] || "").padEnd(2, "0")) : null;
}

/** What an order is called aloud: its pickup number, its table, or the end of its number. */
export function callName(order) {
  return order.pickup_no || (order.table && order.table.name) || `…${order.no.slice(-4)}`;
}

export function minutes(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

export const optionNames = (line) => (line.options || []).map((option) => option.name).join(t("、"));
