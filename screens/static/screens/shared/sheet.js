// A sheet over the page: from below on a phone, at the side of a desktop. One at a time; Esc and the ground close it.

import { el, icon } from "./dom.js";
import { t } from "./i18n.js";

/**
 * Opens a sheet and returns its <dialog>. settings: {title, body: [nodes], foot: [nodes] or null,
 * look: "side" | "centre" | "below", onClose}. `dialog.close()` closes it.
 */
export function openSheet({ title, body, foot = null, look = "below", onClose = () => {} }) {
  const close = el("button", { type: "button", class: "quiet round", "aria-label": t("关闭"), "data-action": "close-sheet" },
    icon("close"));
  const sheet = el("dialog", { class: `sheet ${look}`, "aria-label": title },
    el("header", {}, el("h2", {}, title), close),
    el("div", { class: "sheet-body" }, ...body),
    foot ? el("footer", {}, ...foot) : null);
  close.onclick = () => sheet.close();
  sheet.addEventListener("click", (event) => event.target === sheet && sheet.close());
  sheet.addEventListener("close", () => {
    const message = sheet.querySelector("#message");
    if (message) document.body.append(message);
    sheet.remove();
    onClose();
  });
  document.body.append(sheet);
  sheet.showModal();
  return sheet;
}

/** Asks before something that cannot be taken back. Resolves to true or false. */
export function confirmed(question, yes) {
  return new Promise((done) => {
    let answer = false;
    const decide = (value) => () => ((answer = value), sheet.close());
    const sheet = openSheet({
      title: question,
      body: [],
      look: "centre",
      foot: [
        el("button", { type: "button", class: "second", onclick: decide(false) }, t("再想想")),
        el("button", { type: "button", "data-action": "confirm", onclick: decide(true) }, yes),
      ],
      onClose: () => done(answer),
    });
  });
}
