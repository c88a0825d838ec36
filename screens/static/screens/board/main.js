// The board: pickup numbers in preparation and ready to be fetched; the newest is called.

import { $, coalesced, setText } from "../shared/dom.js";
import { staffEntrance } from "../shared/entrance.js";
import { makeApi, makeHub, showWho } from "../shared/hub.js";
import { locale, speak, t } from "../shared/i18n.js";
import { canSound, chime, speakAloud, stayAwake } from "../shared/sound.js";
import { browserTimers } from "../hub/hub-client.js";
import { Calls, spelled } from "./calls.js";
import { WORDS } from "./english.js";
import { Side } from "./numbers.js";

const TURN_MS = 8000;

speak(WORDS);
const api = makeApi("board");

function showClock() {
  const time = new Date().toLocaleTimeString(locale, { hour: "2-digit", minute: "2-digit" });
  setText($("#clock"), time);
  $("#sound").hidden = canSound();
}

/** Sorts as they became ready, the newest first, the one that is being called before all. */
function byArrival() {
  const places = new Map();
  return (rows, calling) => {
    rows.forEach(({ key }) => places.has(key) || places.set(key, places.size));
    const place = ({ key, number }) => (number === calling ? Infinity : places.get(key));
    return rows.sort((a, b) => place(b) - place(a));
  };
}

function begin({ store }) {
  const stream = `store:${store}`;
  const sides = {
    preparing: new Side("preparing", $("#preparing"), $("#preparing-pages")),
    ready: new Side("ready", $("#ready"), $("#ready-pages")),
  };
  const newestFirst = byArrival();
  let turn = 0;
  const numbers = (ready) =>
    hub.rows(stream)
      .filter(({ data }) => data.pickup_no && (data.status === "ready") === ready)
      .map(({ key, version, data }) => ({ key, version, number: data.pickup_no }))
      .sort((a, b) => (a.key < b.key ? -1 : 1));
  const draw = coalesced(() => {
    sides.preparing.draw(numbers(false), turn);
    sides.ready.draw(newestFirst(numbers(true), calls.calling), turn, calls.calling);
    $("#work").dataset.empty = hub.rows(stream).length === 0;
  });
  const calls = new Calls({
    ring: chime,
    say: (number) => speakAloud(t("请 {number} 号取餐", { number: spelled(number) }), locale),
    show: (number) => {
      setText($("#calling"), number ? t("请 {number} 号取餐", { number }) : "");
      draw();
    },
    timers: browserTimers(),
  });
  const hub = makeHub("board", api, {
    onRows: () => {
      const waiting = new Set(numbers(true).map(({ number }) => number));
      calls.waiting.filter((number) => !waiting.has(number)).forEach((number) => calls.drop(number));
      draw();
    },
    onAnnounce: (changed, { data }) => calls.add(data.pickup_no),
  });
  showWho(api, () => hub.stop());
  stayAwake();
  const announceIds = ({ key, data }) => (data.status === "ready" && data.pickup_no ? [`${key}#ready`] : []);
  hub.subscribe(stream, { announce: true, announceIds });
  hub.start();
  draw();
  setInterval(() => ((turn += 1), draw()), TURN_MS);
}

showClock();
setInterval(showClock, 1000);
staffEntrance("board", api, begin);
