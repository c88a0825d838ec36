"""The phone of a guest: coupons, options, tracking, a review; and a table that orders together."""

import pytest
from playwright.sync_api import expect

from tests.screens.pages import add_dishes, card, press, rest, status, submit, token_of

pytestmark = pytest.mark.browser


def staff(server, who, path, body=None):
    return rest(server, f"/api/v1/{path}", {} if body is None else body, token_of(server, who), **key(path))


def key(path):
    return {"Idempotency-Key": path.replace("/", "-")[:60]}


def pay_and_accept(server, no):
    staff(server, "counter", f"orders/{no}/pay/", {"channel": "cash"})
    return staff(server, "counter", f"orders/{no}/accept/")


def make_all(server, order):
    for line in order["lines"]:
        staff(server, "kitchen", f"kitchen/lines/{line['id']}/ready/")


def choose(diner, dish, *options, remark=""):
    """Put a dish into the cart with these options."""
    diner.locator(f'.dish:has(h3:text-is("{dish}")) [data-action=add]').click()
    for option in options:
        diner.locator(f'.chip:has-text("{option}")').click()
    if remark:
        diner.fill("dialog [name=remark]", remark)
    if options or remark:
        diner.click("[data-action=choose]")


def test_a_guest_from_coupon_to_review(cast, server):
    diner = cast.diner("yun")
    diner.locator(".claim", has_text="满50减8").locator("[data-action=claim]").click()
    expect(diner.locator("#message")).to_contain_text("领到了")
    choose(diner, "宫保鸡丁", "特辣", "大份", remark="花生另放")
    choose(diner, "清蒸鲈鱼")
    expect(diner.locator("#cart-total")).to_have_text("约 ¥116")
    diner.click("[data-action=checkout]")
    expect(diner.locator(".coupons input:checked")).to_have_count(1)
    expect(diner.locator(".saving")).to_have_text("-¥8.00")
    expect(diner.locator("#submit")).to_have_text("提交订单 ¥108.00")
    cast.shoot("checkout")
    diner.keyboard.press("Escape")
    no = submit(diner, "快一点")
    order = pay_and_accept(server, no)
    assert (order["total_fen"], order["discount_fen"]) == (10800, 800)
    assert [line["remark"] for line in order["lines"]] == ["花生另放", ""]
    status(diner, no, "accepted")
    expect(card(diner, no).locator(".expect")).to_contain_text("分钟")
    expect(card(diner, no).locator(".ahead")).to_contain_text("前面还有 1 份")
    press(diner, no, "rush")
    expect(card(diner, no)).to_contain_text("已催单")
    staff(server, "kitchen", f"orders/{no}/rush/answer/", {"answer": "soon"})
    expect(card(diner, no)).to_contain_text("后厨：马上好")
    make_all(server, order)
    status(diner, no, "ready")
    expect(card(diner, no)).to_contain_text("做好了，请来取餐")
    press(diner, no, "complete")
    press(diner, no, "review")
    diner.locator("dialog .stars").first.locator(".star").nth(4).click()
    diner.locator("dialog .stars").nth(1).locator(".star").nth(3).click()
    diner.fill("dialog [name=text]", "又快又好 🌶")
    cast.shoot("review")
    diner.click("[data-action=send-review]")
    expect(card(diner, no).locator("[data-action=review]")).to_have_count(0)
    (review,) = rest(server, "/api/v1/reviews/mine/", token=token_of(server, "yun"))["results"]
    assert (review["rating"], [row["rating"] for row in review["dishes"]]) == (5, [4])
    press(diner, no, "reorder")
    expect(diner.locator("#cart-count")).to_have_text("2")
    assert cast.faults == []


def test_a_table_orders_together_and_only_once(cast, server):
    landing = cast.open("landing")
    lin = cast.through(landing, "[data-screen=diner] >> nth=1")
    expect(lin.locator("#logout")).to_be_visible()
    other = cast.open("diner")
    other.goto(lin.url)
    bo = cast.known_as(other, "bo")
    expect(bo.locator("#logout")).to_be_visible()
    choose(lin, "清蒸鲈鱼")
    choose(bo, "蒜蓉西兰花")
    for page in (lin, bo):
        expect(page.locator("#cart-count")).to_have_text("2")
        page.click("[data-action=checkout]")
        expect(page.locator("#cart-lines li")).to_have_count(2)
    expect(lin.locator("#cart-lines")).to_contain_text("bo 点的")
    expect(lin.locator("#cart-lines .stepper")).to_have_count(1)
    cast.shoot("table-cart")
    lin.evaluate("document.querySelector('#submit').click()")
    bo.evaluate("document.querySelector('#submit').click()")
    for page in (lin, bo):
        expect(page.locator("#orders article")).to_have_count(1)
        expect(page.locator("#orders [data-line]")).to_have_count(2)
        expect(page.locator("#cart-bar")).to_be_hidden()
    no = lin.locator("#orders article").get_attribute("data-order")
    pay_and_accept(server, no)
    press(lin, no, "more")
    expect(lin.locator("#menu-page")).to_be_visible()
    assert cast.faults == []


def test_the_phone_in_english(cast):
    diner = cast.open("diner")
    diner.click("#language")
    expect(diner.locator("#tab-orders")).to_contain_text("My orders")
    cast.known_as(diner, "amy")
    add_dishes(diner, 1)
    no = submit(diner)
    expect(card(diner, no)).to_contain_text("To be paid")
    expect(card(diner, no).locator("[data-action=pay]")).to_contain_text("WeChat Pay ¥")
    press(diner, no, "cancel")
    status(diner, no, "cancelled")
    assert cast.faults == []
