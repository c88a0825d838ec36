"""The worker's part: 估清 that ends, and the clock that changes the menu."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import connections

from hub import clock
from ordering.dishes import edges
from ordering.dishes.actions import touch_menu
from ordering.dishes.models import Dish, TimeWindow
from ordering.restaurant.models import OpeningHours, Store

ZONE = ZoneInfo("Asia/Shanghai")
MORNING = datetime(2026, 3, 2, 9, tzinfo=ZONE)
LUNCH = MORNING.replace(hour=11)


@pytest.mark.both
def test_only_what_is_due_is_restored(cook, events):
    now = clock.now()
    due = cook("红烧肉", sold_out=True, sold_out_until=now - timedelta(seconds=1))
    later = cook("鲈鱼", sold_out=True, sold_out_until=now + timedelta(hours=1))
    by_hand = cook("汤", sold_out=True)
    assert edges.restore_due() == 1
    assert [Dish.objects.get(pk=d.pk).sold_out for d in (due, later, by_hand)] == [False, True, True]
    assert events() == [("dish.restored", due.key, 1, {"dish": due.pk, "sold_out": False, "remaining": None})]
    assert edges.restore_due() == 0


@pytest.mark.both
@pytest.mark.django_db(transaction=True)
def test_several_workers_restore_once(cook, crowd, events):
    until = clock.now() - timedelta(seconds=1)
    dishes = [cook(f"菜 {n}", sold_out=True, sold_out_until=until) for n in range(8)]
    assert sum(crowd(lambda _: edges.restore_due(), range(64))) == 8
    assert sorted(key for _, key, _, _ in events()) == sorted(dish.key for dish in dishes)


@pytest.fixture
def lunch(store, category):
    TimeWindow.objects.create(category=category, starts=time(11), ends=time(14))
    Store.objects.filter(pk=store.pk).update(menu_checked_at=MORNING)


def announce_at(moment):
    with time_machine.travel(moment, tick=False):
        return edges.announce_edges()


@pytest.mark.both
def test_each_edge_of_a_window_is_told_once(lunch, store, events):
    assert announce_at(LUNCH - timedelta(seconds=1)) == 0
    assert announce_at(LUNCH) == 1
    assert announce_at(LUNCH + timedelta(seconds=5)) == 0
    assert announce_at(LUNCH + timedelta(hours=3)) == 1
    assert events() == [
        ("menu.changed", store.menu_stream, 1, {}),
        ("menu.changed", store.menu_stream, 2, {}),
    ]


def test_opening_and_closing_are_edges(store, events):
    Store.objects.filter(pk=store.pk).update(menu_checked_at=MORNING)
    OpeningHours.objects.create(store=store, weekday=0, opens=time(10), closes=time(22))
    assert announce_at(MORNING.replace(hour=10)) == 1
    assert announce_at(MORNING.replace(hour=21, minute=59)) == 0
    assert announce_at(MORNING.replace(hour=22)) == 1
    assert announce_at(MORNING.replace(day=3, hour=22)) == 0


def test_a_store_that_the_clock_does_not_change_is_left_alone(store, events):
    Store.objects.filter(pk=store.pk).update(menu_checked_at=MORNING)
    assert (announce_at(LUNCH + timedelta(days=40)), events()) == (0, [])


@pytest.fixture
def two_workers(lunch, monkeypatch):
    """two_workers() → how many edges two workers told that both saw the edge before either told it."""
    both, real = threading.Barrier(2), edges.edge_between

    def see_together(*arguments):
        found = real(*arguments)
        both.wait(20)
        return found

    def announce(_):
        try:
            return edges.announce_edges()
        finally:
            connections.close_all()

    def run():
        monkeypatch.setattr(edges, "edge_between", see_together)
        with time_machine.travel(LUNCH, tick=False), ThreadPoolExecutor(2) as pool:
            return sum(pool.map(announce, range(2)))

    return run


@pytest.mark.both
@pytest.mark.django_db(transaction=True)
def test_two_workers_tell_an_edge_once(two_workers, events):
    assert two_workers() == 1
    assert [kind for kind, *_ in events()] == ["menu.changed"]


@pytest.mark.both
@pytest.mark.django_db(transaction=True)
def test_without_the_comparison_two_workers_tell_it_twice(two_workers, monkeypatch):
    """The control: each writes what it saw without asking whether it was told."""

    def announce(tx, store, now):
        touch_menu(tx, store)
        return Store.objects.filter(pk=store.pk).update(menu_checked_at=now)

    monkeypatch.setattr(edges, "_announce", announce)
    assert two_workers() == 2
