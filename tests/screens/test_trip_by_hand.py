"""A whole trip by hand: four pages of a real server, clicked like people click; then trouble on the way."""

import pytest
from playwright.sync_api import expect

from tests.screens.pages import add_dishes, card, own_orders, press, rest, status, submit, token_of

pytestmark = pytest.mark.browser


def test_the_whole_trip(cast, server):
    rest(server, "/api/v1/stores/demo/", {"two_step": True}, token_of(server, "manager"), method="PATCH")
    diner, counter, kitchen, board = cast.diner("lin"), *map(cast.staff, ("counter", "kitchen", "board"))
    cast.all_current()
    add_dishes(diner)
    no = submit(diner)
    status(counter, no, "pending_payment")
    press(counter, no, "pay")
    status(diner, no, "placed")
    cast.shoot("placed")
    number = card(diner, no).locator(".number").inner_text()
    press(counter, no, "accept")
    status(diner, no, "accepted")
    expect(board.locator("#preparing b", has_text=number)).to_be_visible()
    press(kitchen, no, "start")
    expect(card(diner, no).locator('li[data-state="cooking"]')).to_have_count(1)
    status(counter, no, "preparing")
    cast.shoot("cooking")
    tickets = card(kitchen, no).locator('[data-action="all-ready"]')
    while tickets.count():
        left = tickets.count()
        tickets.first.click()
        expect(tickets).to_have_count(left - 1)
        kitchen.wait_for_timeout(400)  # at the same spot: a second tap, not a bounce of the first
    status(diner, no, "ready")
    expect(board.locator("#ready b", has_text=number)).to_be_visible()
    status(counter, no, "ready")
    cast.shoot("ready")
    press(counter, no, "complete")
    status(diner, no, "completed")
    for page in (counter, kitchen):
        expect(card(page, no)).to_have_count(0)
    expect(board.locator("b", has_text=number)).to_have_count(0)
    cast.all_current()
    cast.shoot("completed")
    rest(server, "/api/v1/stores/demo/", {"two_step": False}, token_of(server, "manager"), method="PATCH")
    assert cast.faults == []


def test_rejected_with_a_reason_and_sold_out_live(cast):
    diner, counter = cast.diner("mei"), cast.staff("counter")
    add_dishes(diner, 1)
    no = submit(diner)
    press(counter, no, "pay")
    press(counter, no, "reject")
    counter.click('[data-action="reject:busy"]')
    status(diner, no, "rejected")
    expect(card(counter, no)).to_have_count(0)
    counter.click("[data-to=dishes]")
    dish = counter.locator("#dishes li", has_text="凉拌木耳")
    dish_id = dish.get_attribute("data-dish")
    dish.locator('[data-action="sell-out"]').click()
    counter.click('[data-action="until:next_day"]')
    sold_out = diner.locator(f'.dish[data-dish="{dish_id}"]')
    expect(sold_out).to_contain_text("已售罄")
    expect(sold_out.locator("[data-action=add]")).to_be_disabled()
    counter.locator(f'#dishes li[data-dish="{dish_id}"] [data-action=restore]').click()
    expect(sold_out.locator("[data-action=add]")).to_be_enabled()
    assert cast.faults == []


def test_a_server_killed_under_open_pages(cast, server):
    diner, counter, kitchen = cast.diner("jun"), cast.staff("counter"), cast.staff("kitchen")
    cast.staff("board")
    add_dishes(diner, 1)
    first = submit(diner)
    press(counter, first, "pay")
    press(counter, first, "accept")
    status(kitchen, first, "accepted")
    cast.all_current()
    server.kill()
    for page in cast.pages.values():
        expect(page.locator("#truth")).to_have_attribute("data-state", "stale", timeout=3000)
        expect(page.locator("#truth")).to_contain_text("秒没有新消息")
    cast.shoot("down")
    status(kitchen, first, "accepted")
    server.start()
    token, counter_token = token_of(server, "bo"), token_of(server, "counter")
    dish = rest(server, "/api/v1/stores/demo/menu/")["categories"][-1]["dishes"][0]
    body = {"store": "demo", "kind": "pickup", "table_token": None, "coupon": None, "remark": ""}
    body["lines"] = [{"dish": dish["id"], "quantity": 1, "options": required(dish), "remark": ""}]
    key = {"Idempotency-Key": "made-while-the-pages-were-away"}
    second = rest(server, "/api/v1/orders/", body, token, **key)["no"]
    pay = {"Idempotency-Key": "paid-while-the-pages-were-away"}
    rest(server, f"/api/v1/orders/{second}/pay/", {"channel": "cash"}, counter_token, **pay)
    rest(server, f"/api/v1/orders/{second}/accept/", {}, counter_token)
    cast.all_current(timeout=20_000)
    for no in (first, second):
        status(counter, no, "accepted")
        status(kitchen, no, "accepted")
    status(diner, first, "accepted")
    press(kitchen, first, "all-ready")
    status(diner, first, "ready")
    cast.shoot("back")
    assert cast.faults == []


