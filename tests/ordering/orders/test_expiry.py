"""Timers: unpaid orders expire, ready ones complete; each once, however many workers run."""

from datetime import timedelta

import pytest

from hub import clock
from hub.models import Event
from ordering.orders import expiry
from ordering.orders.models import Order
from tests import factories
from tests.ordering.orders.trips import basket, post, refused, submit

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both]


def make_late(**fields):
    Order.objects.update(**{name: clock.now() - delta for name, delta in fields.items()})


def test_an_unpaid_order_expires_and_its_portions_return(store, lin, fang):
    dish = factories.dish(store, remaining=3)
    no = submit(lin, basket(dish, quantity=3))["no"]
    assert expiry.expire_due() == 0
    make_late(expires_at=timedelta(seconds=1))
    assert expiry.expire_due() == 1
    assert expiry.expire_due() == 0
    order = Order.objects.get(no=no)
    assert (order.status, order.cancel_kind, order.version) == ("cancelled", "timeout", 2)
    event = Event.objects.get(key=order.key, version=2)
    assert (event.kind, event.actor) == ("order.cancelled", "system")
    dish.refresh_from_db()
    assert dish.remaining == 3
    assert refused(post(fang, f"orders/{no}/pay/", {"channel": "cash"})) == (409, "order.transition_refused")


def test_a_paid_order_never_expires(order_in):
    order_in("placed")
    make_late(expires_at=timedelta(days=1))
    assert expiry.expire_due() == 0


def test_two_workers_expire_every_order_once(store, lin, at_once):
    dish = factories.dish(store, remaining=100)
    for _ in range(10):
        submit(lin, basket(dish))
    make_late(expires_at=timedelta(seconds=1))
    assert sum(at_once(lambda i: expiry.expire_due(), 2)) == 10
    assert Event.objects.filter(kind="order.cancelled").count() == 10
    dish.refresh_from_db()
    assert dish.remaining == 100


def test_a_ready_order_completes_by_itself(order_in, store):
    no = order_in("ready")["no"]
    assert expiry.complete_due() == 0
    make_late(ready_at=timedelta(hours=5))
    assert expiry.complete_due() == 1
    order = Order.objects.get(no=no)
    assert (order.status, order.completed_at is not None) == ("completed", True)


def test_an_unsettled_order_or_a_store_that_does_not_want_it_waits(order_in, store, chicken, lin):
    no = order_in("ready")["no"]
    type(store).objects.update(auto_complete_hours=0)
    make_late(ready_at=timedelta(hours=500))
    assert expiry.complete_due() == 0
    type(store).objects.update(auto_complete_hours=1)
    Order.objects.filter(no=no).update(paid_fen=1)
    assert expiry.complete_due() == 0
