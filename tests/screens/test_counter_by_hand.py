"""The counter by hand: the alarm, an order's drawer, orders for guests, tables, 估清, devices and reports."""

import uuid

import pytest
from playwright.sync_api import expect

from tests.screens.pages import card, opened, rest, status, token_of

pytestmark = pytest.mark.browser
# The voice is written down, and the alarm's eight seconds pass faster.
HEARD = """window.heard = []; window.speechSynthesis.speak = (words) => window.heard.push(words.text);
const wait = window.setTimeout;
window.setTimeout = (run, ms, ...rest) => wait(run, ms === 8000 ? 400 : ms, ...rest);"""
RANG = "window.heard.filter((words) => words === '您有新的订单').length"


def key():
    return {"Idempotency-Key": uuid.uuid4().hex}


def order(server, who, *, names=("米饭",), table=None, paid=True, accepted=False):
    """An order made outside the pages."""
    counter = token_of(server, "counter")
    menu = rest(server, "/api/v1/stores/demo/menu/")
    dishes = {dish["name"]: dish["id"] for part in menu["categories"] for dish in part["dishes"]}
    lines = [{"dish": dishes[name], "quantity": 2, "options": [], "remark": ""} for name in names]
    body = {"store": "demo", "kind": "dine_in" if table else "pickup", "table_token": table, "lines": lines}
    made = rest(server, "/api/v1/orders/", body, token_of(server, who), **key())
    if paid:
        rest(server, f"/api/v1/orders/{made['no']}/pay/", {"channel": "cash"}, counter, **key())
    if accepted:
        rest(server, f"/api/v1/orders/{made['no']}/accept/", {}, counter)
    return made["no"]


def fact(server, no):
    return rest(server, f"/api/v1/orders/{no}/", token=token_of(server, "counter"))


def at_work(cast, name="counter", who=None, heard=False):
    """The counter's page, logged in and current; ``heard``: see HEARD."""
    page = cast.open(name)
    if heard:
        page.add_init_script(HEARD)
        page.reload()
    page.fill("[name=username]", who or name)
    page.fill("[name=password]", "demo")
    page.click("#staff-form button")
    page.select_option("#choose-form [name=store]", "demo")
    page.click("#choose-form button")
    expect(page.locator("#truth")).to_have_attribute("data-state", "current")
    return page


def room(page, name):
    page.click(f"[data-to={name}]")
    expect(page.locator(f"[data-room={name}]")).to_be_visible()
    return page.locator(f"[data-room={name}]")


def rung(page, times):
    """Wait until the alarm was heard so often; the page's policy forbids Playwright's own waiting."""
    for _ in range(100):
        if page.evaluate(RANG) >= times:
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"rang {page.evaluate(RANG)} times, not {times}")


def test_the_alarm_repeats_until_the_order_is_taken_and_enter_takes_the_oldest(cast, server):
    counter = at_work(cast, heard=True)
    first, second = order(server, "lin"), order(server, "mei")
    expect(counter.locator("#alarm")).to_be_visible()
    expect(counter).to_have_title("(2) 新订单 · 前台")
    rung(counter, 4)
    counter.keyboard.press("Enter")
    status(counter, first, "accepted")
    assert fact(server, second)["status"] == "placed"
    rung(counter, 6)
    counter.keyboard.press("m")
    expect(counter.locator("#alarm")).to_be_hidden()
    rang = counter.evaluate(RANG)
    counter.wait_for_timeout(1000)
    assert counter.evaluate(RANG) == rang
    third = order(server, "jun")
    rung(counter, rang + 1)
    for no in (second, third):
        card(counter, no).locator("[data-action=reject]").click()
        counter.click('[data-action="reject:sold_out"]')
        expect(card(counter, no)).to_have_count(0)
        assert fact(server, no)["status"] == "rejected"
    rang = counter.evaluate(RANG)
    counter.wait_for_timeout(1000)
    assert counter.evaluate(RANG) == rang
    expect(counter).to_have_title("前台")
    assert cast.faults == []


def test_a_page_that_may_not_sound_says_so(cast):
    counter = at_work(cast)
    expect(counter.locator("#quiet")).to_be_hidden()
    counter.add_init_script("delete window.AudioContext;")
    counter.reload()
    expect(counter.locator("#quiet")).to_be_visible()


