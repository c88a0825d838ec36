"""The board: numbers appear, are called once each, and leave; the landing opens it without a log-in."""

import re

import pytest
from playwright.sync_api import expect

from tests.screens.pages import add_dishes, press, rest, submit, token_of

pytestmark = pytest.mark.browser
HEARD = "window.heard = []; window.speechSynthesis.speak = (words) => window.heard.push(words.text);"


def placed(cast, counter, who):
    """A paid and accepted pickup order of this guest: its number and its pickup number."""
    diner = cast.diner(who)
    add_dishes(diner, 1)
    no = submit(diner)
    press(counter, no, "pay")
    press(counter, no, "accept")
    expect(diner.locator("#orders article").first).to_have_attribute("data-status", "accepted")
    return no, rest(cast.server, f"/api/v1/orders/{no}/", token=token_of(cast.server, "counter"))["pickup_no"]


def make_ready(server, no):
    kitchen = token_of(server, "kitchen")
    for line in rest(server, f"/api/v1/orders/{no}/", token=token_of(server, "counter"))["lines"]:
        rest(server, f"/api/v1/kitchen/lines/{line['id']}/ready/", {}, kitchen)


def test_a_number_is_called_once_and_leaves(cast, server):
    counter, landing = cast.staff("counter"), cast.open("landing")
    landing.context.add_init_script(HEARD)
    board = cast.through(landing, "a[data-screen=board]")
    expect(board.locator("#truth")).to_have_attribute("data-state", "current")
    expect(board.locator(".nothing")).to_be_visible()
    no, number = placed(cast, counter, "hua")
    expect(board.locator("#preparing b")).to_have_text([number])
    make_ready(server, no)
    expect(board.locator("#ready b")).to_have_text([number])
    expect(board.locator("#calling")).to_have_text(f"请 {number} 号取餐")
    expect(board.locator("#ready li[data-newest]")).to_have_count(1)
    assert board.evaluate("window.heard") == [f"请 {' '.join(number)} 号取餐"]
    board.wait_for_timeout(1200)  # the page keeps what it has rung for
    board.reload()
    expect(board.locator("#ready b")).to_have_text([number])
    expect(board.locator("#truth")).to_have_attribute("data-state", "current")
    assert board.evaluate("window.heard") == [], "a reload calls nobody again"
    press(counter, no, "complete")
    expect(board.locator("#ready b")).to_have_count(0)
    assert cast.faults == []


def test_in_english_and_without_anything_personal(cast, server):
    board = cast.staff("board")
    expect(board.locator("#truth")).to_have_attribute("data-state", "current")
    board.click("#language")
    expect(board.locator("#ready-title")).to_have_text("Please collect")
    expect(board.locator("#truth-text")).to_have_text("Live")
    stored = board.evaluate("Object.entries(localStorage).filter(([k]) => k.startsWith('hub:')).join()")
    assert not re.search(r"remark|phone|price|lines", stored)
    assert cast.faults == []


def test_a_newcomer_switches_the_rush_on_and_off(cast):
    landing = cast.open("landing")
    landing.click("#rush-start")
    expect(landing.locator("#rush-stop")).to_be_visible(timeout=30_000)
    board = cast.through(landing, "a[data-screen=board]")
    expect(board.locator("#preparing b").first).to_be_visible(timeout=60_000)
    expect(landing.locator("[data-figure=orders]")).not_to_have_text("0", timeout=30_000)
    landing.click("#rush-stop")
    expect(landing.locator("#rush-stop")).to_be_hidden()
    assert cast.faults == []
