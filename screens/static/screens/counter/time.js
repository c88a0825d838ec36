// How long somebody waits and when a dish is due, as words; texts are renewed in place while the cards stay.

import { setText } from "../shared/dom.js";
import { locale, t } from "../shared/i18n.js";

const MINUTE = 60000;
const NEAR_MS = 5 * MINUTE;

export const clock = (at) => new Date(at).toLocaleTimeString(locale, { hour: "2-digit", minute: "2-digit" });
export const clockSeconds = (at) =>
  new Date(at).toLocaleTimeString(locale, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
export const day = (at) => new Date(at).toLocaleDateString(locale, { month: "short", day: "numeric" });

export function waited(since, now) {
  const whole = Math.max(0, Math.floor((now - since) / MINUTE));
  if (whole < 1) return t("刚刚");
  return whole < 100 ? t("{count} 分钟", { count: whole }) : t("{count} 小时", { count: Math.floor(whole / 60) });
}

/** {words, look}: calm while there is time, then how near, then how late. */
export function due(at, now) {
  const left = at - now;
  if (left > NEAR_MS) return { words: t("{time} 前", { time: clock(at) }), look: "" };
  if (left > 0) return { words: t("还有 {count} 分钟", { count: Math.ceil(left / MINUTE) }), look: "warn" };
  return { words: t("晚了 {count} 分钟", { count: Math.max(1, Math.floor(-left / MINUTE)) }), look: "bad" };
}

/** Renews every `data-since` and `data-due` below a node; only texts and looks that differ are touched. */
export function renew(parent, now) {
  parent.querySelectorAll("[data-since]").forEach((node) => setText(node, waited(Number(node.dataset.since), now)));
  parent.querySelectorAll("[data-due]").forEach((node) => {
    const { words, look } = due(Number(node.dataset.due), now);
    setText(node.lastElementChild, words);
    const wanted = `tag ${look}`.trim();
    if (node.className !== wanted) node.className = wanted;
  });
}
