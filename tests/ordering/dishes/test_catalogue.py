"""Offers: what they hold, what is absent, and that their queries do not grow with the basket."""

from datetime import datetime, time
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from hub.transactions import transact
from ordering.dishes.catalogue import ComboPart, offered, portions
from ordering.dishes.models import Category, Dish, Option, TimeWindow
from ordering.restaurant.actions import create_store
from ordering.restaurant.models import Station

NOON = datetime(2026, 3, 2, 12, tzinfo=ZoneInfo("Asia/Shanghai"))
EVENING = NOON.replace(hour=20)


@pytest.mark.both
def test_an_offer_says_everything_an_order_needs(store, cook):
    dish = cook("宫保鸡丁", groups={"辣度": ["不辣", "微辣"]}, remaining=7, price_fen=3800)
    offer = offered(store, [dish.pk], NOON)[dish.pk]
    assert (offer.dish, offer.name, offer.price_fen, offer.station) == (dish.pk, "宫保鸡丁", 3800, "wok")
    assert (offer.sold_out, offer.remaining, offer.available, offer.combo) == (False, 7, True, ())
    (group,) = offer.groups
    assert (group.name, group.required, group.min, group.max) == ("辣度", True, 1, 1)
    assert [(option.name, option.price_delta_fen) for option in group.options] == [("不辣", 0), ("微辣", 0)]


@pytest.mark.both
def test_the_number_of_queries_is_fixed(store, cook):
    rice = cook("米饭")
    dishes = [cook(f"菜 {n}", groups={"辣度": ["不辣", "微辣"]}, parts=[(rice, 1)]) for n in range(50)]
    counts = []
    for count in (1, 50):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert len(offered(store, [dish.pk for dish in dishes[:count]], NOON)) == count
        counts.append(len(queries))
    assert counts == [3, 3]


def test_unknown_foreign_and_inactive_dishes_are_absent(store, cook):
    away = Category.objects.create(store=store, name="旧菜单", is_active=False)
    other = transact(lambda tx: create_store(tx, code="other", name="别家"), actor="system")
    foreign = Dish.objects.create(
        store=other,
        category=Category.objects.create(store=other, name="热菜"),
        station=Station.objects.create(store=other, code="wok", name="热炒"),
        name="别家的菜",
        price_fen=1,
    )
    ids = [cook("下架", is_active=False).pk, cook("旧菜", category=away).pk, foreign.pk]
    assert offered(store, [*ids, 0, -1, 10**12, 10**30], NOON) == {}


def test_options_off_the_menu_are_absent(store, cook):
    dish = cook("面", groups={"辣度": ["不辣", "微辣"], "规格": ["大"]})
    Option.objects.filter(name__in=["微辣", "大"]).update(is_active=False)
    (group,) = offered(store, [dish.pk], NOON)[dish.pk].groups
    assert [option.name for option in group.options] == ["不辣"]


def test_outside_its_window_a_dish_is_not_available(store, cook, category):
    dish = cook("小笼包")
    for starts, ends in ((time(6), time(10)), (time(11), time(14))):
        TimeWindow.objects.create(category=category, starts=starts, ends=ends)
    assert offered(store, [dish.pk], NOON)[dish.pk].available is True
    assert offered(store, [dish.pk], EVENING)[dish.pk].available is False


def test_a_combo_consists_of_its_parts(store, cook):
    rice, meat = cook("米饭", price_fen=200), cook("红烧肉", remaining=3)
    combo = cook("套餐", parts=[(meat, 1), (rice, 2)])
    offers = offered(store, [combo.pk, rice.pk], NOON)
    assert offers[combo.pk].combo == (
        ComboPart(meat.pk, "红烧肉", 1000, "wok", 1, False, 3),
        ComboPart(rice.pk, "米饭", 200, "wok", 2, False, None),
    )
    assert portions(offers, {combo.pk: 2, rice.pk: 1}) == {combo.pk: 2, meat.pk: 2, rice.pk: 5}


@pytest.mark.parametrize("gone", [{"sold_out": True}, {"remaining": 0}])
def test_sold_out_by_hand_by_stock_and_by_a_part(store, cook, gone):
    meat = cook("红烧肉", **gone)
    combo = cook("套餐", parts=[(meat, 1)])
    offers = offered(store, [meat.pk, combo.pk], NOON)
    assert offers[meat.pk].sold_out and offers[combo.pk].sold_out
