"""A newcomer follows docs/first-store.zh-CN.md: every step as written, with the values that it gives."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
import segno
from playwright.sync_api import expect

from tests.live import LiveServer
from tests.screens.pages import Cast, add_dishes

pytestmark = pytest.mark.browser
DOCS = Path(__file__).resolve().parents[2] / "docs"
QUOTED = re.compile(r"`([^`]+)`")
NOON = 12


class Guide:
    """The guide's steps: number → text, with the tables that are to be filled in."""

    def __init__(self, name):
        text = (DOCS / name).read_text("utf-8")
        parts = re.split(r"^## (\d+)\. (.+)$", text, flags=re.M)[1:]
        self.titles = dict(zip(map(int, parts[::3]), parts[1::3], strict=True))
        self.steps = dict(zip(map(int, parts[::3]), parts[2::3], strict=True))

    def tables(self, step):
        """Each table as rows of cells, without its head's line; the head is the first row."""
        blocks = re.findall(r"(?:^\|.*\|\n)+", self.steps[step] + "\n", flags=re.M)
        return [[cells(line) for line in block.splitlines() if "---" not in line] for block in blocks]

    def forms(self, step):
        """Each form of a step as {label: value}: a table of two columns, or a row of a wider one."""
        for head, *rows in self.tables(step):
            yield from [dict(rows)] if len(head) == 2 else [dict(zip(head, row, strict=True)) for row in rows]

    def said(self, step):
        """What stands in code quotes outside tables."""
        return QUOTED.findall(re.sub(r"^\|.*$", "", self.steps[step], flags=re.M))


def cells(line):
    return [cell.strip().strip("`") for cell in line.strip("|").split("|")]


GUIDE = Guide("first-store.zh-CN.md")


def zone_of_noon():
    """The time zone in which it is noon now: the guide's restaurant is open."""
    hours = datetime.now(UTC).hour - NOON
    return f"Etc/GMT{hours:+d}"


@pytest.fixture(scope="module")
def server():
    with LiveServer("serve", env={"TIME_ZONE": zone_of_noon()}) as running:
        yield running


class Desk:
    """The admin as a newcomer clicks it."""

    def __init__(self, page, base, shots):
        self.page, self.base, self.shots = page, base, shots

    def log_in(self):
        [form] = GUIDE.forms(1)
        self.page.goto(self.base + GUIDE.said(1)[0])
        self.fill(form)
        self.page.get_by_role("button", name="登录").click()
        expect(self.page.locator("#user-tools")).to_be_visible()

    def add(self, what, form):
        """「增加」 in the row of this name, the form, 「保存」."""
        self.page.goto(self.base + "/admin/")
        row = self.page.get_by_role("row").filter(has=self.page.get_by_role("link", name=what, exact=True))
        row.get_by_role("link", name="增加").click()
        self.fill(form)
        self.save()

    def fill(self, form):
        for label, value in form.items():
            self.put(self.page.get_by_label(re.compile(f"^{re.escape(label)}:?$")), value)

    def put(self, field, value):
        kind = field.evaluate("one => one.type === 'checkbox' ? 'checkbox' : one.className || one.tagName")
        if kind == "checkbox":
            field.set_checked(value == "是")
        elif "select2" in kind or "autocomplete" in kind:
            self.page.locator(".select2-selection").click()
            self.page.locator(".select2-search__field").fill(value)
            self.page.locator(".select2-results__option--highlighted").click()
        elif field.evaluate("one => one.tagName") == "SELECT":
            field.select_option(label=value)
        else:
            field.fill(value)

    def save(self):
        self.page.get_by_role("button", name="保存", exact=True).click()
        expect(self.page.locator(".messagelist .success")).to_be_visible()

    def hours(self, store, rows):
        """A row in the store's opening hours for each of the guide's."""
        self.page.get_by_role("link", name=store, exact=True).click()
        for number, row in enumerate(rows):
            self.page.get_by_text("添加另一个 营业时间").click()
            for name, value in zip(("weekday", "opens", "closes"), row.values(), strict=True):
                self.put(self.page.locator(f"[name=opening_hours-{number}-{name}]"), value)
        self.page.screenshot(path=str(self.shots / "hours.png"), full_page=True)
        self.save()

    def act(self, action):
        self.page.locator("#action-toggle").check()
        self.page.select_option("[name=action]", label=action)
        self.page.get_by_role("button", name="执行").click()


