// One ticket as the cook sees it: whose it is, how old, what to make, what has changed.

import { el, icon } from "../shared/dom.js";
import { t } from "../shared/i18n.js";
import { ANSWER, KIND, callName, optionNames } from "../shared/text.js";
import { moveOf } from "./taps.js";

const MARKS = () => ({ table: t("换了桌"), remark: t("备注改了"), line: t("菜改了"), fired: t("叫起") });

const voidedLine = (line) => `${line.id}v`;

/** Changes when anything the card shows changes; its age is the tick's, which swaps no element. */
export function stamp(ticket, { twoStep, pass }) {
  const { order, lines, marks, voided } = ticket;
  const states = lines.map((line) => `${line.id}.${line.version}.${line.state}.${line.waiting || ""}`);
  const rush = `${order.rush_count}.${order.rush_answer}.${order.waiting || ""}`;
  return [states, voided.map(voidedLine), marks, order.status, callName(order), order.remark, rush, twoStep, pass].join("|");
}

function head(ticket, { pass, stationName }) {
  const { order, station } = ticket;
  const action = pass ? "all-serve" : "all-ready";
  const label = `${callName(order)} ${pass ? t("全部上菜") : t("全部出品")}`;
  return el("button", { type: "button", class: "head", "data-action": action, "aria-label": label },
    el("span", { class: "number" }, callName(order)),
    el("span", { class: "where" }, KIND[order.kind] || "", stationName ? el("small", {}, stationName(station)) : null),
    el("span", { class: "when" }, el("b", { class: "age num" }), el("small", { class: "word" })),
    el("span", { class: "all", "aria-hidden": "true" }, icon("check")));
}

function marks({ marks: words, id }) {
  if (!words.length) return null;
  const names = MARKS();
  return el("button", { type: "button", class: "mark", "data-action": "acknowledge", "data-of": id },
    icon("alert"), el("span", { class: "fill" }, words.map((word) => names[word]).join(t("、"))), el("small", {}, t("知道了")));
}

function rush({ rush_count: count, rush_answer: answer, waiting }) {
  if (!count) return null;
  const asked = el("p", { class: "asked" }, icon("fire"), el("b", {}, t("催单 {count} 次", { count })));
  if (answer) {
    asked.append(el("span", { class: "fill" }, t("已答：{answer}", { answer: ANSWER[answer] || answer })), waiting ? icon("clock") : "");
    return el("div", { class: "rush answered" }, asked);
  }
  const button = (value) => el("button", { type: "button", "data-action": `rush:${value}` }, ANSWER[value]);
  return el("div", { class: "rush" }, asked, el("div", { class: "answers" }, ...["soon", "five_minutes", "missing"].map(button)));
}

function what(line) {
  const options = optionNames(line);
  return el("span", { class: "what" },
    el("span", { class: "name" }, line.name),
    options ? el("span", { class: "options" }, options) : null,
    line.combo ? el("span", { class: "options" }, t("套餐：{name}", { name: line.combo.name })) : null,
    line.remark ? el("span", { class: "remark" }, icon("note"), line.remark) : null);
}

function sign(line) {
  if (line.waiting) return el("span", { class: "sign" }, icon("clock"), el("small", {}, t("待发送")));
  if (line.state === "cooking") return el("span", { class: "sign" }, icon("fire"), el("small", {}, t("在做")));
  return line.state === "held" ? el("span", { class: "sign" }, icon("pause"), el("small", {}, t("等叫"))) : null;
}

function workLine(line, how) {
  const move = line.waiting ? null : moveOf(line, how);
  return el("li", { class: "line", "data-line": line.id, "data-state": line.state, "data-waiting": Boolean(line.waiting) },
    el("button", { type: "button", "data-action": move || "none" },
      el("b", { class: "quantity num" }, line.quantity), what(line), sign(line)));
}

function goneLine(line) {
  return el("li", { class: "line", "data-line": line.id, "data-state": "voided" },
    el("button", { type: "button", "data-action": "acknowledge" },
      el("b", { class: "quantity num" }, line.quantity), what(line),
      el("span", { class: "sign" }, el("strong", {}, t("已退")), el("small", {}, t("知道了")))));
}

/** How many lines of the ticket are done, so that a short card does not look like a lost one. */
function done(lines) {
  const count = lines.filter((line) => line.state === "ready").length;
  return count ? el("p", { class: "done" }, icon("check"), t("已出 {count} 道", { count })) : null;
}

export function card(ticket, how) {
  const { order, lines, voided, id, held } = ticket;
  const shown = how.pass ? lines : lines.filter((line) => line.state !== "ready");
  return el("article",
    { class: "ticket", "data-ticket": id, "data-order": order.no, "data-status": order.status, "data-held": held },
    head(ticket, how), marks(ticket), rush(order),
    order.remark ? el("p", { class: "remark whole" }, icon("note"), order.remark) : null,
    el("ul", {}, ...voided.map(goneLine), ...shown.map((line) => workLine(line, how))),
    how.pass ? null : done(lines));
}
