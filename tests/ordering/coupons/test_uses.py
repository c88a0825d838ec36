"""One coupon, many orders at once: exactly one gets it."""

import pytest

from hub import clock
from hub.errors import Refusal
from hub.transactions import transact
from ordering.coupons import actions, queries
from ordering.coupons.models import Coupon
from ordering.orders import submit as submitting
from ordering.orders.models import Order
from tests.ordering.orders.trips import basket

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both]
WANTED = 500


def rush(at_once, coupon, threads=25):
    """500 orders want the coupon, each having seen it free; how many got it, and why not the others."""
    at = clock.now()

    def one(number):
        try:
            transact(lambda tx: actions.lock(tx, coupon, f"ORDER{number}", at), actor="tests")
        except Refusal as refusal:
            return refusal.facts.get("reason", refusal.code)
        return "had"

    def some(index):
        return [one(number) for number in range(index, WANTED, threads)]

    return [word for words in at_once(some, threads) for word in words]


def assert_one_has_it(words, coupon):
    assert sorted(words) == ["had", *["used"] * (WANTED - 1)]
    coupon.refresh_from_db()
    assert (coupon.state, coupon.locked_by.startswith("ORDER")) == ("locked", True)


def test_of_five_hundred_uses_one_has_it(plan, hand, lin, at_once):
    coupon = hand(plan(), lin)
    assert_one_has_it(rush(at_once, coupon), coupon)


@pytest.mark.soak
def test_of_five_hundred_connections_one_has_it(plan, hand, lin, at_once):
    """None waits for another's turn: each has a thread and a connection of its own."""
    coupon = hand(plan(), lin)
    assert_one_has_it(rush(at_once, coupon, threads=WANTED), coupon)


@pytest.mark.soak
def test_control_without_the_condition_more_than_one_connection_has_it(plan, hand, lin, at_once, monkeypatch):
    coupon = hand(plan(), lin)
    monkeypatch.setattr(actions, "_free", lambda coupon, at: Coupon.objects.filter(pk=coupon.pk))
    words = rush(at_once, coupon, threads=WANTED)
    assert words.count("had") > 1 and set(words) <= {"had", "service.unavailable"}, "some waited too long"


def test_without_the_condition_everybody_has_it(plan, hand, lin, at_once, monkeypatch):
    """The control: the same rush, but the UPDATE does not look."""
    coupon = hand(plan(), lin)
    monkeypatch.setattr(actions, "_free", lambda coupon, at: Coupon.objects.filter(pk=coupon.pk))
    assert rush(at_once, coupon).count("had") == WANTED


@pytest.fixture
def seen_free(monkeypatch, plan, hand, lin):
    """lin's coupon, which every rival has read while it was free."""
    coupon = hand(plan(), lin)
    known = queries.coupon_of(lin.user, coupon.pk)
    monkeypatch.setattr(queries, "coupon_of", lambda user, pk: known)
    return coupon


def orders(at_once, lin, chicken, coupon):
    """Eight orders with one coupon by eight requests at once; status words of each."""
    actors = [lin.actor for _ in range(8)]

    def one(index):
        body = basket(chicken, coupon=coupon.pk)
        try:
            return transact(lambda tx: submitting.submit(tx, actor=actors[index], order=body), actor="tests")
        except Refusal as refusal:
            return refusal.code, refusal.facts["reason"]

    return at_once(one, 8)


def test_eight_orders_at_once_are_one_order(chicken, seen_free, lin, at_once):
    results = orders(at_once, lin, chicken, seen_free)
    [order] = [result for result in results if isinstance(result, dict)]
    assert results.count(("coupon.not_usable", "used")) == 7
    assert Order.objects.get().no == order["no"]
    seen_free.refresh_from_db()
    assert seen_free.locked_by == order["no"]


def test_without_the_condition_eight_orders_have_it(chicken, seen_free, lin, at_once, monkeypatch):
    monkeypatch.setattr(actions, "_free", lambda coupon, at: Coupon.objects.filter(pk=coupon.pk))
    orders(at_once, lin, chicken, seen_free)
    assert Order.objects.filter(coupon=seen_free).count() == 8