def test_the_drawer_tells_who_did_what_and_gives_portions_back(cast, server):
    counter = at_work(cast)
    no = order(server, "hua", names=("米饭", "番茄蛋花汤"), accepted=True)
    line = next(one for one in fact(server, no)["lines"] if one["name"] == "番茄蛋花汤")
    drawer = opened(counter, no)
    expect(drawer.locator("[data-event]")).to_have_count(3)
    expect(drawer.locator("[data-event='order.submitted']")).to_contain_text("顾客")
    expect(drawer.locator("[data-event='order.accepted']")).to_contain_text("方前台")
    told = rest(server, f"/api/v1/orders/{no}/events/", token=token_of(server, "counter"))["results"]
    at = drawer.locator("[data-event='order.accepted'] time").get_attribute("datetime")
    assert at == next(frame["at"] for frame in told if frame["event"] == "order.accepted")
    drawer.locator("[data-action=refunds]").click()
    drawer.locator(f"[data-portions='{line['id']}']").fill("1")
    drawer.locator("[data-action=refund-lines]").click()
    expect(drawer.locator("[data-refund][data-state=succeeded]")).to_have_count(1)
    assert fact(server, no)["refunded_fen"] == line["unit_price_fen"]
    expect(drawer.locator("[data-event='refund.succeeded']")).to_contain_text("方前台")
    drawer.locator(f"[data-line='{line['id']}'] [data-action=void]").first.click()
    counter.click('[data-action="void:sold_out"]')
    expect(drawer.locator(f"section > ul > [data-line='{line['id']}']")).to_have_attribute(
        "data-state", "voided"
    )
    counter.click("dialog [data-action=cancel]")
    counter.click('[data-action="cancel:guest"]')
    expect(drawer.locator("[data-event='order.cancelled']")).to_contain_text("顾客要求")
    assert fact(server, no)["status"] == "cancelled"
    drawer.locator("[data-event='order.accepted'] summary").click()
    expect(drawer.locator("[data-event='order.accepted'] .then li")).to_have_count(2)
    assert cast.faults == []


COUNT = """() => {
  window.touched = 0;
  const made = ({ addedNodes }) => [...addedNodes].filter((node) => node.nodeType === 1).length;
  const count = (records) => records.forEach((record) => (window.touched += made(record)));
  new MutationObserver(count).observe(document.querySelector("#live"), { childList: true, subtree: true });
}"""
MARK = """() => {
  const touched = window.touched;
  window.touched = 0;
  document.querySelectorAll("[data-order] [data-action]").forEach((button) => (button.marked = true));
  return touched;
}"""
KEPT = "[...document.querySelectorAll('[data-order] [data-action]')].every((button) => button.marked)"


def test_an_event_touches_its_own_card_alone_and_leaves_its_buttons(cast, server):
    """As much DOM work with nine orders more, and the button under a finger stays."""
    manager = token_of(server, "manager")
    # Promised times move for all of them, as events of their own.
    rest(server, "/api/v1/stores/demo/", {"tells_eta": False}, manager, "PATCH")
    counter = at_work(cast)
    counter.evaluate(COUNT)
    touched, names = [], ("米饭", "番茄蛋花汤", "葱油拌面")
    for others in (0, 9):
        for number in range(others):
            order(server, f"many{number}", accepted=True)
        no = order(server, f"one{others}", names=names, accepted=True)
        status(counter, no, "accepted")
        expect(card(counter, no).locator("[data-action=open]")).to_be_visible()
        lines = fact(server, no)["lines"]
        rest(server, f"/api/v1/kitchen/lines/{lines[0]['id']}/ready/", {}, token_of(server, "kitchen"))
        expect(card(counter, no).locator("progress")).to_have_attribute("value", "1")
        while counter.evaluate(MARK):  # what is allowed is still being asked
            counter.wait_for_timeout(1000)
        rest(server, f"/api/v1/kitchen/lines/{lines[1]['id']}/ready/", {}, token_of(server, "kitchen"))
        expect(card(counter, no).locator("progress")).to_have_attribute("value", "2")
        touched.append(counter.evaluate("window.touched"))
        assert counter.evaluate(KEPT)
    assert touched[0] == touched[1] <= 3
    rest(server, "/api/v1/stores/demo/", {"tells_eta": True}, manager, "PATCH")
    assert cast.faults == []


def test_an_order_for_a_guest_in_cash_and_found_again(cast, server):
    counter = at_work(cast)
    counter.keyboard.press("n")
    compose = counter.locator("[data-room=compose]")
    compose.locator("input[type=search]").fill("米饭")
    expect(compose.locator(".dish")).to_have_count(1)
    compose.locator(".dish").click(click_count=2)
    expect(compose.locator("[data-total]")).to_have_text("¥4.00")
    compose.locator("[name=remark]").fill("打包 𠮷")
    compose.locator("[data-action=submit-cash]").click()
    placed = counter.locator("#new article", has_text="打包 𠮷")
    expect(placed).to_have_attribute("data-status", "placed")
    made = fact(server, placed.get_attribute("data-order"))
    assert (made["kind"], made["payment_status"], made["paid_fen"]) == ("pickup", "paid", 400)
    counter.fill("#search", made["pickup_no"].lower())
    expect(counter.locator("#found article")).to_have_count(1)
    counter.locator("#found [data-action=accept]").click()
    expect(counter.locator("#found article")).to_have_attribute("data-status", "accepted")
    assert cast.faults == []


