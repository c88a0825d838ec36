// The rooms of the counter: one is shown at a time, named by the part of the address behind #.

import { $ } from "../shared/dom.js";

const FIRST = "orders";

/** `rooms` = {name: {enter(), leave()}}; both optional. */
export class Rooms {
  constructor(rooms) {
    Object.assign(this, { rooms, now: null });
    window.addEventListener("hashchange", () => this.follow());
  }

  follow() {
    const wanted = location.hash.slice(1).split("/")[0];
    this.show(this.rooms[wanted] ? wanted : FIRST);
  }

  show(name) {
    if (name === this.now) return;
    const { leave } = this.rooms[this.now] || {};
    if (leave) this.rooms[this.now].leave();
    this.now = name;
    document.querySelectorAll("[data-room]").forEach((room) => (room.hidden = room.dataset.room !== name));
    document.querySelectorAll("[data-to]").forEach((link) => {
      if (link.dataset.to === name) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    });
    if (this.rooms[name].enter) this.rooms[name].enter($(`[data-room=${name}]`));
  }

  go(name) {
    location.hash = name;
  }
}
