// What fingers and keys do to the kitchen.

import { $ } from "../shared/dom.js";
import { help, listenToKeys } from "./keys.js";
import { countsSheet, recallSheet } from "./sheets.js";
import { listen } from "./touch.js";

/** Which ticket and line an element of the board belongs to. */
function placeOf(kitchen, node) {
  const [article, item] = [node.closest("[data-ticket]"), node.closest("[data-line]")];
  const ticket = article && kitchen.board.byId.get(article.dataset.ticket);
  return { ticket, line: item ? Number(item.dataset.line) : null };
}

const TAPS = {
  "all-ready": (kitchen, ticket) => kitchen.tapHead(ticket),
  "all-serve": (kitchen, ticket) => kitchen.tapHead(ticket),
  start: (kitchen, ticket, line) => kitchen.tapLine(ticket, line),
  ready: (kitchen, ticket, line) => kitchen.tapLine(ticket, line),
  serve: (kitchen, ticket, line) => kitchen.tapLine(ticket, line),
  acknowledge: (kitchen, ticket) => kitchen.acknowledge(ticket.id),
};

export function useFingers(kitchen, soldOut) {
  listen(kitchen.board.place, {
    tap(action, node) {
      const { ticket, line } = placeOf(kitchen, node);
      if (!ticket) return;
      if (action.startsWith("rush:")) kitchen.answerRush(ticket, action.slice(5));
      else if (TAPS[action]) TAPS[action](kitchen, ticket, line);
    },
    hold(node) {
      const { ticket, line } = placeOf(kitchen, node);
      const found = ticket && ticket.lines.concat(ticket.voided).find((one) => one.id === line);
      if (found) soldOut.ask(found.dish, found.name);
    },
  });
  const quiet = () => kitchen.bell.quiet();
  ["pointerdown", "keydown"].forEach((name) => document.addEventListener(name, quiet));
  $("#before").onclick = () => kitchen.board.turn(-1);
  $("#behind").onclick = () => kitchen.board.turn(1);
}

/** The buttons of the bar; their keys do the same. */
export function useTools(kitchen, soldOut) {
  const now = () => kitchen.hub.now();
  const rows = () => kitchen.rows();
  const tools = {
    recall: () => recallSheet({ rows, now, recall: (order, line) => kitchen.recall(order, line) }),
    counts: () => countsSheet({ rows }),
    "sold-out": () => soldOut.sheet(),
    pass: () => kitchen.showPass(!kitchen.pass),
    help,
    undo: () => kitchen.undo(),
  };
  Object.entries(tools).forEach(([id, act]) => ($(`#${id}`).onclick = act));
  return tools;
}

export function useKeys(kitchen, soldOut, tools) {
  const board = kitchen.board;
  const chosen = () => board.chosen && board.byId.get(board.chosen.id);
  const item = () => board.clocks.get(board.chosen.id).node.querySelectorAll(".line")[board.chosen.line];
  const line = () => (chosen() && board.chosen.line >= 0 && item() ? Number(item().dataset.line) : null);
  const step = (x, y) => {
    const index = board.list.findIndex((one) => board.chosen && String(one.id) === board.chosen.id);
    if (!board.list.length) return;
    if (x || index < 0) return board.choose(board.list[Math.min(Math.max(index + x, 0), board.list.length - 1)].id);
    const most = board.clocks.get(board.chosen.id).node.querySelectorAll(".line").length - 1;
    board.choose(board.chosen.id, Math.min(Math.max(board.chosen.line + y, -1), most));
  };
  listenToKeys({
    step,
    bump: (index) => board.list[index] && kitchen.tapHead(board.list[index]),
    enter: () => chosen() && (line() === null ? kitchen.tapHead(chosen()) : kitchen.tapLine(chosen(), line())),
    acknowledge: () => chosen() && kitchen.acknowledge(chosen().id),
    soldOut: () => {
      const found = chosen() && chosen().lines.find((one) => one.id === line());
      if (found) soldOut.ask(found.dish, found.name);
      else soldOut.sheet();
    },
    undo: tools.undo,
    recall: tools.recall,
    counts: tools.counts,
    pass: tools.pass,
    turn: (direction) => board.turn(direction),
    leave: () => board.choose(null),
  });
}
