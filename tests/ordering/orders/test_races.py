"""Two rivals for one order: exactly one wins, the other learns why; and what happens without the lock."""

import threading
import time
from datetime import timedelta

import pytest
from django.db import IntegrityError
from django.db.models import QuerySet

from hub import clock
from hub.errors import Refusal
from hub.models import Event
from hub.transactions import Transaction, transact
from ordering.orders import actions, expiry
from ordering.orders import submit as submitting
from ordering.orders.change import lines_of
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


@pytest.fixture
def without_locks(monkeypatch):
    """The door without its row locks, and slow enough for rivals to meet."""

    def unlocked(self, rank, rows):
        found = list(rows.order_by("pk"))
        time.sleep(0.1)
        return found

    monkeypatch.setattr(Transaction, "lock", unlocked)


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
def test_without_the_lock_both_rivals_think_they_won(placed, at_once, fang, lin, without_locks):
    results = duel(placed(), at_once, fang, lin)
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


@pytest.mark.mariadb
def test_without_the_lock_refunds_collide(placed, at_once, fang, without_locks):
    no = placed()
    apis = [fang.api for _ in range(4)]
    body = {"amount_fen": 3000, "reason": "慢"}
    path = f"/api/v1/orders/{no}/refunds/"
    answers = at_once(lambda i: apis[i].post(path, body, HTTP_IDEMPOTENCY_KEY=f"k{i}").status_code, 4)
    assert 500 in answers, "nobody was told that the money was gone already"


@pytest.mark.mariadb
def test_without_the_lock_a_diner_has_more_than_five_unpaid_orders(
    store, chicken, lin, settings, at_once, without_locks, monkeypatch
):
    settings.RATE_LIMIT_SCALE = 1
    apis = [lin.api for _ in range(8)]
    all_counted, plain = threading.Event(), submitting._insert
    counted = set()

    def late(*said):
        counted.add(threading.get_ident())
        if len(counted) == 8:
            all_counted.set()
        all_counted.wait(10)
        return plain(*said)

    monkeypatch.setattr(submitting, "_insert", late)
    at_once(lambda i: apis[i].post("/api/v1/orders/", basket(chicken), HTTP_IDEMPOTENCY_KEY=f"k{i}"), 8)
    assert Order.objects.count() > 5


@pytest.mark.mariadb
def test_without_the_lock_two_workers_expire_one_order(store, lin, chicken, at_once, monkeypatch):
    submit(lin, basket(chicken))
    Order.objects.update(expires_at=clock.now() - timedelta(seconds=1))
    plain = lines_of

    def slow(order):
        time.sleep(0.1)
        return plain(order)

    monkeypatch.setattr(expiry, "lines_of", slow)
    monkeypatch.setattr(QuerySet, "select_for_update", lambda rows, **_: rows)
    results = at_once(lambda i: expiry.expire_due(), 2)
    assert sum(isinstance(result, IntegrityError) for result in results) == 1
