"""Daily portions: every business day begins with them, once, whichever worker is first."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import connections

from hub.transactions import transact
from ordering.dishes import manage, refill
from ordering.dishes.availability import alter
from ordering.dishes.models import Dish
from ordering.restaurant.models import Store

pytestmark = pytest.mark.django_db
DAWN = datetime(2026, 3, 3, 4, tzinfo=ZoneInfo("Asia/Shanghai"))
BEFORE = DAWN.replace(hour=3, minute=59)
YESTERDAY = date(2026, 3, 2)


def refill_at(moment):
    with time_machine.travel(moment, tick=False):
        return refill.refill_due()


@pytest.fixture
def rib(cook):
    """Three left of yesterday's twenty."""
    return cook("排骨", remaining=3, daily_portions=20, refilled_on=YESTERDAY)


@pytest.mark.both
def test_the_business_day_begins_with_the_daily_portions(rib, cook, events):
    gone = cook("鱼", remaining=0, daily_portions=5, refilled_on=YESTERDAY, sold_out=True)
    cook("汤", remaining=0)
    assert refill_at(BEFORE) == 0
    assert refill_at(DAWN) == 2
    assert refill_at(DAWN.replace(hour=23)) == 0
    left = dict(Dish.objects.values_list("name", "remaining"))
    assert left == {"排骨": 20, "鱼": 5, "汤": 0}
    assert Dish.objects.get(pk=gone.pk).sold_out, "a 估清 by hand ends by its own time"
    assert events() == [
        ("dish.restored", rib.key, 1, {"dish": rib.pk, "sold_out": False, "remaining": None}),
        ("dish.stock_low", gone.key, 1, {"dish": gone.pk, "sold_out": True, "remaining": 5}),
    ]
    assert refill_at(DAWN.replace(day=4)) == 2


def test_the_stores_own_hour_counts(rib, store):
    Store.objects.filter(pk=store.pk).update(cutover_hour=6)
    assert (refill_at(DAWN), refill_at(DAWN.replace(hour=6))) == (0, 1)


def test_a_worker_that_was_away_refills_once(rib):
    assert (refill_at(DAWN.replace(day=9)), refill_at(DAWN.replace(day=9, hour=5))) == (1, 0)


def test_a_number_said_today_counts_from_tomorrow(cook):
    dish = cook("排骨", remaining=2)
    with time_machine.travel(DAWN):
        card = transact(lambda tx: manage.change_dish(tx, dish, {"daily_portions": 9}), actor="tests")
    assert (card["remaining"], card["daily_portions"]) == (2, 9)
    assert refill_at(DAWN.replace(hour=12)) == 0
    assert (refill_at(DAWN.replace(day=4)), Dish.objects.get().remaining) == (1, 9)


@pytest.fixture
def two_workers(rib, store, monkeypatch):
    """two_workers() → portions after two workers saw the day begin together and one was sold in between."""
    both, real, first_done = threading.Barrier(2), refill.transact, threading.Event()

    def one_after_the_other(work, *, actor):
        if both.wait(20) == 0:
            done = real(work, actor=actor)
            real(lambda tx: alter(tx, store, Dish.objects.get(pk=rib.pk), remaining=19), actor="guest")
            first_done.set()
            return done
        assert first_done.wait(20)
        return real(work, actor=actor)

    def run_one(_):
        try:
            return refill.refill_due()
        finally:
            connections.close_all()

    def run():
        monkeypatch.setattr(refill, "transact", one_after_the_other)
        with time_machine.travel(DAWN, tick=False), ThreadPoolExecutor(2) as pool:
            done = sum(pool.map(run_one, range(2)))
        return done, Dish.objects.get().remaining

    return run


@pytest.mark.both
@pytest.mark.django_db(transaction=True)
def test_two_workers_refill_once(two_workers):
    assert two_workers() == (1, 19)


@pytest.mark.both
@pytest.mark.django_db(transaction=True)
def test_without_asking_again_the_sold_portion_comes_back(two_workers, monkeypatch):
    """The control: what was seen before the locks is refilled."""

    def refill_all(tx, store, day):
        dishes = list(Dish.objects.filter(store=store, daily_portions__isnull=False))
        for dish in dishes:
            alter(tx, store, dish, remaining=dish.daily_portions, refilled_on=day)
        return len(dishes)

    monkeypatch.setattr(refill, "_refill", refill_all)
    assert two_workers() == (2, 20)
