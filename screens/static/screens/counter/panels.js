// What each report shows: its figures as charts and tables.

import { el } from "../shared/dom.js";
import { t } from "../shared/i18n.js";
import { REASON, money } from "../shared/text.js";
import { bars, columns } from "./charts.js";

const TOP = 10;

const none = () => [el("p", { class: "empty" }, t("这几天还没有"))];
const yuan = (fen) => `¥${Math.round(fen / 100)}`;
const short = (day) => day.slice(5).replace("-", "/");
function minutes(seconds) {
  if (seconds === null || seconds === undefined) return "—";
  return seconds < 60 ? t("{count} 秒", { count: seconds }) : t("{count} 分", { count: (seconds / 60).toFixed(1) });
}

const byDay = (rows) => rows.filter((row) => row.day && !row.hour);

function figure(name, value, beside = "") {
  return el("div", { class: "panel figure" }, el("span", { class: "soft" }, name), el("b", { class: "num" }, value), el("small", { class: "num" }, beside));
}

/** The few numbers that everybody asks for first. */
export function tiles(found) {
  const [turnover, ticket, eta, reviews] = ["turnover", "average-ticket", "eta", "reviews"].map((name) => found[name].total || {});
  const orders = byDay(found.orders.rows).reduce((sum, row) => sum + row.orders, 0);
  return el("div", { class: "figures" },
    figure(t("营业额"), money(turnover.turnover_fen || 0), t("退款 {money}", { money: money(turnover.refunded_fen || 0) })),
    figure(t("订单"), String(orders), t("收款 {count} 单", { count: turnover.orders || 0 })),
    figure(t("客单价"), money(ticket.average_fen || 0)),
    figure(t("准时出餐"), eta.orders ? `${eta.on_time_percent}%` : "—", eta.orders ? t("平均差 {time}", { time: minutes(eta.error_seconds) }) : ""),
    figure(t("评分"), reviews.count ? `${reviews.average} ★` : "—", t("{count} 条评价", { count: reviews.count || 0 })));
}

function turnover({ rows }) {
  const days = byDay(rows);
  if (!days.some((row) => row.orders)) return none();
  return [columns(t("营业额"), days.map((row) => ({ label: short(row.day), value: row.turnover_fen / 100, words: yuan(row.turnover_fen) })))];
}

function orders({ rows }) {
  const hours = new Map();
  rows.filter((row) => row.by === "hour").forEach((row) => hours.set(row.hour, (hours.get(row.hour) || 0) + row.orders));
  if (!hours.size) return none();
  const sorted = Array.from(hours).sort((a, b) => a[0] - b[0]);
  return [columns(t("各时段订单"), sorted.map(([hour, count]) => ({ label: `${hour}:00`, value: count, words: String(count) })))];
}

function dishes({ rows }) {
  if (!rows.length) return none();
  const top = rows.slice().sort((a, b) => b.quantity - a.quantity).slice(0, TOP);
  return [bars(top.map((row) => ({ name: row.name, value: row.quantity, words: t("{count} 份", { count: row.quantity }) })))];
}

function prep({ rows }) {
  const stations = rows.filter((row) => row.by === "station" && row.prep_count);
  if (!stations.length) return none();
  const words = (row) => `${minutes(row.prep_p50_seconds)} · ${minutes(row.prep_p80_seconds)}`;
  return [el("p", { class: "small" }, t("深色：一半的菜在这之内；浅色：八成在这之内")),
    bars(stations.map((row) => ({ name: row.name || row.key, value: row.prep_p50_seconds, second: row.prep_p80_seconds, words: words(row) })))];
}

function eta({ rows }) {
  const stations = rows.filter((row) => row.by === "station" && row.orders);
  if (!stations.length) return none();
  return [bars(stations.map((row) => ({ name: row.name || row.key, value: row.on_time_percent, second: 100, words: t("{percent}% 准时", { percent: row.on_time_percent }) })))];
}

function reviews({ total }) {
  if (!total || !total.count) return none();
  return [bars([5, 4, 3, 2, 1].map((stars) => ({ name: "★".repeat(stars), value: total[`stars_${stars}`], words: String(total[`stars_${stars}`]) })))];
}

function reasons({ rows }) {
  if (!rows.length) return none();
  const kinds = { rejected: t("拒单"), cancelled: t("取消"), refunded: t("退款") };
  const row = (one) => el("tr", {}, el("td", {}, kinds[one.event] || one.event), el("td", {}, REASON[one.reason] || one.reason || "—"), el("td", { class: "num" }, String(one.count)), el("td", { class: "num" }, money(one.amount_fen)));
  return [el("table", {}, el("thead", {}, el("tr", {}, ...[t("什么"), t("原因")].map((words) => el("th", {}, words)), ...[t("几次"), t("金额")].map((words) => el("th", { class: "num" }, words)))), el("tbody", {}, ...rows.slice(0, TOP).map(row)))];
}

/** [report, title, draw(answer) → nodes], as they stand on the page. */
export const PANELS = () => [
  ["turnover", t("每天营业额"), turnover],
  ["orders", t("各时段订单"), orders],
  ["top-dishes", t("卖得最好的菜"), dishes],
  ["prep-time", t("各档口出餐时间"), prep],
  ["eta", t("答应的时间守住了吗"), eta],
  ["reviews", t("评价"), reviews],
  ["reasons", t("拒单、取消和退款的原因"), reasons],
  ["average-ticket", t("每天客单价"), ticket],
];

function ticket({ rows }) {
  const days = byDay(rows);
  if (!days.some((row) => row.orders)) return none();
  return [columns(t("客单价"), days.map((row) => ({ label: short(row.day), value: row.average_fen / 100, words: yuan(row.average_fen) })))];
}
