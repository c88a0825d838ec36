"""Managers keep the menu: categories and dishes with their parts, told to open menus in one transaction."""

import pytest

from hub import clock, eventlog
from ordering.dishes import menu, rows
from ordering.dishes.models import Category, ComboItem, Dish, OptionGroup
from tests import factories

pytestmark = pytest.mark.django_db
CHANGED = "menu.changed"


@pytest.fixture
def neighbour(db):
    """Another restaurant with everything in it."""
    other = factories.store("other", name="隔壁老店")
    factories.dish(other, "烤鸭")
    return other


@pytest.fixture
def new_dish(category, station):
    """A body that is right."""
    return {"category": category.pk, "station": station.code, "name": "水煮鱼", "price_fen": 6800}


def kinds(events):
    return [kind for kind, *_ in events]


def errors(answer):
    assert (answer.status_code, answer.json()["code"]) == (400, "body.invalid"), answer.content
    return [(row["field"], row["code"]) for row in answer.json()["errors"]]


def categories(store):
    return f"/api/v1/stores/{store.code}/categories/"


def dishes(store):
    return f"/api/v1/stores/{store.code}/dishes/"


@pytest.mark.both
def test_a_category_with_windows_comes_changes_and_goes(ma, store, events):
    morning = {"weekdays": [0, 6], "starts": "06:00", "ends": "10:30"}
    made = ma.api.post(categories(store), {"name": " 早点 ", "sort": 3, "windows": [morning]})
    assert made.status_code == 201
    pk = made.json()["id"]
    assert made.json() == {"id": pk, "name": "早点", "sort": 3, "is_active": True, "windows": [morning]}
    assert Category.objects.get().windows.get().weekdays == 0b1000001
    changed = ma.api.patch(f"/api/v1/categories/{pk}/", {"name": "早餐"})
    assert (changed.json()["name"], changed.json()["windows"]) == ("早餐", [morning])
    assert ma.api.patch(f"/api/v1/categories/{pk}/", {"windows": []}).json()["windows"] == []
    assert ma.api.get(categories(store)).json()["results"] == [
        {"id": pk, "name": "早餐", "sort": 3, "is_active": True, "windows": []}
    ]
    assert ma.api.delete(f"/api/v1/categories/{pk}/").status_code == 204
    assert not Category.objects.exists()
    assert kinds(events()) == [CHANGED] * 4


def test_a_category_with_dishes_stays(ma, cook, events):
    dish = cook("红烧肉", is_active=False)
    answer = ma.api.delete(f"/api/v1/categories/{dish.category_id}/")
    assert (answer.status_code, answer.json()["code"], answer.json()["dishes"]) == (
        409,
        "category.in_use",
        1,
    )
    assert (Category.objects.count(), events()) == (1, [])


@pytest.mark.both
def test_a_dish_with_everything_in_one_body(ma, store, new_dish, events):
    size = {"name": "规格", "required": True, "min": 1, "max": 1}
    size["options"] = [{"name": "小份", "price_delta_fen": -600}, {"name": "大份", "price_delta_fen": 1000}]
    extras = {"name": "加料", "max": 2, "options": [{"name": "豆芽"}, {"name": "粉丝"}]}
    body = {**new_dish, "daily_portions": 8, "option_groups": [size, extras], "description": "麻辣"}
    made = ma.api.post(dishes(store), body)
    assert made.status_code == 201, made.content
    card, dish = made.json(), Dish.objects.get()
    assert ma.api.get(f"/api/v1/dishes/{dish.pk}/").json() == card
    assert (card["remaining"], card["daily_portions"], card["combo"]) == (8, 8, None)
    assert [group["name"] for group in card["option_groups"]] == ["规格", "加料"]
    assert card["option_groups"][0]["options"][0]["price_delta_fen"] == -600
    row = {"dish": dish.pk, "sold_out": False, "remaining": 8}
    assert events() == [(CHANGED, store.menu_stream, 1, {}), ("dish.restored", dish.key, 1, row)]
    assert rows.snapshot(store)[1] == (dish.key, 1, row)


