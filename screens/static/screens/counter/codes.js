// The sheet of the tables' QR codes, for printing. Whoever reads a code can order at that table: so only by the counter's token.

import { $, el, replace, setText } from "../shared/dom.js";
import { makeApi } from "../shared/hub.js";
import { speak, t } from "../shared/i18n.js";
import { WORDS } from "./english.js";

speak(WORDS);
const api = makeApi("counter");

function figure(store, { name, url, qr }) {
  return el("li", {}, el("p", { class: "store" }, store), el("img", { src: qr, alt: "" }), el("h2", {}, name), el("p", {}, t("扫码点餐")), el("p", { class: "address" }, url));
}

async function show() {
  const place = api.session && (api.session.device || JSON.parse(localStorage.getItem("kaifan.counter.place") || "null"));
  if (!place) return setText($("#hint"), t("请先在前台登录，再打开这一页。"));
  const { store, codes } = await api.get(`/api/v1/stores/${place.store}/table-codes/`);
  replace($("#codes"), codes.map((code) => figure(store, code)));
  $("#print").disabled = false;
  return null;
}

$("#print").onclick = () => window.print();
show().catch((error) => setText($("#hint"), error.detail || t("这个账号不能打印桌码。")));
