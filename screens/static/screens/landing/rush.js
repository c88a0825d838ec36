// The switch of the lunch rush: starts and stops it, and shows its figures while it runs.

import { $, setText } from "../shared/dom.js";
import { t } from "../shared/i18n.js";
import { attempt, say } from "../shared/say.js";
import { money } from "../shared/text.js";

const LOOK_MS = 1500;
const FIGURES = ["diners", "orders", "ready", "completed", "cancelled"];

async function ask(path, body) {
  const call = body ? { method: "POST", body: JSON.stringify(body), headers: { "Content-Type": "application/json" } } : {};
  const answer = await fetch(path, { cache: "no-store", ...call });
  if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
  return answer.json();
}

function words({ running, stopping, since, diners_per_minute: count }) {
  if (stopping) return t("正在停下…");
  if (!running) return "";
  const minutes = Math.floor((Date.now() - Date.parse(since)) / 60000);
  return t("每分钟 {count} 位客人，已经 {minutes} 分钟", { count, minutes });
}

function show(panel, state) {
  panel.hidden = false;
  panel.dataset.running = state.running;
  $("#rush-start").hidden = state.running;
  $("#rush-stop").hidden = !state.running || state.stopping;
  setText($("#rush-state"), state.problem || words(state));
  const counts = state.counts || {};
  $("#rush-figures").hidden = !state.running && !counts.orders;
  FIGURES.forEach((name) => setText($(`[data-figure=${name}]`), String(counts[name] || 0)));
  setText($("[data-figure=money]"), money(counts.money_fen || 0));
}

/** Brings the panel to life; it stays away where the server has no such switch. */
export function rushSwitch(panel) {
  const look = async () => show(panel, await ask("/rush/"));
  const press = (path, body) => async (event) => {
    const state = await attempt(event.currentTarget, () => ask(path, body()));
    if (state) show(panel, state);
  };
  $("#rush-start").onclick = press("/rush/start/", () => ({ diners_per_minute: Number($("#rush-speed").value) }));
  $("#rush-stop").onclick = press("/rush/stop/", () => ({}));
  const again = () => setTimeout(() => look().catch(() => say("")).then(again), LOOK_MS);
  look().then(again, () => (panel.hidden = true));
}
