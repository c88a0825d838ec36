"""Edits in the admin are told to open menus, in the transaction that makes them."""

import pytest

from ordering.dishes.models import Dish, OptionGroup
from ordering.users.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss(client):
    client.force_login(User.objects.create_superuser("boss", "secret"))
    return client


def inlines(*prefixes):
    return {f"{p}-{n}_FORMS": 0 for p in prefixes for n in ("TOTAL", "INITIAL")}


def form(dish, **changes):
    fields = {"category": dish.category_id, "station": dish.station_id, "name": dish.name, "sort": 0}
    fields |= {"price_fen": dish.price_fen, "description": "", "is_active": "on", "store": dish.store_id}
    return {**fields, **inlines("option_groups", "combo_items"), **changes}


@pytest.mark.both
def test_an_edit_records_that_the_menu_changed(boss, store, cook, events):
    dish = cook("红烧肉")
    answer = boss.post(f"/admin/dishes/dish/{dish.pk}/change/", form(dish, name="招牌红烧肉"))
    assert answer.status_code == 302
    assert Dish.objects.get().name == "招牌红烧肉"
    assert events() == [("menu.changed", store.menu_stream, 1, {})]


def test_a_form_with_errors_changes_and_tells_nothing(boss, cook, events):
    dish = cook("红烧肉")
    answer = boss.post(f"/admin/dishes/dish/{dish.pk}/change/", form(dish, name=""))
    assert (answer.status_code, Dish.objects.get().name, events()) == (200, "红烧肉", [])


def test_availability_is_not_the_admins(boss, cook, events):
    dish = cook("红烧肉", remaining=5)
    changes = {"remaining": 99, "sold_out": "on"}
    assert boss.post(f"/admin/dishes/dish/{dish.pk}/change/", form(dish, **changes)).status_code == 302
    assert Dish.objects.values_list("remaining", "sold_out").get() == (5, False)


def test_a_new_dish_brings_its_row(boss, store, cook, events):
    known = cook("红烧肉")
    answer = boss.post("/admin/dishes/dish/add/", form(known, name="鲈鱼", remaining=3))
    assert answer.status_code == 302
    fish = Dish.objects.get(name="鲈鱼")
    assert events() == [
        ("menu.changed", store.menu_stream, 1, {}),
        ("dish.restored", fish.key, 1, {"dish": fish.pk, "sold_out": False, "remaining": 3}),
    ]


def test_categories_and_option_groups_are_told_too(boss, category, cook, events):
    dish = cook("红烧肉", groups={"辣度": ["不辣"]})
    group = OptionGroup.objects.get(dish=dish)
    fields = {"name": "热炒", "store": category.store_id, "sort": 1, **inlines("windows")}
    assert boss.post(f"/admin/dishes/category/{category.pk}/change/", fields).status_code == 302
    fields = {"name": "辣", "dish": dish.pk, "min": 0, "max": 1, "sort": 0, **inlines("options")}
    assert boss.post(f"/admin/dishes/optiongroup/{group.pk}/change/", fields).status_code == 302
    assert [kind for kind, *_ in events()] == ["menu.changed"] * 2


@pytest.mark.parametrize("page", ["category", "dish", "optiongroup"])
def test_every_page_answers_and_nothing_can_be_deleted(boss, cook, page):
    dish = cook("红烧肉", groups={"辣度": ["不辣"]})
    pk = {"category": dish.category_id, "dish": dish.pk}.get(page) or OptionGroup.objects.get().pk
    for address in ("", "add/", f"{pk}/change/"):
        assert boss.get(f"/admin/dishes/{page}/{address}").status_code == 200
    assert boss.post(f"/admin/dishes/{page}/{pk}/delete/", {"post": "yes"}).status_code == 403
