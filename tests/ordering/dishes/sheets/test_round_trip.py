"""A menu taken out as a workbook and put back is the same menu, whatever it consists of."""

from datetime import time

import pytest

from ordering.dishes import demo as demo_menu
from ordering.dishes.models import Category, Dish, Option, OptionGroup, TimeWindow
from tests import factories
from tests.ordering.dishes.sheets import books
from tests.world import everything

pytestmark = pytest.mark.django_db
SAME = {"created": 0, "updated": 0, "removed": 0}


def unchanged(answer):
    """How many rows of each kind an import left as they were; there must be nothing else."""
    assert answer.status_code == 200, answer.content
    body = answer.json()
    assert body.pop("dry_run") is False
    assert all({key: count[key] for key in SAME} == SAME for count in body.values()), body
    return {kind: count["unchanged"] for kind, count in body.items()}


@pytest.fixture
def twin(db):
    """A second restaurant with the same stations, and its manager."""
    store = factories.store("twin", name="分店")
    return store, factories.staff("liu", store, "manager").api


@pytest.mark.both
def test_a_menu_of_300_dishes_goes_in_and_out(ma, store, twin):
    """In, out, in again (nothing changes), into a second restaurant, and out of it: the same cells."""
    sheets = books.realistic()
    first = books.send(ma.api, store, books.workbook(sheets))
    assert first.status_code == 200, first.content
    made = {kind: count["created"] for kind, count in first.json().items() if kind != "dry_run"}
    groups = {(row[1], row[2]) for row in sheets["规格"][1:]}
    assert made == {"categories": 10, "dishes": 300, "option_groups": len(groups), "combos": 10}
    assert (Dish.objects.count(), Option.objects.count()) == (300, len(sheets["规格"]) - 1)
    out = books.export(ma.api, store)
    shown = books.values(out)
    assert [len(rows) for rows in shown.values()] == [len(rows) for rows in sheets.values()]
    before = everything()
    assert unchanged(books.send(ma.api, store, out)) == made
    assert unchanged(books.send(ma.api, store, books.workbook(sheets))) == made
    assert everything() == before, "no row and no event was written"
    assert books.values(books.export(ma.api, store)) == shown
    second, liu = twin
    assert books.send(liu, second, out).json()["dishes"]["created"] == 300
    assert books.values(books.export(liu, second), books.IDS) == books.values(out, books.IDS)


def test_whatever_a_restaurant_has_comes_back(ma, store, category, cook, twin):
    """What only the admin or an old release could have made: same names, bare groups, odd texts."""
    category.windows.create(weekdays=0b0010101, starts=time(22), ends=time(2, 0, 30))
    Category.objects.create(store=store, name="热菜", sort=9, is_active=False)
    plain = cook("牛肉面", remaining=3, groups={"辣度": ["不辣", "不辣"], "面": ["宽", "细"]})
    OptionGroup.objects.create(dish=plain, name="面", sort=5)
    OptionGroup.objects.create(dish=plain, name="等第一个选项", sort=6)
    cook("牛肉面", category=Category.objects.get(sort=9), is_active=False, daily_portions=0)
    cook(" =1+1 ", description="''\r\n'-\t\x0b𠮷")
    cook("双拼", parts=[(plain, 2)])
    out = books.export(ma.api, store)
    before = everything()
    kinds = unchanged(books.send(ma.api, store, out))
    assert kinds == {"categories": 2, "dishes": 4, "option_groups": 4, "combos": 1}
    assert everything() == before


def test_an_empty_store_gives_the_template(ma, store):
    out = books.export(ma.api, store)
    shown = books.values(out)
    assert list(shown) == ["分类", "菜品", "规格", "套餐"]
    assert all(len(rows) == 1 for rows in shown.values())
    assert unchanged(books.send(ma.api, store, out)) == dict.fromkeys(
        ("categories", "dishes", "option_groups", "combos"), 0
    )


def test_the_demo_travels(ma, store, twin):
    """The demo's menu, windows and combo into another restaurant."""
    demo = factories.store("demo")
    demo_menu.seed()
    boss = factories.staff("wu", demo, "manager").api
    second, liu = twin
    out = books.export(boss, demo)
    assert books.send(liu, second, out).status_code == 200
    assert books.values(books.export(liu, second), books.IDS) == books.values(out, books.IDS)
    assert TimeWindow.objects.filter(category__store=second).count() == 1


def test_nothing_computes_in_an_export(ma, store, cook):
    """Hostile names are text with an apostrophe in front, in the file itself."""
    hostile = ["=1+1", "+1", "-1", "@SUM(A1)", "＝1", "'=1"]
    for name in hostile:
        cook(name)
    shown = books.values(books.export(ma.api, store))["菜品"]
    assert [row[2] for row in shown[1:]] == ["'" + name for name in hostile]
