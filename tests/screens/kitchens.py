"""Kitchens at work for tests and measurements: orders by REST, tablets, a page with a pretended hub."""

import json
import time
from itertools import count
from pathlib import Path

from playwright.sync_api import expect

from tests.screens.pages import PATHS, rest, token_of, until

COUNTER = count(1)
SOUNDS = "window.sounds = []; document.addEventListener('sound', (e) => window.sounds.push(e.detail.join()));"
CHIME = "784,1047"
PRETENDED = Path(__file__).parent / "js" / "pretended.js"


def pretended(browser, base_url, tickets, **options):
    """A kitchen page whose hub is its own: ``happen(event, n, version, data)`` in it makes an event."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="zh-CN", **options)
    page = context.new_page()
    page.add_init_script(path=PRETENDED)
    page.goto(base_url + PATHS["kitchen"])
    until(page, "Boolean(window.hub && hub.onmessage)")
    page.evaluate("begin", tickets)
    expect(page.locator("#truth")).to_have_attribute("data-state", "current")
    return page


class Shift:
    """The people around the kitchen, by REST."""

    def __init__(self, server):
        self.server = server
        self.tokens = {who: token_of(server, who) for who in ("counter", "kitchen", "manager", "lin")}
        menu = rest(server, "/api/v1/stores/demo/menu/")
        self.dishes = {dish["name"]: dish for category in menu["categories"] for dish in category["dishes"]}

    def ask(self, path, body=None, who="kitchen", **headers):
        return rest(self.server, path, body, self.tokens[who], **headers)

    def order(self, *names, remark=""):
        """An accepted pickup order of these dishes, one portion each; its number."""
        number = next(COUNTER)
        lines = [
            {"dish": self.dishes[name]["id"], "quantity": 1, "options": [], "remark": ""} for name in names
        ]
        body = {"store": "demo", "kind": "pickup", "table_token": None, "coupon": None, "remark": remark}
        placed = self.ask(
            "/api/v1/orders/", {**body, "lines": lines}, "lin", **{"Idempotency-Key": f"o{number}"}
        )
        no = placed["no"]
        self.ask(
            f"/api/v1/orders/{no}/pay/", {"channel": "cash"}, "counter", **{"Idempotency-Key": f"p{number}"}
        )
        self.ask(f"/api/v1/orders/{no}/accept/", {}, "counter")
        return no

    def lines(self, no):
        return {line["name"]: line for line in self.ask(f"/api/v1/orders/{no}/")["lines"]}

    def states(self, no):
        return [line["state"] for line in self.ask(f"/api/v1/orders/{no}/")["lines"]]

    def settled(self, page, no, states):
        """What the cook tapped has arrived, and nothing else."""
        until(page, "!document.querySelector('[data-waiting]')")
        deadline = time.monotonic() + 5
        while self.states(no) != states and time.monotonic() < deadline:
            page.wait_for_timeout(30)
        assert self.states(no) == states

    def void(self, no, name):
        self.ask(f"/api/v1/kitchen/lines/{self.lines(no)[name]['id']}/void/", {"reason": "guest"}, "counter")

    def settings(self, **fields):
        rest(self.server, "/api/v1/stores/demo/", fields, self.tokens["manager"], method="PATCH")


def enter(page, base_url, station=""):
    """A cook logs in at this page."""
    page.add_init_script(SOUNDS)
    page.goto(base_url + PATHS["kitchen"])
    page.fill("[name=username]", "kitchen")
    page.fill("[name=password]", "demo")
    page.click("#staff-form button")
    page.select_option("#choose-form [name=store]", "demo")
    page.select_option("#choose-form [name=station]", station)
    page.click("#choose-form button")
    expect(page.locator("#truth")).to_have_attribute("data-state", "current")
    return page


def sounds(page, tones=CHIME):
    """How often the page rang so."""
    return json.loads(page.evaluate("JSON.stringify(window.sounds)")).count(tones)
