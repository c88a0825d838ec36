// What happened to an order, in words: a sentence for every event, with what changed beside the event before.

import { t } from "../shared/i18n.js";
import { ANSWER, REASON, money } from "../shared/text.js";
import { clock } from "./time.js";

const SENTENCES = () => ({
  "order.submitted": t("下单"),
  "order.paid": t("付款"),
  "order.accepted": t("已接单"),
  "order.rejected": t("拒单"),
  "order.preparing": t("开始制作"),
  "order.ready": t("全部出齐"),
  "order.completed": t("完成订单"),
  "order.cancelled": t("取消"),
  "order.eta_changed": t("预计时间变了"),
  "order.cancel_requested": t("申请取消"),
  "order.cancel_refused": t("不同意取消"),
  "order.batch_added": t("加菜"),
  "order.moved": t("换桌"),
  "order.rush_requested": t("催单"),
  "order.rush_answered": t("答复催单"),
  "line.fired": t("叫起"),
  "line.started": t("开始做"),
  "line.ready": t("出品"),
  "line.recalled": t("撤回"),
  "line.served": t("上菜"),
  "line.voided": t("退菜"),
  "payment.late": t("付款来得太迟"),
  "refund.requested": t("申请退款"),
  "refund.succeeded": t("退款到账"),
  "refund.failed": t("退款没有成功"),
});

const WHO = () => ({ diner: t("顾客"), staff: t("员工"), device: t("设备"), system: t("系统"), anonymous: t("访客") });

const reason = (code) => REASON[code] || code;

function changedLines(now, before) {
  const known = new Map(((before && before.lines) || []).map((line) => [line.id, line]));
  return now.lines.filter((line) => !known.has(line.id) || known.get(line.id).state !== line.state);
}

/** What an event adds to its sentence; `before` is the card that the event before left, or null. */
function detail(kind, now, before) {
  const was = before || { paid_fen: 0, refunded_fen: 0 };
  if (kind.startsWith("line.") || kind === "order.batch_added") return changedLines(now, before).map((line) => line.name).join(t("、"));
  if (kind === "order.submitted") return t("{count} 样，{money}", { count: now.lines.length, money: money(now.total_fen) });
  if (kind === "order.paid") return now.paid_fen > was.paid_fen ? money(now.paid_fen - was.paid_fen) : "";
  if (kind === "refund.succeeded") return now.refunded_fen > was.refunded_fen ? money(now.refunded_fen - was.refunded_fen) : "";
  if (kind === "order.rejected" || kind === "order.cancelled") return reason(now.cancel_reason);
  if (kind === "order.cancel_requested") return now.cancel_request_reason;
  if (kind === "order.moved") return now.table ? now.table.name : "";
  if (kind === "order.rush_answered") return ANSWER[now.rush_answer] || "";
  return kind === "order.eta_changed" && now.eta_at ? clock(now.eta_at) : "";
}

/** Who did it: a name where there is one, else what kind of somebody. */
export function who({ actor, actor_name: name }) {
  return name || WHO()[String(actor || "").split(":")[0]] || "";
}

/**
 * Event frames as entries {version, at, who, what, detail, data}, oldest first. One move that is told by several
 * events of the same kind is one entry.
 */
export function entries(frames) {
  const sentences = SENTENCES();
  const found = [];
  frames.forEach((frame, index) => {
    const before = index ? frames[index - 1] : null;
    const same = before && before.event === frame.event && before.at === frame.at && before.actor === frame.actor;
    const entry = { version: frame.version, at: frame.at, kind: frame.event, who: who(frame), what: sentences[frame.event] || frame.event, data: frame.data };
    entry.detail = detail(frame.event, frame.data, before && before.data);
    if (same && !entry.detail) found[found.length - 1].version = frame.version;
    else found.push(entry);
  });
  return found;
}
