// The guest's page: menu, cart, submission, and the live cards of the guest's orders.

import { $, coalesced } from "../shared/dom.js";
import { makeApi, makeHub, showWho } from "../shared/hub.js";
import { speak, t } from "../shared/i18n.js";
import { say } from "../shared/say.js";
import { LocalBasket } from "./basket.js";
import { Checkout, drawBar } from "./checkout.js";
import { Coupons } from "./coupons.js";
import { WORDS } from "./english.js";
import { enterAsGuest, openLogin } from "./login.js";
import { drawMenu, markRail, showNotice } from "./menu.js";
import { lineOf, openOptions } from "./options.js";
import { Orders } from "./orders.js";
import { TableBasket } from "./table.js";

speak(WORDS);

const place = { ...$("#place").dataset, token: $("#place").dataset.tableToken || null };
place.demo = place.wechat === "sandbox";
place.enter = () => login();
const api = makeApi("diner");
const page = { menu: null, hub: null, basket: null };
const coupons = new Coupons(api, place.store);
const orders = new Orders(api, place, { hub: () => page.hub, more: () => show("menu"), again: orderAgain });

const draw = coalesced(() => {
  if (!page.menu) return;
  drawMenu(page.menu, liveDishes(), page.basket.chosen(), add);
  drawBar(page.basket, page.basket.pending());
  markRail();
  checkout.draw();
});

function liveDishes() {
  const rows = page.hub ? page.hub.rows(`menu:${place.store}`) : [];
  return new Map(rows.filter((row) => row.key.startsWith("dish:")).map((row) => [row.data.dish, row.data]));
}

function add(dish) {
  if (dish.option_groups.length) openOptions(dish, put);
  else put(lineOf(dish, []));
}

async function put(line) {
  try {
    await page.basket.add(line);
  } catch (error) {
    say(error.detail || String(error), true);
  }
}

const checkout = new Checkout(
  {
    get lines() {
      return page.basket.lines;
    },
    change: (id, by) => page.basket.change(id, by),
  },
  {
    names: () => coupons.names,
    mayQuote: () => Boolean(api.session),
    quote: (coupon) => api.post("/api/v1/orders/quote/", page.basket.body({ coupon, remark: "" })),
    refusal: (code) => (code === "stock.sold_out" ? t("已售罄") : t("现在点不了")),
    target: () => page.basket.target(),
    pending: () => page.basket.pending(),
    submit,
    onClose: () => {},
  },
);

async function submit(choice) {
  if (!api.session) return login(() => checkout.open());
  const order = await page.basket.submit(choice);
  orders.follow(order);
  show("orders");
  return order;
}

function login(after) {
  return openLogin(api, place, async () => {
    await signedIn();
    if (after) after();
  });
}

/** Today's prices and what can still be had, in the cart. */
async function orderAgain(order) {
  const again = await api.post(`/api/v1/orders/${order.no}/reorder/`, {});
  const dishes = new Map([].concat(...page.menu.categories.map((category) => category.dishes)).map((dish) => [dish.id, dish]));
  const wanted = again.lines.filter((line) => !line.refusal && dishes.has(line.dish));
  for (const line of wanted) {
    const dish = dishes.get(line.dish);
    const options = [].concat(...dish.option_groups.map((group) => group.options)).filter(({ id }) => line.options.includes(id));
    await put(lineOf(dish, options, line.quantity, line.remark));
  }
  show("menu");
  if (wanted.length < again.lines.length) say(t("有的菜现在点不了，已略过"));
}

function show(name) {
  ["menu", "orders"].forEach((one) => {
    $(`#tab-${one}`).setAttribute("aria-selected", String(one === name));
    $(`#${one}-page`).hidden = one !== name;
  });
  window.scrollTo(0, 0);
}

function startHub() {
  if (page.hub) page.hub.stop();
  page.hub = makeHub("diner", api, {
    onRows: (stream) => (stream.startsWith("order:") ? orders.draw() : draw()),
    onEvent: (stream, frame) => {
      if (frame.event === "menu.changed") loadMenu();
      if (frame.event === "cart.submitted") orders.find(frame.data);
    },
  });
  page.hub.subscribe(`menu:${place.store}`, { cursor: page.menu.cursor });
  page.basket.listen(page.hub);
  page.hub.start();
}

async function loadMenu() {
  page.menu = await api.get(`/api/v1/stores/${place.store}/menu/`);
  showNotice(page.menu.store);
  draw();
}

async function signedIn() {
  startHub();
  $("#enter").hidden = true;
  showWho(api, () => page.hub.stop());
  const [seated] = await Promise.all([page.basket.begin(), orders.load(), coupons.load().catch(() => null)]);
  await Promise.all((seated || []).map((order) => orders.find({ order })));
  draw();
  if (page.basket.pending()) await submit({}).catch(() => checkout.open());
}

async function begin() {
  page.basket = place.token ? new TableBasket(api, place, draw) : new LocalBasket(api, place, draw);
  await loadMenu();
  if (!api.session && place.token && !place.demo) await enterAsGuest(api, place.token);
  if (api.session) return signedIn();
  $("#enter").hidden = false;
  return startHub();
}

["menu", "orders"].forEach((name) => ($(`#tab-${name}`).onclick = () => show(name)));
document.querySelectorAll("[data-action=open-cart], [data-action=checkout]").forEach((button) => (button.onclick = () => checkout.open()));
$("#enter").onclick = () => login();
$("#more-orders").onclick = () => orders.loadOlder();
document.addEventListener("visibilitychange", () => !document.hidden && api.session && orders.syncPayments());
window.addEventListener("scroll", markRail, { passive: true });
begin().catch((error) => say(error.detail || String(error), true));
