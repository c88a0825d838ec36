// A paper ticket: made when it is printed, shown by the print style only, gone afterwards.

import { $, el } from "../shared/dom.js";
import { t } from "../shared/i18n.js";
import { KIND, callName, money, optionNames } from "../shared/text.js";
import { clock, day } from "./time.js";

function row(left, right) {
  return el("p", { class: "row apart" }, el("span", { class: "fill" }, left), el("b", {}, right));
}

export function printTicket(order) {
  const lines = order.lines.filter((line) => line.state !== "voided");
  const paper = el("section", { class: "paper", "aria-hidden": "true" },
    el("h1", {}, callName(order)),
    el("p", {}, `${KIND[order.kind]}${order.table ? ` ${order.table.name}` : ""} · ${day(order.submitted_at)} ${clock(order.submitted_at)}`),
    ...lines.map((line) => el("div", {}, row(`${line.name} ×${line.quantity}`, money(line.amount_fen)), el("small", {}, [optionNames(line), line.remark].filter(Boolean).join(" · ")))),
    order.remark ? el("p", { class: "remark" }, t("备注：{text}", { text: order.remark })) : null,
    row(t("合计"), money(order.total_fen)),
    order.due_fen ? row(t("还要收"), money(order.due_fen)) : row(t("已收"), money(order.paid_fen)),
    el("small", {}, order.no));
  const old = $(".paper");
  if (old) old.remove();
  document.body.append(paper);
  window.print();
}
