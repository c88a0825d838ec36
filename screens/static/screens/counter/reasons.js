// Asking for a reason: one tap on it is the answer.

import { el } from "../shared/dom.js";
import { t } from "../shared/i18n.js";
import { attempt } from "../shared/say.js";
import { openSheet } from "../shared/sheet.js";
import { REASON } from "../shared/text.js";

/** Shows the reasons under a question; the one that is tapped goes to `send(code)`, and the sheet closes when it went. */
export function confirmReason(question, action, send) {
  const choose = (code) => async (event) => {
    if (await attempt(event.currentTarget, () => send(code))) sheet.close();
  };
  const choice = ([code, words]) =>
    el("button", { type: "button", class: "second wide", "data-action": `${action}:${code}`, onclick: choose(code) }, words);
  const sheet = openSheet({
    title: question,
    look: "centre",
    body: [el("div", { class: "stack reasons" }, ...Object.keys(REASON).map((code) => choice([code, REASON[code]])))],
    foot: [el("button", { type: "button", class: "quiet", onclick: () => sheet.close() }, t("再想想"))],
  });
}

/** A <select> of reasons, for forms; its value is what the guest reads. */
export function reasonField() {
  return el("select", { name: "reason" }, ...Object.keys(REASON).map((code) => el("option", {}, REASON[code])));
}
