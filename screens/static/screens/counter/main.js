// The counter's screen: what comes in, what is made, what is fetched; and the rooms beside it. Wiring only.

import { $, setText } from "../shared/dom.js";
import { staffEntrance } from "../shared/entrance.js";
import { makeApi, makeHub, showWho } from "../shared/hub.js";
import { locale, speak, t } from "../shared/i18n.js";
import { attempt } from "../shared/say.js";
import { alarm as tones, canSound, speakAloud, unlockSound, warn } from "../shared/sound.js";
import { browserTimers } from "../hub/hub-client.js";
import { Alarm } from "./alarm.js";
import { Compose } from "./compose.js";
import { Desk } from "./desk.js";
import { Devices } from "./devices.js";
import { Dishes } from "./dishes.js";
import { WORDS } from "./english.js";
import { help, listenKeys } from "./keys.js";
import { Orders, drawUnseen } from "./orders.js";
import { Reports } from "./reports.js";
import { Rooms } from "./rooms.js";
import { StoreSwitch } from "./store.js";
import { Tables } from "./tables.js";
import { renew } from "./time.js";

const TICK_MS = 1000;
const UNSEEN_EVERY_MS = 8000;

speak(WORDS);
const api = makeApi("counter");
document.addEventListener("keydown", unlockSound);

/** The bell, its banner and the page's title, as long as orders wait to be taken. */
function bell(desk) {
  const alarm = new Alarm({
    timers: browserTimers(),
    ring: () => (tones(), speakAloud(t("您有新的订单"), locale)),
  });
  const show = () => {
    const placed = desk.orders().filter((order) => order.status === "placed").map((order) => order.no);
    alarm.show(placed);
    const loud = alarm.loud().length;
    $("#alarm").hidden = !loud;
    setText($("#alarm-text"), t("{count} 个新订单等您接单", { count: placed.length }));
    setText($("#count-placed"), String(placed.length));
    $("#count-placed").hidden = !placed.length;
    document.title = placed.length ? t("({count}) 新订单 · 前台", { count: placed.length }) : t("前台");
  };
  const oldest = () => desk.orders().find((order) => order.status === "placed");
  const accept = () => oldest() && attempt($("[data-action=accept-oldest]"), () => desk.allowed.move(oldest(), "accept"));
  const mute = () => (alarm.loud().slice(0, 1).forEach((no) => alarm.mute(no)), show());
  $("[data-action=accept-oldest]").onclick = accept;
  $("[data-action=mute]").onclick = mute;
  return { show, accept, mute };
}

function shortcuts(rooms, { accept, mute }) {
  const keys = {
    Enter: [t("接最早的新订单"), accept],
    m: [t("这一单先静音"), mute],
    n: [t("帮客人点单"), () => rooms.go("compose")],
    "/": [t("找订单"), () => (rooms.go("orders"), $("#search").focus())],
  };
  document.querySelectorAll("[data-short]").forEach((link) => {
    keys[link.dataset.short] = [link.querySelector("span").textContent, () => rooms.go(link.dataset.to)];
  });
  keys["?"] = [t("这张表"), () => help(keys)];
  listenKeys(keys);
}

function wire(desk, parts) {
  const { store, dishes, tables } = parts;
  desk.hub = makeHub("counter", api, {
    onRows: (stream) => (stream === desk.stream ? desk.changed() : dishes.draw()),
    onEvent: (stream, { event }) => {
      if (event === "menu.changed") dishes.load();
      if (event.startsWith("store.")) store.load();
      if (event.startsWith("table.") || event.startsWith("order.")) tables.soon();
    },
    onTruth: ({ current }) => current !== parts.current && ((parts.current = current), current && desk.learn().catch(() => null)),
  });
}

function begin({ store }) {
  const desk = new Desk(api, store);
  const orders = new Orders(desk);
  const compose = new Compose(desk, () => rooms.go("orders"));
  const parts = { store: new StoreSwitch(desk), dishes: new Dishes(desk), tables: new Tables(desk, compose), current: false };
  const devices = new Devices(desk);
  wire(desk, parts);
  const rooms = new Rooms({ orders: {}, tables: parts.tables, dishes: parts.dishes, devices, reports: new Reports(desk), compose });
  const ringing = bell(desk);
  let unseenAt = 0;
  desk.listen(() => (orders.draw(), ringing.show(), tick()));
  const tick = () => {
    const now = desk.now();
    renew($("#work"), now);
    $("#quiet").hidden = canSound();
    if (drawUnseen(desk, devices.stations) && now - unseenAt > UNSEEN_EVERY_MS) (warn(), (unseenAt = now));
  };
  $("[data-action=unlock]").onclick = unlockSound;
  $("[data-action=compose]").onclick = () => rooms.go("compose");
  shortcuts(rooms, ringing);
  showWho(api, () => desk.hub.stop());
  desk.hub.subscribe(desk.stream);
  desk.hub.subscribe(desk.menu);
  desk.hub.start();
  [parts.store, parts.dishes, devices].forEach((part) => part.load().catch(() => null));
  rooms.follow();
  setInterval(tick, TICK_MS);
}

staffEntrance("counter", api, begin);
