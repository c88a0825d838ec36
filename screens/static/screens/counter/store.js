// The store's own switch on top: open, or paused after a question.

import { $, setText } from "../shared/dom.js";
import { t } from "../shared/i18n.js";
import { attempt } from "../shared/say.js";
import { confirmed } from "../shared/sheet.js";

export class StoreSwitch {
  constructor(desk) {
    this.desk = desk;
    this.info = null;
    $("#open").onclick = (event) => this.turn(event.currentTarget, "open");
    $("#pause").onclick = async (event) => {
      const button = event.currentTarget;
      if (await confirmed(t("暂停后顾客不能再下单，已下的单不受影响。"), t("暂停接单"))) this.turn(button, "pause");
    };
  }

  async load() {
    this.info = await this.desk.get("");
    const open = this.info.is_open;
    setText($("#store-state"), `${this.info.name} · ${open ? t("营业中") : t("已暂停接单")}`);
    $("#store-switch").dataset.open = open;
    $("#store-switch").hidden = false;
    $("#open").hidden = open;
    $("#pause").hidden = !open;
  }

  turn(button, move) {
    return attempt(button, async () => {
      await this.desk.api.post(`/api/v1/stores/${this.desk.store}/${move}/`, {});
      await this.load();
    });
  }
}
