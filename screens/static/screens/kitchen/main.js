// The kitchen's screen: wires entrance, hub, board, taps, sound and keys together.

import { $, setText } from "../shared/dom.js";
import { staffEntrance } from "../shared/entrance.js";
import { makeApi, makeHub, showWho } from "../shared/hub.js";
import { speak, t } from "../shared/i18n.js";
import { confirmed } from "../shared/sheet.js";
import { canSound, rushTone, stayAwake, unlockSound } from "../shared/sound.js";
import { keepOffline } from "./app.js";
import { ENGLISH } from "./english.js";
import { useFingers, useKeys, useTools } from "./hands.js";
import { Kitchen } from "./kitchen.js";
import { Settings } from "./settings.js";
import { SoldOut } from "./soldout.js";
import { waitingTickets } from "./tickets.js";

speak(ENGLISH);
const api = makeApi("kitchen");

function connect(kitchen, soldOut) {
  return makeHub("kitchen", api, {
    onRows: (stream, keys) => kitchen.rowsChanged(stream, keys),
    onEvent(stream, frame) {
      kitchen.eventCame(stream, frame);
      if (frame.event === "order.rush_requested" && frame.data) rushTone();
      if (stream === soldOut.stream && frame.event === "menu.changed") soldOut.load().catch(() => null);
    },
    onAnnounce: (stream, row) => kitchen.announced(stream, row),
    onTruth: (truth) => kitchen.truthChanged(truth),
  });
}

/** One tap at the start of a shift lets the screen sound and keeps it lit. */
function onDuty() {
  const button = $("#duty");
  const check = () => (button.hidden = canSound());
  button.onclick = () => {
    unlockSound();
    stayAwake();
    button.hidden = true;
  };
  document.addEventListener("click", () => setTimeout(check, 300));
  check();
}

/** Taps that were not sent go with whoever logs out: that is asked first. */
function guardLeaving(kitchen) {
  const leave = $("#logout").onclick;
  $("#logout").onclick = async () => {
    const count = kitchen.queue.taps.length;
    const question = t("还有 {count} 个操作没有发出，退出后不会再发。", { count });
    if (count && !(await confirmed(question, t("仍要退出")))) return;
    await kitchen.queue.clear();
    leave();
  };
}

function begin({ store, station }) {
  const settings = new Settings(api, store);
  const kitchen = new Kitchen({ api, store, station, settings });
  const soldOut = new SoldOut({ api, queue: kitchen.queue, store, station });
  const hub = connect(kitchen, soldOut);
  kitchen.hub = soldOut.hub = hub;
  setText($("#station"), station ? settings.station(station).name || station : t("全部档口"));
  showWho(api, () => hub.stop());
  guardLeaving(kitchen);
  useFingers(kitchen, soldOut);
  useKeys(kitchen, soldOut, useTools(kitchen, soldOut));
  hub.subscribe(kitchen.stream, { station, announce: true, announceIds: ids });
  hub.subscribe(soldOut.stream);
  document.body.classList.add("working");
  kitchen.draw();
  hub.start();
  kitchen.queue.load();
  onDuty();
  setInterval(() => kitchen.tick(), 1000);
  window.addEventListener("online", () => kitchen.queue.nudge());
  window.addEventListener("pagehide", () => kitchen.save());
  soldOut.load().catch(() => null);
  settings.load().then(() => {
    setText($("#station"), station ? settings.station(station).name || station : t("全部档口"));
    kitchen.redraw();
  }).catch(() => null);
}

const ids = (row) => waitingTickets(row).map((id) => `${row.key}#${id}`);

staffEntrance("kitchen", api, begin);
window.addEventListener("load", keepOffline);
