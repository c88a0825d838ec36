// What every page shares: elements, the truth bar, messages, log-in of staff and devices, the chime.

import { Api } from "./hub-api.js";
import { HubClient } from "./hub-client.js";

const FRAME_MS = 30;
const PATIENCE_SECONDS = 12;
const LOST = { 4501: "登录已失效，请重新登录。", 4503: "这个账号或设备没有权限，或已被停用。请重新登录。" };

export const $ = (selector) => document.querySelector(selector);

/** An element; attributes starting with "on" are listeners, null children are left out. */
export function el(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  Object.entries(attributes).forEach(([key, value]) => {
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (value !== null && value !== false) node.setAttribute(key, value === true ? "" : value);
  });
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

export function replace(parent, children) {
  parent.textContent = "";
  parent.append(...children);
}

/**
 * Makes `parent` show `items` in their order. An item is {id, stamp}; `make(item)` builds its element. An element
 * whose stamp is unchanged stays as it is: the button under a finger must not be swapped for a new one.
 */
export function keyed(parent, items, make) {
  const old = new Map(Array.from(parent.children, (node) => [node.dataset.key, node]));
  const nodes = items.map((item) => {
    const known = old.get(String(item.id));
    if (known && known.dataset.stamp === item.stamp) return known;
    const node = make(item);
    Object.assign(node.dataset, { key: item.id, stamp: item.stamp });
    return node;
  });
  const wanted = new Set(nodes);
  Array.from(parent.children).filter((node) => !wanted.has(node)).forEach((node) => node.remove());
  nodes.forEach((node, index) => parent.children[index] === node || parent.insertBefore(node, parent.children[index]));
}

export function say(text, bad = false) {
  const message = $("#message");
  message.hidden = !text;
  message.textContent = text;
  message.classList.toggle("bad", bad);
}

/** Runs one command of a button: no second tap meanwhile, a refusal is said aloud. Resolves to the answer or null. */
export async function attempt(button, work) {
  button.disabled = true;
  try {
    const answer = await work();
    say("");
    return answer;
  } catch (error) {
    say(error.detail || String(error), true);
    return null;
  } finally {
    button.disabled = false;
  }
}

/** A function that calls `draw` soon, once, however often it is called itself. */
export function coalesced(draw) {
  let waiting = false;
  return () => {
    if (waiting) return;
    waiting = true;
    setTimeout(() => {
      waiting = false;
      draw();
    }, FRAME_MS);
  };
}

export function showTruth(truth) {
  const bar = $("#truth");
  const seconds = Math.floor((truth.sinceMs === null ? performance.now() : truth.sinceMs) / 1000);
  const starting = truth.sinceMs === null && seconds < PATIENCE_SECONDS && truth.phase !== "final";
  bar.dataset.state = truth.current ? "current" : starting ? "off" : "stale";
  const stale = starting ? "正在连接…" : `▲ 已 ${seconds} 秒没有新消息，画面可能不是最新`;
  const text = truth.current ? "● 实时" : stale;
  if (bar.textContent !== text) bar.textContent = text;
}

const audio = { context: null };

/** Two short tones, made here. Browsers let a page sound only after its first tap. */
export function chime(frequency = 880) {
  if (!audio.context) return;
  [0, 0.22].forEach((after) => {
    const tone = audio.context.createOscillator();
    tone.frequency.value = frequency;
    tone.connect(audio.context.destination);
    tone.start(audio.context.currentTime + after);
    tone.stop(audio.context.currentTime + after + 0.14);
  });
}

function unlockSound() {
  if (!audio.context && window.AudioContext) audio.context = new AudioContext();
}

export function makeApi(kind) {
  document.addEventListener("click", unlockSound, { once: true });
  return new Api({ place: `kaifan.${kind}.session`, storage: localStorage });
}

/** A running hub client with this page's truth bar; `callbacks` are HubClient's. */
export function makeHub(kind, api, callbacks) {
  const { user, device } = api.session || {};
  const who = device ? `device-${device.id}` : user ? `user-${user.id}` : "guest";
  const scheme = location.protocol === "https:" ? "wss" : "ws";
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
    ...callbacks,
    onTruth: (truth) => {
      if (current && !truth.current && (kind === "kitchen" || kind === "counter")) chime(220);
      current = truth.current;
      showTruth(truth);
    },
  });
  window.addEventListener("online", () => hub.nudge());
  window.addEventListener("pagehide", () => hub.save());
  document.addEventListener("visibilitychange", () => !document.hidden && hub.nudge());
  return hub;
}

function ended(api, code, reason) {
  say(LOST[code] || `连接已结束（${code} ${reason}），请刷新页面。`, true);
  if (!LOST[code]) return;
  api.setSession(null);
  $("#login").hidden = false;
  if ($("#work")) $("#work").hidden = true;
}

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

/**
 * The way in for staff and devices: log in or claim, choose the store (and station), then `begin(place)`, where place
 * is {store, station or null}. What was chosen is remembered on this device.
 */
export function staffEntrance(kind, api, begin) {
  const remembered = `kaifan.${kind}.place`;
  let entered = false;
  const enter = (place) => {
    // A second log-in after a revoked one starts the page afresh rather than on top of the old one.
    if (entered) return location.reload();
    entered = true;
    $("#login").hidden = $("#choose").hidden = true;
    $("#work").hidden = false;
    return begin(place);
  };
  const remember = (place) => {
    localStorage.setItem(remembered, JSON.stringify(place));
    enter(place);
  };
  const next = () => {
    const place = JSON.parse(localStorage.getItem(remembered) || "null");
    $("#login").hidden = Boolean(api.session);
    if (!api.session) return;
    if (api.session.device) enter(api.session.device);
    else if (place) enter(place);
    else choose(api, remember);
  };
  onSubmit("#staff-form", async (data) => {
    localStorage.removeItem(remembered);
    await api.loginStaff(data.get("username"), data.get("password"));
    next();
  });
  onSubmit("#claim-form", async (data) => {
    await api.claimDevice(data.get("code").trim().toUpperCase());
    next();
  });
  next();
}

function choose(api, chosen) {
  const own = new Set((api.session.user.roles || []).map((role) => role.store));
  const form = $("#choose-form");
  Array.from(form.store.options).forEach((option) => own.size && !own.has(option.value) && option.remove());
  const stations = form.station ? Array.from(form.station.options) : [];
  const narrow = () =>
    stations.forEach((one) => (one.hidden = Boolean(one.value) && one.dataset.store !== form.store.value));
  form.store.onchange = narrow;
  narrow();
  $("#login").hidden = true;
  $("#choose").hidden = false;
  onSubmit("#choose-form", async (data) => chosen({ store: data.get("store"), station: data.get("station") || null }));
}

/** A form handled here: its button rests meanwhile, a refusal is said aloud. */
export function onSubmit(selector, work) {
  $(selector).onsubmit = (event) => {
    event.preventDefault();
    attempt(event.target.querySelector("button"), () => work(new FormData(event.target)));
  };
}
