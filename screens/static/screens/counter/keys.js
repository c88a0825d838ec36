// The keyboard at the counter, and the sheet that tells what it can.

import { $, el } from "../shared/dom.js";
import { t } from "../shared/i18n.js";
import { openSheet } from "../shared/sheet.js";

const OWN = "a, button, input, select, textarea, summary, [contenteditable]";

/** `keys` = {key: [words, run]}; they rest while somebody types or a sheet is open. Enter is a button's own first. */
export function listenKeys(keys) {
  document.addEventListener("keydown", (event) => {
    const known = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    const busy = event.ctrlKey || event.metaKey || event.altKey || event.repeat || $("dialog[open]") || $("#work").hidden;
    const typing = event.target.closest("input, select, textarea") || (event.key === "Enter" && event.target.closest(OWN));
    if (!known || busy || typing) return;
    event.preventDefault();
    known[1]();
  });
  $("[data-action=help]").onclick = () => help(keys);
}

export function help(keys) {
  const row = ([key, [words]]) => el("div", { class: "row" }, el("kbd", {}, key), el("span", { class: "fill" }, words));
  const escape = el("div", { class: "row" }, el("kbd", {}, "Esc"), el("span", { class: "fill" }, t("关掉打开的单或窗口")));
  openSheet({ title: t("键盘快捷键"), look: "centre", body: [el("div", { class: "stack keys" }, ...Object.entries(keys).map(row), escape)] });
}
