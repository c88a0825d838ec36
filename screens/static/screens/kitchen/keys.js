// A keyboard or bump bar: numbers bump, arrows choose, letters open.

import { t } from "../shared/i18n.js";
import { anySheet, helpSheet } from "./sheets.js";

const MEANINGS = () => [
  [["1", "…", "9", "0"], t("第 1 至第 10 张整单出品")],
  [["←", "→"], t("选中前一张、后一张")],
  [["↑", "↓"], t("在这张单上选菜")],
  [["Enter"], t("选中的菜或整单出品")],
  [["A"], t("知道了：改单、退菜")],
  [["U"], t("撤回刚才那道菜")],
  [["R"], t("最近出品，撤回")],
  [["S"], t("待做汇总")],
  [["X"], t("估清选中的菜，或打开估清")],
  [["P"], t("制作与传菜之间切换")],
  [["PgUp", "PgDn"], t("翻页")],
  [["Esc"], t("关闭，取消选中")],
  [["?"], t("这张表")],
];

export const help = () => helpSheet(MEANINGS());

/** `actions` = {bump(index), step(x, y), enter, acknowledge, undo, recall, counts, soldOut, pass, turn(direction), leave}. */
export function listenToKeys(actions) {
  const named = {
    ArrowLeft: () => actions.step(-1, 0), ArrowRight: () => actions.step(1, 0),
    ArrowUp: () => actions.step(0, -1), ArrowDown: () => actions.step(0, 1),
    Enter: actions.enter, a: actions.acknowledge, u: actions.undo, Backspace: actions.undo, r: actions.recall,
    s: actions.counts, x: actions.soldOut, p: actions.pass, PageUp: () => actions.turn(-1), PageDown: () => actions.turn(1),
    Escape: actions.leave, "?": help,
  };
  document.addEventListener("keydown", (event) => {
    if (anySheet() || event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea, .top")) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const act = /^\d$/.test(key) ? () => actions.bump((Number(key) + 9) % 10) : named[key];
    if (!act || (event.repeat && !key.startsWith("Arrow"))) return;
    event.preventDefault();
    document.body.classList.add("keys");
    act();
  });
}
