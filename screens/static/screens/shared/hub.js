// The page's connection: REST session, hub client, truth bar, and what happens when the server ends it for good.

import { Api } from "../hub/hub-api.js";
import { HubClient } from "../hub/hub-client.js";
import { $ } from "./dom.js";
import { SHARED } from "./english.js";
import { offerLanguages, speak, t } from "./i18n.js";
import { say } from "./say.js";
import { unlockSound, warn } from "./sound.js";
import { showTruth } from "./truth.js";

speak(SHARED);

const LOST = { 4501: "登录已失效，请重新登录。", 4503: "这个账号或设备没有权限，或已被停用。请重新登录。" };
const LOUD = ["kitchen", "counter"];

export function makeApi(kind) {
  document.addEventListener("click", unlockSound);
  offerLanguages($("#language"));
  return new Api({ place: `kaifan.${kind}.session`, storage: localStorage, words: t });
}

/** A hub client with this page's truth bar; `callbacks` are HubClient's. */
export function makeHub(kind, api, callbacks) {
  const { user, device } = api.session || {};
  const who = device ? `device-${device.id}` : user ? `user-${user.id}` : "guest";
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  const { onTruth = () => {}, ...others } = callbacks;
  let current = false;
  const hub = new HubClient({
    url: `${scheme}://${location.host}/ws/${kind}/`,
    client: `${kind}/1.0`,
    staff: kind !== "diner",
    name: `${kind}.${who}`,
    session: api,
    storage: kind === "diner" ? sessionStorage : localStorage,
    onFinal: (code, reason) => ended(api, code, reason),
    onError: (frame) => say(frame.detail || frame.code, true),
    ...others,
    onTruth: (truth) => {
      if (current && !truth.current && LOUD.includes(kind)) warn();
      current = truth.current;
      showTruth(truth);
      onTruth(truth);
    },
  });
  window.addEventListener("online", () => hub.nudge());
  window.addEventListener("pagehide", () => hub.save());
  document.addEventListener("visibilitychange", () => !document.hidden && hub.nudge());
  return hub;
}

function ended(api, code, reason) {
  say(LOST[code] ? t(LOST[code]) : t("连接已结束（{code} {reason}），请刷新页面。", { code, reason }), true);
  if (!LOST[code]) return;
  api.setSession(null);
  if ($("#login")) $("#login").hidden = false;
  if ($("#work")) $("#work").hidden = true;
}

/** Logs out, and takes what this device kept of the streams with it. */
export function forget(api) {
  [localStorage, sessionStorage].forEach((store) => {
    const ours = Object.keys(store).filter((key) => key.startsWith("hub:"));
    ours.forEach((key) => store.removeItem(key));
  });
  return api.logout().catch(() => null);
}

export function showWho(api, stop) {
  const { user, device } = api.session;
  $("#who").textContent = device ? device.name : user.name;
  $("#logout").hidden = false;
  $("#logout").onclick = async () => {
    stop();
    await forget(api);
    location.reload();
  };
}
