// The newcomer's page: opens every screen already logged in to the demo, and switches the lunch rush.

import { Api } from "../hub/hub-api.js";
import { SHARED } from "../shared/english.js";
import { $ } from "../shared/dom.js";
import { offerLanguages, speak, t } from "../shared/i18n.js";
import { say } from "../shared/say.js";
import { WORDS } from "./english.js";
import { rushSwitch } from "./rush.js";

speak(SHARED);
speak(WORDS);
offerLanguages($("#language"));

/** Logs a screen in to the demo before it opens, where nobody is logged in there yet. */
async function enter({ screen, user, store }) {
  const api = new Api({ place: `kaifan.${screen}.session`, storage: localStorage, words: t });
  if (api.session) return;
  if (screen === "diner") await api.loginWechat(`demo-${user}`);
  else await api.loginStaff(user, "demo");
  localStorage.setItem(`kaifan.${screen}.place`, JSON.stringify({ store, station: null }));
}

async function open(event) {
  event.preventDefault();
  const link = event.currentTarget;
  // Opened before the first wait: later the browser would take it for an advertisement.
  const tab = window.open("", "_blank");
  await enter(link.dataset).catch(() => say(t("没能先替您登录，请在页面里登录"), true));
  if (tab) tab.location.replace(link.href);
  else location.assign(link.href);
}

document.querySelectorAll("a[data-screen]").forEach((link) => link.addEventListener("click", open));
rushSwitch($("#rush"));
