// The truth bar: green only while the screen is current, else a full-width bar with the seconds since the last news.

import { $, setText } from "./dom.js";
import { t } from "./i18n.js";

const PATIENCE_SECONDS = 12;

/** Shows what HubClient knows of itself: {current, sinceMs, phase}. */
export function showTruth(truth) {
  const bar = $("#truth");
  const seconds = Math.floor((truth.sinceMs === null ? performance.now() : truth.sinceMs) / 1000);
  const starting = truth.sinceMs === null && seconds < PATIENCE_SECONDS && truth.phase !== "final";
  const state = truth.current ? "current" : starting ? "off" : "stale";
  if (bar.dataset.state !== state) bar.dataset.state = state;
  const stale = t("已 {seconds} 秒没有新消息，画面可能不是最新", { seconds });
  setText($("#truth-text"), truth.current ? t("实时") : starting ? t("正在连接…") : stale);
}
