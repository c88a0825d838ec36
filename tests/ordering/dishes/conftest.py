"""A small restaurant whose menu the tests change."""

import threading
from concurrent.futures import ThreadPoolExecutor

import orjson
import pytest
from django.db import connection, connections

from hub import eventlog
from hub.transactions import transact
from ordering.dishes.models import Category, ComboItem, Dish, Option, OptionGroup
from ordering.restaurant.actions import create_store
from ordering.restaurant.models import Station


@pytest.fixture
def store(db):
    eventlog.ensure_epoch()
    return transact(lambda tx: create_store(tx, code="teahouse", name="茶馆"), actor="system")


@pytest.fixture
def station(store):
    return Station.objects.create(store=store, code="wok", name="热炒")


@pytest.fixture
def category(store):
    return Category.objects.create(store=store, name="热菜")


@pytest.fixture
def cook(store, station, category):
    """cook("红烧肉", remaining=3, groups={"辣度": ["不辣", "微辣"]}, parts=[(dish, 2)]) → Dish."""

    def make(name, groups=None, parts=(), **fields):
        values = {"store": store, "category": category, "station": station, "price_fen": 1000, **fields}
        dish = Dish.objects.create(name=name, **values)
        for group_name, options in (groups or {}).items():
            group = OptionGroup.objects.create(dish=dish, name=group_name, required=True, min=1, max=1)
            Option.objects.bulk_create(Option(group=group, name=option) for option in options)
        for part, quantity in parts:
            ComboItem.objects.create(combo=dish, dish=part, quantity=quantity)
        return dish

    return make


@pytest.fixture
def events(store):
    """events() → (kind, key, version, card) of the menu's stream since the last call."""
    seen = [eventlog.heads([store.menu_stream])[store.menu_stream].seq]

    def read():
        found = eventlog.read_after(store.menu_stream, seen[0])
        seen[0] += len(found)
        return [(e.kind, e.key, e.version, orjson.loads(e.body)) for e in found]

    return read


@pytest.fixture
def crowd():
    """crowd(work, items) → results of ``work(item)`` from many threads that all start at once."""

    def run(work, items):
        threads = 64 if connection.vendor == "mysql" else 16
        gate = threading.Barrier(threads)
        waited = threading.local()

        def one(item):
            if not hasattr(waited, "here"):
                waited.here = True
                gate.wait(20)
            try:
                return work(item)
            finally:
                connections.close_all()

        with ThreadPoolExecutor(threads) as pool:
            return list(pool.map(one, items))

    return run