def test_a_table_from_the_first_guest_to_the_last(cast, server):
    counter = at_work(cast)
    rows = rest(server, "/api/v1/stores/demo/tables/?page_size=100", token=token_of(server, "counter"))[
        "results"
    ]
    tokens = {row["code"]: row["table_token"] for row in rows}
    tables = room(counter, "tables")
    tile = tables.locator("[data-table=t3]")
    tile.click()
    counter.click("[data-action=open-table]")
    expect(tile).to_have_attribute("data-state", "open")
    no = order(server, "qin", table=tokens["t3"], paid=False)
    expect(tile).to_contain_text("¥4.00")
    counter.click("[data-action=move]")
    counter.click("[data-to-table=t5]")
    expect(tile).to_have_attribute("data-state", "free")
    moved = tables.locator("[data-table=t5]")
    expect(moved).to_contain_text("¥4.00")
    assert fact(server, no)["table"]["code"] == "t5"
    moved.click()
    counter.click("[data-action=settle]")
    expect(moved).to_have_attribute("data-state", "settling")
    counter.click("[data-action=pay-table]")
    counter.click("[data-action=confirm]")
    expect(moved).to_contain_text("已付清")
    assert fact(server, no)["payment_status"] == "paid"
    rest(server, f"/api/v1/orders/{no}/cancel/", {"reason": "guest"}, token_of(server, "counter"))
    counter.click("[data-action=close-table]")
    counter.click("[data-action=confirm]")
    expect(moved).to_have_attribute("data-state", "free")
    counter.keyboard.press("Escape")
    with counter.expect_popup() as sheet:
        counter.click("[data-action=codes]")
    expect(sheet.value.locator("#codes img")).to_have_count(len(rows))
    expect(sheet.value.locator("#codes li").first).to_contain_text(f"/t/{tokens['t1']}/")
    assert cast.faults == []


def test_a_dish_is_taken_off_limited_and_put_back(cast, server):
    counter = at_work(cast)
    dish = room(counter, "dishes").locator("#dishes li", has_text="葱油拌面")
    dish.locator("[data-action=sell-out]").click()
    counter.click('[data-action="until:2"]')
    expect(dish).to_have_attribute("data-out", "true")
    expect(dish).to_contain_text("已估清 · 到")
    dish.locator("[data-action=restore]").click()
    expect(dish).to_have_attribute("data-out", "false")
    dish.locator("[data-action=portions]").click()
    counter.fill("[name=portions]", "7")
    counter.click("[data-action=set-portions]")
    expect(dish).to_contain_text("剩 7 份")
    assert cast.faults == []


def test_a_tablet_is_paired_is_online_and_its_silence_is_told(cast, server):
    manager = at_work(cast, who="manager")
    devices = room(manager, "devices")
    devices.locator("[data-action=pair]").click()
    manager.select_option("dialog [name=station]", "wok")
    manager.fill("dialog [name=name]", "热炒平板")
    manager.click("[data-action=make-code]")
    code = manager.locator("output.code").inner_text()
    assert len(code) == 6
    tablet = cast.open("kitchen")
    tablet.fill("[name=code]", code)
    tablet.click("#claim-form button")
    expect(tablet.locator("#truth")).to_have_attribute("data-state", "current")
    row = devices.locator("li", has_text="热炒平板")
    expect(row).to_have_attribute("data-online", "true", timeout=20_000)
    expect(manager.locator("dialog")).to_have_count(0)
    expect(row).to_contain_text("热炒")
    tablet.close()
    del cast.pages["kitchen"]
    no = order(server, "ren", names=("番茄蛋花汤",), accepted=True)
    expect(manager.locator("#unseen")).to_contain_text("热炒 没有看到新单", timeout=40_000)
    rest(server, f"/api/v1/orders/{no}/cancel/", {"reason": "guest"}, token_of(server, "counter"))
    devices.locator("[data-action=revoke]").click()
    manager.click("[data-action=confirm]")
    expect(row).to_have_count(0)
    expect(manager.locator("#unseen")).to_be_hidden(timeout=20_000)
    assert cast.faults == []


def test_reports_for_the_manager_in_english_and_a_word_for_others(cast, server):
    counter = at_work(cast)
    expect(room(counter, "reports")).to_contain_text("报表给店长看")
    manager = at_work(cast, who="manager")
    manager.click("#language")
    expect(manager.locator("[data-to=orders]")).to_contain_text("Orders")
    reports = room(manager, "reports")
    expect(reports.locator("[data-report=turnover] svg.chart rect").last).to_be_visible()
    expect(reports.locator(".figure").first).to_contain_text("Turnover")
    with manager.expect_download() as file:
        reports.locator("[data-action='csv:turnover']").click()
    assert file.value.suggested_filename.endswith(".csv")
    manager.keyboard.press("?")
    expect(manager.locator("dialog")).to_contain_text("Keyboard shortcuts")
    assert cast.faults == []
