// A guest's word on an order: stars for it and for each dish, a text, photos.

import { el, icon } from "../shared/dom.js";
import { t } from "../shared/i18n.js";
import { attempt, say } from "../shared/say.js";
import { openSheet } from "../shared/sheet.js";
import { uuid } from "../hub/hub-api.js";

const STARS = [1, 2, 3, 4, 5];

/** Five stars as radio buttons: keyboard and screen reader know them. */
function stars(name, label) {
  const star = (value) =>
    el("label", { class: "star" }, el("input", { type: "radio", name, value, class: "hidden-text" }), icon("star"),
      el("span", { class: "hidden-text" }, t("{count} 分", { count: value })));
  const row = el("div", { class: "row" }, ...STARS.map(star));
  row.onchange = (event) =>
    Array.from(row.children).forEach((node, index) => node.classList.toggle("lit", index < Number(event.target.value)));
  return el("fieldset", { class: "stars" }, el("legend", {}, label), row);
}

/** The dishes of an order, each once, combos as what was ordered. */
export function ratedDishes(order) {
  const found = new Map();
  order.lines.filter((line) => line.state !== "voided").forEach((line) => {
    const { dish, name } = line.combo || line;
    found.set(dish, name);
  });
  return Array.from(found, ([dish, name]) => ({ dish, name }));
}

async function send(api, order, form) {
  const data = new FormData(form);
  const rating = Number(data.get("order"));
  if (!rating) throw new Error(t("先给整单打个分吧"));
  const dishes = ratedDishes(order)
    .map(({ dish }) => ({ dish, rating: Number(data.get(`d${dish}`)) }))
    .filter((row) => row.rating);
  const text = String(data.get("text")).trim();
  const body = { order: order.no, rating, dishes, text, anonymous: data.get("anonymous") === "on", op_id: uuid() };
  const review = await api.post("/api/v1/reviews/", body);
  const photos = data.getAll("photos").filter((file) => file.size);
  for (const photo of photos) await api.upload(`/api/v1/reviews/${review.id}/images/`, photo);
  return review;
}

/** Opens the sheet; `done()` after the review is written. */
export function openReview(api, order, done) {
  const form = el("form", { class: "stack" },
    stars("order", t("整单")),
    ...ratedDishes(order).map(({ dish, name }) => stars(`d${dish}`, name)),
    el("textarea", { name: "text", rows: 3, maxlength: 500, placeholder: t("说说味道、分量、服务…"), "aria-label": t("评价") }),
    el("label", {}, t("照片"), el("input", { type: "file", name: "photos", accept: "image/*", multiple: true })),
    el("label", { class: "choice" }, el("input", { type: "checkbox", name: "anonymous" }), t("匿名")));
  const button = el("button", { type: "button", class: "big", "data-action": "send-review" }, t("发表评价"));
  form.onsubmit = (event) => event.preventDefault();
  const sheet = openSheet({ title: t("评价"), body: [form], foot: [button] });
  button.onclick = () => attempt(button, async () => {
    await send(api, order, form);
    sheet.close();
    say(t("谢谢您的评价"));
    done();
  });
}
