// The way in for staff and devices: log in or claim, choose the store (and station), remember the choice.

import { $ } from "./dom.js";
import { onSubmit } from "./say.js";
import { unlockSound } from "./sound.js";

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
  onSubmit("#choose-form", async (data) => {
    unlockSound();
    chosen({ store: data.get("store"), station: data.get("station") || null });
  });
}
