"""Cooks at their tablets: taps, recalls, rushes, marks, keys; dead networks; two tablets at one station."""

import pytest
from playwright.sync_api import expect

from tests.screens.kitchens import Shift, enter, pretended, sounds
from tests.screens.pages import SOON, card, rest, until

pytestmark = pytest.mark.browser
PLAIN = ("蒜蓉西兰花", "扬州炒饭")


@pytest.fixture(scope="module")
def shift(server):
    return Shift(server)


@pytest.fixture
def tablets(browser, server, request):
    """Makes tablets; nothing may go wrong inside them."""
    contexts, faults = [], []

    def tablet(locale="zh-CN", **options):
        context = browser.new_context(viewport={"width": 1280, "height": 800}, locale=locale, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(SOON)
        page.on("pageerror", lambda error: faults.append(str(error)))
        return enter(page, server.base_url)

    yield tablet
    for context in contexts:
        context.close()
    assert faults == []


def dish(page, no, name):
    return card(page, no).locator(".line", has_text=name)


def finish(page, no, shift):
    """The cook calls the ticket ready, whatever the test left of it, and the server knows."""
    card(page, no).locator(".head").dispatch_event("click")
    expect(card(page, no)).to_have_count(0)
    shift.settled(page, no, ["voided" if state == "voided" else "ready" for state in shift.states(no)])


def test_a_tap_is_ready_and_can_be_taken_back(tablets, shift):
    page = tablets()
    no = shift.order(*PLAIN)
    dish(page, no, PLAIN[0]).click()
    expect(card(page, no).locator(".done")).to_have_text("已出 1 道")
    expect(dish(page, no, PLAIN[0])).to_have_count(0)
    expect(page.locator("#undo")).to_be_visible()
    page.click("#recall")
    page.locator(".rows li", has_text=PLAIN[0]).first.locator("[data-action=recall]").click()
    page.keyboard.press("Escape")
    expect(dish(page, no, PLAIN[0])).to_be_visible()
    card(page, no).locator(".head").click()
    expect(card(page, no)).to_have_count(0)
    page.click("#undo")
    expect(card(page, no).locator(".line")).to_have_count(2)
    finish(page, no, shift)
    expect(page.locator("#unsent")).to_be_hidden()
    shift.settled(page, no, ["ready", "ready"])


def test_a_bouncing_finger_does_not_bump_the_next_dish(tablets, shift):
    page = tablets()
    no = shift.order(*PLAIN)
    box = dish(page, no, PLAIN[0]).bounding_box()
    for _ in range(3):
        page.mouse.click(box["x"] + 80, box["y"] + 20, delay=0)
    expect(card(page, no).locator(".line")).to_have_count(1)
    shift.settled(page, no, ["ready", "queued"])
    finish(page, no, shift)


def test_two_steps_where_the_store_wants_them(tablets, shift):
    shift.settings(two_step=True)
    page = tablets()
    no = shift.order(PLAIN[0])
    line = dish(page, no, PLAIN[0])
    line.locator("[data-action=start]").click()
    expect(card(page, no).locator('[data-state="cooking"]')).to_contain_text("在做")
    shift.settled(page, no, ["cooking"])
    page.wait_for_timeout(400)  # a second tap of the hand, not a bounce of the first
    line.locator("[data-action=ready]").click()
    expect(card(page, no)).to_have_count(0)
    shift.settings(two_step=False)


def test_a_rush_is_answered_on_the_card(tablets, shift):
    page = tablets()
    no = shift.order(PLAIN[0])
    expect(card(page, no)).to_be_visible()
    shift.ask(f"/api/v1/orders/{no}/rush/", {}, "lin")
    expect(card(page, no)).to_contain_text("催单 1 次")
    assert sounds(page, "988,988,988") == 1
    card(page, no).locator('[data-action="rush:five_minutes"]').click()
    expect(card(page, no)).to_contain_text("已答：还要 5 分钟")
    expect(page.locator("#unsent")).to_be_hidden()
    until(page, "!document.querySelector('[data-waiting]')")
    expect(card(page, no).locator(".answers")).to_have_count(0)
    finish(page, no, shift)
    assert shift.ask(f"/api/v1/orders/{no}/")["rush_answer"] == "five_minutes"


def test_voids_stay_marked_until_somebody_has_read_them(tablets, shift):
    page = tablets()
    no, gone = shift.order(*PLAIN), shift.order(PLAIN[1])
    expect(card(page, gone)).to_be_visible()
    shift.void(no, PLAIN[0])
    shift.ask(f"/api/v1/orders/{gone}/cancel/", {"reason": "guest"}, "counter")
    for order in (no, gone):
        expect(card(page, order).locator('[data-state="voided"]')).to_contain_text("已退")
    page.wait_for_timeout(1100)  # what was seen is written once a second
    page.reload()
    for order in (no, gone):
        expect(card(page, order).locator('[data-state="voided"]')).to_have_count(1)
        card(page, order).locator('[data-state="voided"] button').click()
    expect(card(page, gone)).to_have_count(0)
    expect(card(page, no).locator(".line")).to_have_count(1)
    finish(page, no, shift)


def test_a_long_press_takes_a_dish_off_the_menu(tablets, shift, server):
    page = tablets()
    no = shift.order(PLAIN[0])
    dish(page, no, PLAIN[0]).click(delay=700)
    expect(page.locator("dialog")).to_contain_text(f"估清 {PLAIN[0]}？")
    page.click("[data-action=confirm]")
    expect(page.locator("dialog")).to_have_count(0)
    page.click("#sold-out")
    row = page.locator(f'.rows [data-dish="{shift.dishes[PLAIN[0]]["id"]}"]')
    expect(row).to_contain_text("已估清")
    row.locator("[data-action=restore]").click()
    expect(row.locator("[data-action=sell-out]")).to_be_enabled()
    page.keyboard.press("Escape")
    finish(page, no, shift)
    menu = rest(server, "/api/v1/stores/demo/menu/")
    assert not any(one["sold_out"] for group in menu["categories"] for one in group["dishes"])


def test_a_bump_bar_needs_no_finger(tablets, shift):
    page = tablets()
    first, second = shift.order(*PLAIN), shift.order(PLAIN[0])
    expect(card(page, second)).to_be_visible()
    for key in ("ArrowRight", "ArrowDown", "ArrowDown", "Enter"):
        page.keyboard.press(key)
    expect(card(page, first).locator(".line")).to_have_count(1)
    page.keyboard.press("2")
    expect(card(page, second)).to_have_count(0)
    page.keyboard.press("u")
    expect(card(page, second)).to_be_visible()
    for key, title in (("s", "待做汇总"), ("r", "最近出品"), ("?", "键盘与出餐键盘"), ("x", "估清")):
        page.keyboard.press(key)
        expect(page.locator("dialog h2")).to_have_text(title)
        page.keyboard.press("Escape")
        expect(page.locator("dialog")).to_have_count(0)
    page.keyboard.press("p")
    card(page, first).locator("[data-action=serve]").click()
    expect(card(page, first)).to_have_count(0)
    page.keyboard.press("p")
    page.keyboard.press("1")
    expect(card(page, first)).to_have_count(0)
    page.keyboard.press("1")
    expect(card(page, second)).to_have_count(0)
    expect(page.locator("#empty")).to_be_visible()
    shift.settled(page, first, ["ready", "served"])
    shift.settled(page, second, ["ready"])


def test_two_tablets_at_one_station(tablets, shift):
    """A bump on one shows on the other; both tap the same dish: one wins, the other hears no error."""
    one, other = tablets(service_workers="block"), tablets(service_workers="block")
    no = shift.order(*PLAIN)
    dish(one, no, PLAIN[0]).click()
    expect(dish(other, no, PLAIN[0])).to_have_count(0)
    held = []
    other.route("**/ready/", lambda route: held.append(route))
    dish(other, no, PLAIN[1]).click()
    expect(card(other, no)).to_have_count(0)
    one.wait_for_timeout(400)  # a second tap at the same spot, not a bounce of the first
    dish(one, no, PLAIN[1]).click()
    expect(card(one, no)).to_have_count(0)
    shift.settled(one, no, ["ready", "ready"])
    held[0].continue_()
    other.wait_for_timeout(300)
    expect(card(other, no)).to_have_count(0)
    for page in (one, other):
        expect(page.locator("#message")).to_be_hidden()
    assert [line["version"] for line in shift.lines(no).values()] == [2, 2]


def test_a_tap_that_came_too_late_is_refused_aloud(tablets, shift):
    page = tablets(service_workers="block")
    no = shift.order(*PLAIN)
    expect(card(page, no)).to_be_visible()
    page.route("**/ready/", lambda route: route.abort())
    dish(page, no, PLAIN[0]).click()
    waiting = card(page, no).locator("[data-waiting]")
    expect(waiting).to_contain_text("待发送")
    shift.void(no, PLAIN[0])
    page.unroute("**/ready/")
    expect(page.locator("#message")).to_contain_text(PLAIN[0])
    expect(card(page, no).locator('[data-state="voided"]')).to_have_count(1)
    expect(waiting).to_have_count(0)
    card(page, no).locator('[data-state="voided"] button').click()
    finish(page, no, shift)


def test_a_dead_server_a_reload_and_a_new_start(tablets, shift, server):
    """Taps made meanwhile are grey, survive the reload, are sent once; what came meanwhile rings once."""
    page = tablets()
    until(page, "Boolean(navigator.serviceWorker.controller)")
    first, second = shift.order(*PLAIN), shift.order(PLAIN[1])
    expect(card(page, second)).to_be_visible()
    rung = sounds(page)
    page.wait_for_timeout(1100)
    server.kill()
    expect(page.locator("#truth")).to_have_attribute("data-state", "stale", timeout=3000)
    dish(page, first, PLAIN[0]).click()
    card(page, second).locator(".head").click()
    expect(page.locator(".line[data-waiting]")).to_have_count(2)
    expect(page.locator("#unsent")).to_contain_text("2 个操作待发送")
    page.reload()
    expect(page.locator(".line[data-waiting]")).to_have_count(2)
    expect(card(page, first).locator(".line")).to_have_count(2)
    server.start()
    third = shift.order(PLAIN[0])
    expect(page.locator("#truth")).to_have_attribute("data-state", "current", timeout=20_000)
    expect(card(page, third)).to_be_visible()
    expect(card(page, second)).to_have_count(0)
    expect(card(page, first).locator(".line")).to_have_count(1)
    assert (rung >= 1, sounds(page)) == (True, 1)
    for no, states in ((first, ["ready", "queued"]), (second, ["ready"]), (third, ["queued"])):
        shift.settled(page, no, states)
    assert [line["version"] for line in shift.lines(first).values()] == [2, 1]
    finish(page, first, shift)
    finish(page, third, shift)


def test_in_english(tablets, shift):
    page = tablets("en-GB")
    no = shift.order(PLAIN[0])
    expect(card(page, no).locator(".where")).to_contain_text("Pickup")
    expect(page.locator("#count")).to_contain_text("to make")
    finish(page, no, shift)
    expect(page.locator("#undo")).to_contain_text("Recall")


TOUCHED = """async (n) => {
  await frames(3);
  const seen = [];
  const watch = new MutationObserver((records) => seen.push(...records));
  watch.observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true });
  const clock = (node) => node.nodeType === 3 || (node.closest && node.closest(".when"));
  const counted = async (work) => {
    seen.length = 0;
    work();
    await frames(3);
    seen.push(...watch.takeRecords());
    return seen.filter((one) => !clock(one.target)).length;
  };
  const ready = orderOf(2);
  ready.lines[0].state = "ready";
  return [
    await counted(() => happen("order.accepted", n + 1, 1, orderOf(n + 1))),
    await counted(() => happen("line.ready", 2, 2, ready)),
    await counted(() => happen("order.completed", 1, 2, null)),
  ];
}"""


def test_an_event_costs_the_same_however_many_tickets_are_open(browser, server):
    """A new ticket, a bump and a ticket that goes: as many changes of the page at 200 as at 20."""
    found = []
    for tickets in (20, 200):
        page = pretended(browser, server.base_url, tickets, service_workers="block")
        found.append(page.evaluate(TOUCHED, tickets))
        page.context.close()
    assert found[0] == found[1]
    assert max(found[0]) <= 12
