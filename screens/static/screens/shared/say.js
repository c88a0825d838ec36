// What a page says to whoever touches it: one line that goes by itself, or stays while something is wrong.

import { $ } from "./dom.js";

const GOOD_MS = 4000;
let timer = null;

/** Say a line; a bad one stays until the next. An empty text takes it away. */
export function say(text, bad = false) {
  const message = $("#message");
  clearTimeout(timer);
  // A sheet lies over everything else: what is said belongs on top of it.
  const host = $("dialog[open]") || document.body;
  if (message.parentNode !== host) host.append(message);
  message.hidden = !text;
  $("#message-text").textContent = text;
  message.classList.toggle("bad", bad);
  if (text && !bad) timer = setTimeout(() => say(""), GOOD_MS);
}

/** Runs one command of a button: no second tap meanwhile, a refusal is said aloud. Resolves to the answer or null. */
export async function attempt(button, work) {
  button.disabled = true;
  try {
    const answer = await work();
    if ($("#message").classList.contains("bad")) say("");
    return answer;
  } catch (error) {
    say(error.detail || error.message || String(error), true);
    return null;
  } finally {
    button.disabled = false;
  }
}

/** A form handled here: its button rests meanwhile, a refusal is said aloud. */
export function onSubmit(form, work) {
  const node = typeof form === "string" ? $(form) : form;
  node.onsubmit = (event) => {
    event.preventDefault();
    attempt(node.querySelector("[type=submit]"), () => work(new FormData(node)));
  };
}
