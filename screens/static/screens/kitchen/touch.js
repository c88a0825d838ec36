// Fingers on the board: a tap, a long press, and the second bounce of a wet finger that must not bump the next dish.

const LONG_MS = 550;
const SLIP = 12;
const BOUNCE_MS = 350;
const BOUNCE = 28;

const near = (a, b, most) => Math.abs(a.clientX - b.clientX) < most && Math.abs(a.clientY - b.clientY) < most;

/** Calls `tap(action, target)` and `hold(target)` for what happens on `place`. */
export function listen(place, { tap, hold }) {
  let [timer, start, held, last] = [null, null, false, null];
  const cancel = () => clearTimeout(timer);
  const long = (target) => {
    held = true;
    hold(target);
  };
  place.addEventListener("pointerdown", (event) => {
    cancel();
    [start, held] = [event, false];
    if (event.button === 0) timer = setTimeout(() => long(event.target), LONG_MS);
  });
  place.addEventListener("pointermove", (event) => start && !near(event, start, SLIP) && cancel());
  ["pointerup", "pointercancel", "pointerleave", "scroll"].forEach((name) => place.addEventListener(name, cancel));
  place.addEventListener("contextmenu", (event) => {
    event.preventDefault();
    cancel();
    if (!held) long(event.target);
  });
  place.addEventListener("click", (event) => {
    const button = event.target.closest("[data-action]");
    // A long press ends in a click of the finger, not of a key.
    if (!button || (held && event.detail > 0)) return void (held = false);
    // The cards move up when one goes: the same finger at the same spot would hit another dish. Keys have no spot.
    const bounced = event.detail > 0 && last && event.timeStamp - last.timeStamp < BOUNCE_MS && near(event, last, BOUNCE);
    if (bounced && last.target !== button) return;
    last = { timeStamp: event.timeStamp, clientX: event.clientX, clientY: event.clientY, target: button };
    tap(button.dataset.action, button);
  });
}
