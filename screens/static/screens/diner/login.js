// How a guest becomes somebody: by name in the demo, or as a guest of the table, who pays at the counter.

import { el } from "../shared/dom.js";
import { t } from "../shared/i18n.js";
import { onSubmit } from "../shared/say.js";
import { openSheet } from "../shared/sheet.js";

/** Logs in as a guest of the table, without a word. */
export async function enterAsGuest(api, token) {
  const answer = await api.post("/api/v1/auth/guest/", { table_token: token }, { anonymous: true });
  return api.signedIn({ ...answer, guest: true });
}

/** Opens the log-in; `done()` once there is a session. place: {token or null, demo: bool}. */
export function openLogin(api, place, done) {
  const form = el("form", { id: "diner-form", class: "stack" },
    el("label", {}, t("您的名字（演示登录）"),
      el("input", { name: "name", pattern: "[A-Za-z0-9_\\-]+", maxlength: 32, required: true, autocomplete: "off",
        autocapitalize: "none", placeholder: "lin" })),
    el("button", { type: "submit", class: "wide" }, t("登录")));
  const guest = el("button", { type: "button", class: "second wide", "data-action": "guest" }, t("不登录，直接点（到前台付款）"));
  const body = [place.demo ? form : el("p", {}, t("请在微信里打开本页")), place.token ? guest : null].filter(Boolean);
  const sheet = openSheet({ title: t("登录"), body: [el("div", { class: "stack" }, ...body)], look: "centre" });
  const enter = async (work) => {
    await work();
    sheet.close();
    await done();
  };
  onSubmit(form, (data) => enter(() => api.loginWechat(`demo-${data.get("name")}`)));
  guest.onclick = () => enter(() => enterAsGuest(api, place.token));
}