@pytest.mark.both
def test_rows_named_by_id_stay_and_others_go(ma, cook, events):
    dish = cook("红烧肉", groups={"辣度": ["不辣", "微辣"], "份量": ["大"]})
    first = OptionGroup.objects.get(name="辣度")
    mild = first.options.get(name="微辣")
    body = [
        {"name": "加料", "options": [{"name": "蛋", "price_delta_fen": 200}]},
        {
            "id": first.pk,
            "name": "辣",
            "max": 2,
            "options": [{"id": mild.pk, "name": "微微辣"}, {"name": "特辣"}],
        },
    ]
    card = ma.api.patch(f"/api/v1/dishes/{dish.pk}/", {"option_groups": body}).json()
    assert [group["name"] for group in card["option_groups"]] == ["加料", "辣"]
    kept = card["option_groups"][1]
    assert (kept["id"], kept["options"][0]["id"], kept["required"]) == (first.pk, mild.pk, False)
    assert [option["name"] for option in kept["options"]] == ["微微辣", "特辣"]
    again = ma.api.patch(f"/api/v1/dishes/{dish.pk}/", {"option_groups": card["option_groups"]})
    assert again.json() == card, "what was read can be written back"
    assert kinds(events()) == [CHANGED] * 2


GROUP = {"name": "辣度", "options": [{"name": "不辣"}]}
FAULTS = {
    "min above max": ({**GROUP, "min": 2, "max": 1}, [("min", "above_max")]),
    "max above options": ({**GROUP, "max": 2}, [("max", "above_options")]),
    "off the menu does not count": (
        {**GROUP, "options": [{"name": "不辣", "is_active": False}]},
        [("max", "above_options")],
    ),
    "required of none": ({**GROUP, "max": 0, "required": True}, [("max", "required")]),
    "foreign group": ({**GROUP, "id": 10**9}, [("id", "does_not_exist")]),
    "foreign option": (
        {"name": "辣", "options": [{"id": 10**9, "name": "x"}]},
        [("options.0.id", "does_not_exist")],
    ),
    "no options": ({"name": "辣度", "options": []}, [("options", "empty")]),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_group_that_is_wrong_changes_nothing(name, ma, cook, events):
    group, rows_expected = FAULTS[name]
    dish = cook("红烧肉", groups={"份量": ["大"]})
    answer = ma.api.patch(f"/api/v1/dishes/{dish.pk}/", {"name": "X", "option_groups": [group]})
    assert errors(answer) == [(f"option_groups.0.{field}", code) for field, code in rows_expected]
    assert (Dish.objects.get().name, OptionGroup.objects.get().name, events()) == ("红烧肉", "份量", [])


def test_the_cheapest_choice_may_not_go_below_zero(ma, cook):
    dish = cook("红烧肉", price_fen=500)
    small = {"name": "小份", "price_delta_fen": -501}
    group = {"name": "规格", "required": True, "min": 1, "options": [small]}
    answer = ma.api.patch(f"/api/v1/dishes/{dish.pk}/", {"option_groups": [group]})
    assert errors(answer) == [("price_fen", "below_zero")]
    assert (
        ma.api.patch(f"/api/v1/dishes/{dish.pk}/", {"price_fen": 501, "option_groups": [group]}).status_code
        == 200
    )
    assert errors(ma.api.patch(f"/api/v1/dishes/{dish.pk}/", {"price_fen": 500})) == [
        ("price_fen", "below_zero")
    ]


@pytest.mark.both
def test_a_combo_and_its_rules(ma, store, cook, new_dish, neighbour, events):
    meat, rice = cook("红烧肉"), cook("米饭")
    events()
    body = {**new_dish, "name": "套餐", "combo": [{"dish": meat.pk}, {"dish": rice.pk, "quantity": 2}]}
    made = ma.api.post(dishes(store), body)
    assert made.json()["combo"] == [
        {"dish": meat.pk, "name": "红烧肉", "quantity": 1},
        {"dish": rice.pk, "name": "米饭", "quantity": 2},
    ]
    combo, foreign = made.json()["id"], neighbour.dishes.get().pk

    def refused(pk, items):
        return errors(ma.api.patch(f"/api/v1/dishes/{pk}/", {"combo": items}))

    assert refused(combo, [{"dish": foreign}]) == [("combo.0.dish", "does_not_exist")]
    assert refused(combo, [{"dish": combo}]) == [("combo.0.dish", "does_not_exist")]
    assert refused(combo, [{"dish": meat.pk}] * 2) == [("combo.1.dish", "repeated")]
    assert refused(combo, []) == [("combo", "empty")]
    assert refused(meat.pk, [{"dish": combo}]) == [("combo", "in_combo"), ("combo.0.dish", "is_combo")]
    assert refused(rice.pk, [{"dish": meat.pk}]) == [("combo", "in_combo")]
    answer = ma.api.delete(f"/api/v1/dishes/{meat.pk}/")
    assert (answer.status_code, answer.json()["code"], answer.json()["combos"]) == (
        409,
        "dish.in_use",
        [combo],
    )
    assert ComboItem.objects.count() == 2
    assert ma.api.patch(f"/api/v1/dishes/{combo}/", {"combo": None}).json()["combo"] is None
    assert ma.api.delete(f"/api/v1/dishes/{meat.pk}/").status_code == 204
    assert kinds(events()) == [CHANGED, "dish.restored", CHANGED, CHANGED]


def test_a_deleted_dish_leaves_the_menu_and_keeps_its_row(ma, store, cook, events):
    dish = cook("红烧肉")
    before = rows.snapshot(store)[1:]
    assert ma.api.delete(f"/api/v1/dishes/{dish.pk}/").status_code == 204
    assert menu.content(store, clock.now())["categories"] == []
    assert ma.api.get(f"/api/v1/dishes/{dish.pk}/").json()["is_active"] is False
    assert (rows.snapshot(store)[1:], kinds(events())) == (before, [CHANGED])


@pytest.mark.both
def test_foreign_things_are_rows_and_nothing_is_written(ma, store, cook, new_dish, neighbour, events):
    dish = cook("红烧肉")
    foreign = neighbour.categories.get().pk
    expected = [("category", "does_not_exist"), ("station", "does_not_exist")]
    for change in ({"category": foreign, "station": "bar"}, {"category": 10**12, "station": "nowhere"}):
        assert errors(ma.api.post(dishes(store), {**new_dish, **change})) == expected
        assert errors(ma.api.patch(f"/api/v1/dishes/{dish.pk}/", change)) == expected
    assert (Dish.objects.filter(store=store).count(), events()) == (1, [])
    assert eventlog.heads([store.menu_stream])[store.menu_stream].seq == 0


WRONG = [
    {"name": ""},
    {"name": "   "},
    {"name": "长" * 65},
    {"name": 5},
    {"name": "a\x00b"},
    {"name": None},
    {"price_fen": -1},
    {"price_fen": 10_000_001},
    {"price_fen": 12.5},
    {"price_fen": "1"},
    {"price_fen": True},
    {"is_active": "yes"},
    {"is_active": 1},
    {"sort": 32_768},
    {"category": "1"},
    {"category": 2**63},
    {"station": None},
    {"remaining": -1},
    {"remaining": 1_000_001},
    {"daily_portions": 1.0},
    {"description": "长" * 201},
    {"option_groups": {}},
    {"option_groups": None},
    {"option_groups": [None]},
    {"option_groups": [7]},
    {"option_groups": [GROUP] * 21},
    {"option_groups": [{**GROUP, "min": -1}]},
    {"option_groups": [{**GROUP, "options": [{"name": "x", "price_delta_fen": 10**8}]}]},
    {"combo": [None]},
    {"combo": 7},
    {"combo": [{"dish": 1, "quantity": 0}]},
    {"combo": [{"dish": 1, "quantity": 100}]},
]


@pytest.mark.parametrize("change", WRONG, ids=str)
def test_a_body_that_is_wrong(change, ma, store, cook, new_dish, events):
    dish = cook("红烧肉")
    (field,) = change
    for answer in (
        ma.api.post(dishes(store), {**new_dish, **change}),
        ma.api.patch(f"/api/v1/dishes/{dish.pk}/", change),
    ):
        assert all(name.split(".")[0] == field for name, _ in errors(answer))
    assert (Dish.objects.count(), events()) == (1, [])


WINDOW = {"starts": "06:00", "ends": "10:00"}


@pytest.mark.parametrize(
    "window",
    [
        {**WINDOW, "starts": "24:00"},
        {**WINDOW, "ends": 600},
        {**WINDOW, "weekdays": []},
        {**WINDOW, "weekdays": [7]},
        {**WINDOW, "weekdays": ["1"]},
        {"starts": "06:00"},
        7,
        None,
    ],
    ids=str,
)
def test_a_window_that_is_wrong(window, ma, store, events):
    answer = ma.api.post(categories(store), {"name": "早点", "windows": [window]})
    assert all(name.startswith("windows") for name, _ in errors(answer))
    assert (Category.objects.count(), events()) == (0, [])


@pytest.mark.both
def test_portions_told_with_a_change(ma, cook, events):
    dish = cook("红烧肉", remaining=20)
    card = ma.api.patch(f"/api/v1/dishes/{dish.pk}/", {"name": "东坡肉", "remaining": 0}).json()
    assert (card["name"], card["remaining"], card["sold_out"]) == ("东坡肉", 0, True)
    row = {"dish": dish.pk, "sold_out": True, "remaining": 0}
    assert events()[1:] == [("dish.sold_out", dish.key, 1, row)]


def test_who_may(ma, wang, fang, zhao, neighbour, store, cook, new_dish, anonymous):
    dish = cook("红烧肉")
    boss_next_door = factories.staff("wu", neighbour, "owner")
    paths = [f"/api/v1/dishes/{dish.pk}/", f"/api/v1/categories/{dish.category_id}/"]
    asked = [(who, path) for who in (wang, fang) for path in paths]
    assert {who.api.patch(path, {}).status_code for who, path in asked} == {403}
    assert {who.api.delete(path).status_code for who, path in asked} == {403}
    for who in (zhao, boss_next_door):
        assert {who.api.patch(path, {}).status_code for path in paths} == {404}
        assert who.api.post(dishes(store), new_dish).status_code == 403
    assert fang.api.get(paths[0]).status_code == 200
    assert anonymous.patch(paths[0], {}).status_code == 401


def test_the_list_can_be_searched(ma, store, cook, category):
    cook("红烧肉", description="肥而不腻"), cook("红烧鱼", sold_out=True), cook("米饭", remaining=0)

    def found(**query):
        return [row["name"] for row in ma.api.get(dishes(store), query).json()["results"]]

    assert found(q="红烧") == ["红烧肉", "红烧鱼"]
    assert found(q="红 不腻") == ["红烧肉"]
    assert found(q="红烧", sold_out="true") == ["红烧鱼"]
    assert found(sold_out="false", station="wok", category=category.pk) == ["红烧肉"]
    assert found(search="红 不腻", active="true") == ["红烧肉"]
    assert found(search="红烧", active="false") == found(search="红烧", q="米饭") == []
    assert found(station="bar") == found(category=category.pk + 1) == found(q="%") == []
    for said in ({"q": "x" * 65}, {"search": "x" * 65}):
        assert ma.api.get(dishes(store), said).status_code == 400


def test_a_repeated_post_makes_one_dish(ma, store, new_dish):
    first, second = (
        ma.api.post(dishes(store), new_dish, headers={"Idempotency-Key": "once"}) for _ in range(2)
    )
    assert first.content == second.content and second["Idempotency-Replayed"] == "true"
    assert Dish.objects.count() == 1
