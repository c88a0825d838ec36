"""Two managers at once: what one checked stays true until it is written."""

import threading

import pytest
from django.db import IntegrityError

from hub.errors import Refusal
from hub.transactions import transact
from ordering.dishes import manage

# Only there: SQLite has one writer at a time, so that its control could not fail.
pytestmark = [pytest.mark.mariadb, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def two_managers(store, category, station, at_once, monkeypatch):
    """two_managers() → what came of a new dish whose category is deleted once the dish was found right."""
    checked, deleted, check = threading.Event(), threading.Event(), manage._apply

    def check_and_wait(dish, fields):
        check(dish, fields)
        checked.set()
        deleted.wait(0.5)

    def delete():
        assert checked.wait(20)
        transact(lambda tx: manage.delete_category(tx, category), actor="tests")
        deleted.set()

    def create():
        body = {"category": category.pk, "station": station.code, "name": "水煮鱼", "price_fen": 6800}
        return transact(lambda tx: manage.create_dish(tx, store, body), actor="tests")["name"]

    def run():
        monkeypatch.setattr(manage, "_apply", check_and_wait)
        return at_once(lambda index: create() if index else delete(), 2)

    return run


def test_a_category_does_not_go_under_a_new_dish(two_managers):
    refused, made = two_managers()
    assert (isinstance(refused, Refusal), refused.code, made) == (True, "category.in_use", "水煮鱼")


def test_without_the_stores_lock_it_does(two_managers, monkeypatch):
    """The control: the dish was right when it was looked at, and cannot be written."""
    monkeypatch.setattr(manage, "touch_menu", lambda tx, store: None)
    gone, failed = two_managers()
    assert gone is None and isinstance(failed, IntegrityError)
