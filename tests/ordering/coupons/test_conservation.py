"""Random steps by everybody: no portion and no coupon is ever lost, doubled or given away."""

from random import randrange

import pytest

from ordering.coupons import actions as coupons
from ordering.coupons.models import Coupon
from ordering.orders.models import Order
from tests.ordering.coupons.shop import Shop

pytestmark = pytest.mark.django_db(transaction=True)


def seed():
    """A new one each time, said aloud."""
    chosen = randrange(10**6)
    print(f"seed {chosen}")
    return chosen


@pytest.mark.both
def test_two_hundred_steps(store, plan):
    shop = Shop(store, plan, seed=7)
    assert shop.run(200, check_every=40) > 80
    assert {"coupon.not_usable", "coupon.not_claimable", "stock.sold_out"} <= set(shop.refused)
    assert Coupon.objects.filter(state="used").exists()


@pytest.mark.mariadb
def test_two_hundred_steps_by_eight_at_once(store, plan):
    shop = Shop(store, plan, seed())
    assert shop.run_at_once(8, 200, check_every=40) > 50


@pytest.mark.soak
def test_ten_thousand_steps(store, plan):
    assert Shop(store, plan, seed()).run(10_000, check_every=500) > 3000


@pytest.mark.soak
def test_ten_thousand_steps_by_eight_at_once(store, plan):
    shop = Shop(store, plan, seed())
    done = shop.run_at_once(8, 10_000, check_every=400)
    print(f"{done} steps done, {Order.objects.count()} orders, refused: {dict(shop.refused)}")
    assert done > 3000


def test_the_books_find_a_lost_coupon(store, plan, monkeypatch):
    """The control: with giving back switched off, the same steps leave books that do not agree."""
    shop = Shop(store, plan, seed=7)
    monkeypatch.setattr(coupons, "give_back", lambda *said: None)
    with pytest.raises(AssertionError):
        shop.run(200, check_every=25)


@pytest.mark.mariadb
def test_the_books_find_a_coupon_that_two_orders_have(store, plan, monkeypatch):
    """The control of eight at once: the coupon's UPDATE does not look whether it is free."""
    monkeypatch.setattr(coupons, "_free", lambda coupon, at: Coupon.objects.filter(pk=coupon.pk))
    shop = Shop(store, plan, seed())
    with pytest.raises(AssertionError):
        shop.run_at_once(8, 4000, check_every=80)
