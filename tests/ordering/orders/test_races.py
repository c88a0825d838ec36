"""Two rivals for one order: exactly one wins, the other learns why; and what happens without the lock."""

import time

import pytest
from django.db import IntegrityError

from hub.errors import Refusal
from hub.models import Event
from hub.transactions import Transaction, transact
from ordering.orders import actions
from ordering.orders.models import Order
from tests import factories
from tests.ordering.orders.trips import basket, post, submit

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def placed(store, chicken, lin, fang):
    """``placed()``: the number of one more order that waits for the counter."""

    def make():
        no = submit(lin, basket(chicken))["no"]
        assert post(fang, f"orders/{no}/pay/", {"channel": "cash"}).status_code == 200
        return no

    return make


def duel(no, at_once, fang, lin):
    """The counter accepts while the diner cancels; what each got."""
    rivals = [(actions.accept, fang.actor), (actions.cancel, lin.actor)]

    def tap(index):
        act, actor = rivals[index]
        return transact(lambda tx: act(tx, no, actor=actor), actor=actor.label)

    return at_once(tap, 2)


@pytest.mark.both
def test_accept_against_cancel_has_one_winner(placed, at_once, fang, lin):
    for _ in range(20):
        no = placed()
        results = duel(no, at_once, fang, lin)
        [won] = [result for result in results if isinstance(result, dict)]
        [lost] = [result for result in results if isinstance(result, Refusal)]
        order = Order.objects.get(no=no)
        assert won["status"] == order.status == lost.facts["state"]
        assert (lost.code, lost.facts["version"]) == ("order.transition_refused", order.version)
        versions = Event.objects.filter(key=order.key).order_by("version").values_list("version", flat=True)
        assert list(versions) == list(range(1, order.version + 1))


@pytest.mark.mariadb
def test_without_the_lock_both_rivals_think_they_won(placed, at_once, fang, lin, monkeypatch):
    def unlocked(self, rank, rows):
        found = list(rows.order_by("pk"))
        time.sleep(0.1)
        return found

    no = placed()
    monkeypatch.setattr(Transaction, "lock", unlocked)
    results = duel(no, at_once, fang, lin)
    assert not any(isinstance(result, Refusal) for result in results)
    # Only the log's uniqueness of (key, version) stopped the second one, at the very end.
    assert sum(isinstance(result, IntegrityError) for result in results) == 1


@pytest.mark.both
def test_the_last_portion_is_sold_once(store, at_once, lin):
    dish = factories.dish(store, remaining=3)
    people = [factories.person(f"guest{i}") for i in range(8)]
    answers = at_once(lambda i: post(people[i], "orders/", basket(dish)).status_code, 8)
    assert sorted(answers) == [201] * 3 + [409] * 5
    dish.refresh_from_db()
    assert dish.remaining == 0
