"""The pages of a real server as people use them: opened in browsers of their own, logged in and clicked."""

import json
import re
import time
import urllib.request

from playwright.sync_api import expect

SIZES = {
    "landing": (1440, 900),
    "diner": (390, 844),
    "counter": (1440, 900),
    "kitchen": (1280, 800),
    "board": (1920, 1080),
}
PATHS = {
    "landing": "/",
    "diner": "/s/demo/",
    "counter": "/counter/",
    "kitchen": "/kitchen/",
    "board": "/board/",
}
STAFF = {"counter": "counter", "kitchen": "kitchen", "board": "counter"}
SOON = 20_000
EXPECTED_NOISE = re.compile(r"Failed to load resource|WebSocket connection to")


class Cast:
    """The four pages, each in a browser of its own, logged in; `faults` holds what went wrong inside them."""

    def __init__(self, browser, server, shots):
        self.browser, self.server, self.shots = browser, server, shots
        self.faults, self.pages = [], {}

    def open(self, name):
        width, height = SIZES[name]
        context = self.browser.new_context(viewport={"width": width, "height": height}, locale="zh-CN")
        page = self.watch(name, context.new_page())
        page.goto(self.server.base_url + PATHS[name])
        return page

    def watch(self, name, page):
        """Keep an eye on a page: what goes wrong in it goes wrong in the test."""
        page.set_default_timeout(SOON)
        page.on("pageerror", lambda error: self.faults.append(f"{name}: {error}"))
        page.on("console", lambda message: self.heard(name, message))
        self.pages[name] = page
        return page

    def through(self, page, link):
        """The page that a link opens beside this one."""
        with page.context.expect_page() as opened:
            page.click(link)
        return self.watch("through", opened.value)

    def heard(self, name, message):
        if message.type == "error" and not EXPECTED_NOISE.search(message.text):
            self.faults.append(f"{name}: {message.text}")

    def staff(self, name):
        page = self.open(name)
        page.fill("[name=username]", STAFF[name])
        page.fill("[name=password]", "demo")
        page.click("#staff-form button")
        page.select_option("#choose-form [name=store]", "demo")
        page.click("#choose-form button")
        return page

    def diner(self, who):
        page = self.open("diner")
        return self.known_as(page, who)

    def known_as(self, page, who):
        """The guest of an open page logs in."""
        page.click("#enter")
        page.fill("[name=name]", who)
        page.click("#diner-form button")
        expect(page.locator("#logout")).to_be_visible()
        return page

    def all_current(self, timeout=SOON):
        for page in self.pages.values():
            expect(page.locator("#truth")).to_have_attribute("data-state", "current", timeout=timeout)

    def shoot(self, moment):
        for name, page in self.pages.items():
            page.screenshot(path=str(self.shots / f"{moment}-{name}.png"))

    def close(self):
        for page in self.pages.values():
            page.context.close()


def until(page, expression, seconds=20):
    """Wait for a script's word; the page's own policy forbids Playwright to ask again by itself."""
    deadline = time.monotonic() + seconds
    while not page.evaluate(expression):
        assert time.monotonic() < deadline, expression
        page.wait_for_timeout(50)


def add_dishes(diner, count=2):
    """Put the first so many dishes into the cart, with their first options."""
    adds = diner.locator(".dish:not(.out) [data-action=add]")
    for index in range(count):
        adds.nth(index).click()
        if diner.locator("[data-action=choose]").count():
            diner.click("[data-action=choose]")
    expect(diner.locator("#cart-count")).to_have_text(str(count))


def submit(diner, remark=""):
    """The number of the order that the diner's click made."""
    before = diner.locator("#orders article").count()
    diner.click("[data-action=checkout]")
    diner.fill("#remark", remark)
    diner.click("#submit")
    expect(diner.locator("#orders article")).to_have_count(before + 1)
    card = diner.locator("#orders article").first
    expect(card).to_have_attribute("data-status", "pending_payment")
    return card.get_attribute("data-order")


def card(page, no):
    return page.locator(f'article[data-order="{no}"]')


def status(page, no, expected):
    expect(card(page, no).first).to_have_attribute("data-status", expected, timeout=SOON)


def press(page, no, action):
    card(page, no).locator(f'[data-action="{action}"]').first.click()


def opened(counter, no):
    """The counter's drawer of an order, opened by a click on its card."""
    card(counter, no).locator("[data-action=open]").first.click()
    drawer = counter.locator(f'[data-drawer="{no}"]')
    expect(drawer).to_be_visible()
    return drawer


def rest(server, path, body=None, token=None, method=None, **headers):
    """One REST call outside the pages."""
    if token:
        headers["Authorization"] = f"Bearer {token}"
    data = None if body is None else json.dumps(body).encode()
    headers["Content-Type"] = "application/json"
    request = urllib.request.Request(server.base_url + path, data, headers, method=method)
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.loads(answer.read() or "null")


def token_of(server, who):
    if who in ("counter", "kitchen", "manager"):
        return rest(server, "/api/v1/auth/login/", {"username": who, "password": "demo"})["access"]
    return rest(server, "/api/v1/auth/wechat/", {"code": f"demo-{who}"})["access"]


def own_orders(server, who):
    return rest(server, "/api/v1/orders/", token=token_of(server, who))["results"]
