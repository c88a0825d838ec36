// Elements: how pages build and redraw them, touching only what changed.

const FRAME_MS = 30;
const SVG = "http://www.w3.org/2000/svg";

export const $ = (selector, within = document) => within.querySelector(selector);

/** An element; attributes starting with "on" are listeners, null and false ones and null children are left out. */
export function el(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  Object.entries(attributes).forEach(([key, value]) => {
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) node.setAttribute(key, value === true ? "" : value);
  });
  node.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** One sign of `icons.svg`; it says nothing to a screen reader, so the words beside it must. */
export function icon(name) {
  const sign = document.createElementNS(SVG, "svg");
  sign.setAttribute("class", "icon");
  sign.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `${document.body.dataset.icons}#${name}`);
  sign.append(use);
  return sign;
}

export function replace(parent, children) {
  parent.textContent = "";
  parent.append(...children);
}

/** Writes a text only where it differs. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/**
 * Makes `parent` show `items` in their order. An item is {id, stamp}; `make(item)` builds its element. An element
 * whose stamp is unchanged stays as it is: the button under a finger must not be swapped for a new one.
 * Returns how many elements were built, moved or removed.
 */
export function keyed(parent, items, make) {
  const old = new Map(Array.from(parent.children, (node) => [node.dataset.key, node]));
  let touched = 0;
  const nodes = items.map((item) => {
    const known = old.get(String(item.id));
    if (known && known.dataset.stamp === String(item.stamp)) return known;
    const node = make(item);
    Object.assign(node.dataset, { key: item.id, stamp: item.stamp });
    if (known) known.replaceWith(node);
    touched += 1;
    return node;
  });
  const wanted = new Set(nodes);
  Array.from(parent.children).filter((node) => !wanted.has(node)).forEach((node) => (node.remove(), (touched += 1)));
  nodes.forEach((node, index) => {
    if (parent.children[index] === node) return;
    parent.insertBefore(node, parent.children[index] || null);
    touched += 1;
  });
  return touched;
}

/** A function that calls `draw` before the next frame, once, however often it is called itself. */
export function coalesced(draw) {
  let waiting = false;
  const run = () => {
    waiting = false;
    draw();
  };
  return () => {
    if (waiting) return;
    waiting = true;
    // A hidden page has no frames; its rows and marks must not stand still.
    if (document.hidden) setTimeout(run, FRAME_MS);
    else requestAnimationFrame(run);
  };
}
