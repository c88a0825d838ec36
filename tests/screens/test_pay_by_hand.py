"""WeChat's payment by hand: a diner pays at the cashier's page, the counter gives the money back."""

import pytest
from playwright.sync_api import expect

from tests.live import LiveServer
from tests.screens.pages import add_dishes, card, opened, press, status, submit
from tests.wechat.emulator import fresh_folder

pytestmark = pytest.mark.browser
SOON = 20_000


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = fresh_folder(tmp_path_factory.mktemp("wechat"))
    speedy = {"WECHAT_SANDBOX_DIR": str(folder), "WECHAT_SANDBOX_SPEED": "60", "WORKER_SPEED": "60"}
    with LiveServer("serve", env=speedy) as running:
        yield running


def to_cashier(diner, no):
    """Tap 微信支付; the cashier's page in its new tab."""
    with diner.context.expect_page() as tab:
        press(diner, no, "pay")
    cashier = tab.value
    cashier.set_default_timeout(SOON)
    expect(cashier.locator("[data-state=NOTPAY]")).to_be_visible()
    return cashier


def money(page, no, expected):
    expect(card(page, no).locator(".money")).to_have_attribute("data-payment", expected, timeout=2 * SOON)


def attempt(diner, no, words):
    expect(card(diner, no).locator(".attempt")).to_have_text(words, timeout=SOON)


def give_back(counter, no, yuan, reason):
    """The counter's refund in the order's drawer: an amount, or with None all that is left."""
    drawer = opened(counter, no)
    drawer.locator("[data-action=refunds]").click()
    form = drawer.locator(".refund form")
    form.locator("[name=reason]").select_option(reason)
    if yuan:
        form.locator("[name=yuan]").fill(yuan)
    form.locator(f"[data-action={'refund' if yuan else 'refund-all'}]").click()
    expect(drawer.locator("[data-refund]", has_text=reason)).to_have_count(1)
    counter.keyboard.press("Escape")


def test_paid_at_the_cashier_cooked_and_given_back(cast):
    diner, counter, kitchen = cast.diner("lin"), cast.staff("counter"), cast.staff("kitchen")
    cast.all_current()
    add_dishes(diner)
    no = submit(diner)
    expect(card(diner, no)).to_contain_text("请付款")
    cashier = to_cashier(diner, no)
    expect(cashier.locator("body")).to_contain_text("已验证")
    attempt(diner, no, "等待付款")
    cast.pages["cashier"] = cashier
    cast.shoot("to-pay")
    cashier.click("[data-action=pay]")
    expect(cashier.locator("[data-state=SUCCESS]")).to_contain_text("支付成功")
    cast.shoot("paid")
    cashier.close()
    del cast.pages["cashier"]
    status(diner, no, "placed")
    money(diner, no, "paid")
    status(counter, no, "placed")
    press(counter, no, "accept")
    status(kitchen, no, "accepted")
    give_back(counter, no, "1.50", "售罄")
    money(diner, no, "partly_refunded")
    expect(card(diner, no)).to_contain_text("部分退款（¥1.50）")
    cast.shoot("partly")
    give_back(counter, no, None, "顾客要求")
    money(diner, no, "refunded")
    expect(card(diner, no)).to_contain_text("已退款")
    cast.shoot("refunded")
    assert cast.faults == []


def test_a_cancelled_payment_stays_payable_and_the_page_asks_on_return(cast, server):
    diner = cast.diner("mei")
    add_dishes(diner, 1)
    no = submit(diner)
    cashier = to_cashier(diner, no)
    cashier.click("[data-action=cancel]")
    expect(cashier.locator("body")).to_contain_text("您取消了付款")
    number = cashier.locator("dd").first.inner_text()
    cashier.close()
    with diner.expect_request("**/payment/sync/"):
        diner.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    attempt(diner, no, "等待付款")
    again = to_cashier(diner, no)
    expect(again.locator("dd").first).to_have_text(number)
    again.goto(server.base_url + "/sandbox/wechat/cashier/")
    again.locator("[data-prepay] [data-action=pay]").first.click()
    expect(again.locator("[data-state=SUCCESS]")).to_be_visible()
    status(diner, no, "placed")
    assert cast.faults == []


WECHAT = """window.WeixinJSBridge = {
  async invoke(name, params, done) {
    window.asked = { name, ...params };
    const id = params.package.replace("prepay_id=", "");
    const paid = await fetch(`/sandbox/wechat/cashier/${id}/pay/`, { method: "POST" });
    done({ err_msg: `get_brand_wcpay_request:${paid.ok ? "ok" : "fail"}` });
  },
};"""


def test_inside_wechat_its_bridge_pays(cast):
    """The phone's app is played by a script: it takes the parameters and pays with them."""
    diner = cast.diner("jun")
    diner.evaluate(WECHAT)
    add_dishes(diner, 1)
    no = submit(diner)
    press(diner, no, "pay")
    status(diner, no, "placed")
    money(diner, no, "paid")
    asked = diner.evaluate("window.asked")
    assert asked["name"] == "getBrandWCPayRequest"
    assert asked.keys() >= {"appId", "timeStamp", "nonceStr", "package", "signType", "paySign"}
    assert len(diner.context.pages) == 1
    assert cast.faults == []