def test_a_newcomer_follows_the_guide(browser, server, tmp_path):
    cast = Cast(browser, server, tmp_path)
    page = browser.new_context(locale="zh-CN", viewport={"width": 1280, "height": 900}).new_page()
    desk = Desk(page, server.base_url, tmp_path)
    desk.log_in()
    [store] = GUIDE.forms(2)
    desk.add("门店", store)
    desk.page.get_by_role("link", name=store["编码"]).wait_for()
    desk.hours(store["编码"], list(GUIDE.forms(3)))
    [station] = GUIDE.forms(4)
    desk.add("档口", station)
    tables = list(GUIDE.forms(5))
    for table in tables:
        desk.add("桌台", table)
    codes = print_codes(desk)
    assert codes.keys() == {table["名称"] for table in tables}
    category, dish = GUIDE.forms(7)
    desk.add("分类", category)
    desk.add("菜品", dish)
    person, role = GUIDE.forms(8)
    desk.add("用户", person)
    desk.add("店员", role)
    at_the_counter(cast, person)
    tablet = pair(desk, cast)
    try:
        order(cast, codes, tablet)
    finally:
        cast.shoot("first-store")
        cast.close()
    assert cast.faults == []


def print_codes(desk):
    """Step 6: the sheet of the new store's tables; table's name → address, which is what the picture says."""
    store, *_ = GUIDE.said(6)
    desk.page.goto(desk.base + "/admin/restaurant/diningtable/")
    desk.page.locator("#changelist-filter").get_by_role("link", name=store).click()
    desk.act("打印所选桌台的二维码")
    desk.page.locator("figure").first.wait_for()
    desk.page.screenshot(path=str(desk.shots / "codes.png"), full_page=True)
    found = {}
    for figure in desk.page.locator("figure").all():
        url = figure.locator(".address").inner_text()
        assert figure.locator("img").get_attribute("src") == segno.make(url).svg_data_uri(scale=6, border=2)
        assert store in figure.inner_text()
        found[figure.locator("h2").inner_text()] = url
    return found


def at_the_counter(cast, person):
    """Step 8: the new clerk logs in where the guide says, and is in the new store at once."""
    path = GUIDE.said(8)[-1]
    page = cast.open("counter")
    assert page.url.endswith(path)
    page.fill("[name=username]", person["用户名"])
    page.fill("[name=password]", person["密码"])
    page.click("#staff-form button")
    expect(page.locator("#choose-form [name=store] option")).to_have_text([GUIDE.said(6)[0]])
    page.click("#choose-form button")
    cast.all_current()


def pair(desk, cast):
    """Step 9: the code from the admin, entered on the tablet."""
    [device] = GUIDE.forms(9)
    desk.add("设备", device)
    code = desk.page.locator(".messagelist .success strong").inner_text()
    desk.page.screenshot(path=str(desk.shots / "pairing.png"), full_page=True)
    tablet = cast.open("kitchen")
    assert tablet.url.endswith(GUIDE.said(9)[0])
    tablet.fill("[name=code]", code)
    tablet.get_by_role("button", name="配对这台设备").click()
    expect(tablet.locator("#who")).to_have_text(device["名称"])
    cast.all_current()
    return tablet


def order(cast, codes, tablet):
    """Step 10: the first order, on the tablet at once."""
    table, dish, *_ = GUIDE.said(10)
    phone = cast.open("diner")
    phone.goto(codes[table])
    cast.known_as(phone, "first")
    add_dishes(phone, 1)
    phone.click("[data-action=checkout]")
    phone.click("#submit")
    mine, ticket = phone.locator("#orders article"), tablet.locator("article[data-order]")
    expect(mine).to_have_count(1)
    expect(ticket).to_have_count(1)
    expect(ticket).to_have_attribute("data-order", mine.get_attribute("data-order"))
    expect(ticket).to_contain_text(dish)


def test_both_languages_tell_the_same_steps():
    english = Guide("first-store.md")
    assert english.titles.keys() == GUIDE.titles.keys() == set(range(1, 11))
    for step in GUIDE.steps:
        assert english.said(step) == GUIDE.said(step)
        assert [len(table) for table in english.tables(step)] == [len(table) for table in GUIDE.tables(step)]
        assert QUOTED.findall(english.steps[step]) == QUOTED.findall(GUIDE.steps[step])
