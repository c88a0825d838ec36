// The board: pickup numbers in preparation and ready to be fetched.

import { $, coalesced, el, replace } from "../shared/dom.js";
import { staffEntrance } from "../shared/entrance.js";
import { makeApi, makeHub, showWho } from "../shared/hub.js";
import { chime } from "../shared/sound.js";

const api = makeApi("board");

function begin({ store }) {
  const stream = `store:${store}`;
  const numbers = (ready) =>
    hub.rows(stream)
      .filter(({ data }) => data.pickup_no && (data.status === "ready") === ready)
      .sort((a, b) => (a.key < b.key ? -1 : 1))
      .map(({ key, data }) => el("b", { "data-key": key }, data.pickup_no));
  const draw = coalesced(() => {
    replace($("#preparing"), numbers(false));
    replace($("#ready"), numbers(true));
  });
  const hub = makeHub("board", api, { onRows: draw, onAnnounce: () => chime() });
  showWho(api, () => hub.stop());
  const announceIds = ({ key, data }) => (data.status === "ready" ? [`${key}#ready`] : []);
  hub.subscribe(stream, { announce: true, announceIds });
  hub.start();
}

staffEntrance("board", api, begin);