def required(dish):
    groups = [group for group in dish["option_groups"] if group["required"]]
    return [option["id"] for group in groups for option in group["options"][: max(group["min"], 1)]]


def lose_answers(page):
    """The server takes every submission, the page never hears of it."""

    def lose(route):
        if route.request.method != "POST":
            return route.continue_()
        route.fetch()
        return route.abort()

    page.route("**/api/v1/orders/", lose)


@pytest.mark.parametrize(("who", "forgets", "orders"), [("an", False, 1), ("bai", True, 2)])
def test_a_submission_whose_answer_was_lost(cast, server, who, forgets, orders):
    """The key survives a reload, so there is one order; the control forgets it and gets two."""
    diner = cast.diner(who)
    add_dishes(diner, 1)
    lose_answers(diner)
    diner.click("[data-action=checkout]")
    diner.click("#submit")
    expect(diner.locator("#message")).to_contain_text("网络不通")
    expect(diner.locator("#submit")).to_have_text("继续提交")
    diner.unroute("**/api/v1/orders/")
    if forgets:
        diner.evaluate("localStorage.removeItem('kaifan.submission.demo')")
    diner.reload()
    if forgets:
        diner.click("[data-action=checkout]")
        diner.click("#submit")
    expect(diner.locator("#cart-bar")).to_be_hidden()
    expect(diner.locator("#orders article")).to_have_count(orders)
    assert len(own_orders(server, who)) == orders
    assert cast.faults == []


def test_from_the_landing_to_a_table(cast):
    landing, counter = cast.open("landing"), cast.staff("counter")
    cast.shoot("landing")
    diner = cast.through(landing, "[data-screen=diner] >> nth=1")
    expect(diner.locator("#logout")).to_be_visible()
    add_dishes(diner, 1)
    no = submit(diner, "不要香菜 🌶 𠮷")
    expect(card(counter, no)).to_contain_text("堂食")
    expect(card(counter, no)).to_contain_text("不要香菜 🌶 𠮷")
    name = card(counter, no).locator(".number").inner_text()
    expect(card(diner, no)).to_contain_text(name)
    diner.click("[data-action=cancel]")
    status(diner, no, "cancelled")
    expect(card(counter, no)).to_have_count(0)
    assert cast.faults == []


def test_a_paired_tablet_works_until_it_is_revoked(cast, server):
    manager = token_of(server, "manager")
    wanted = {"store": "demo", "kind": "kitchen", "station": "wok", "name": "热炒平板"}
    pairing = rest(server, "/api/v1/devices/pair/", wanted, manager)
    tablet = cast.open("kitchen")
    tablet.fill("[name=code]", pairing["code"].lower())
    tablet.click("#claim-form button")
    cast.all_current()
    expect(tablet.locator("#who")).to_have_text("热炒平板")
    tablet.reload()
    cast.all_current()
    rest(server, f"/api/v1/devices/{pairing['device']['id']}/", token=manager, method="DELETE")
    expect(tablet.locator("#truth")).to_have_attribute("data-state", "stale", timeout=3000)
    expect(tablet.locator("#login")).to_be_visible()
    expect(tablet.locator("#work")).to_be_hidden()
    assert cast.faults == []


def test_a_refused_login_is_said_and_leaves_the_form(cast):
    page = cast.open("counter")
    page.fill("[name=username]", "counter")
    page.fill("[name=password]", "wrong")
    page.click("#staff-form button")
    expect(page.locator("#message")).to_be_visible()
    expect(page.locator("#login")).to_be_visible()
    assert cast.faults == []
