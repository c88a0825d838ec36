"""The ledger invariant finds what is wrong: each lie in our books is noticed, and the truth passes."""

import pytest

from ordering.orders.models import Order
from ordering.payments.models import Payment, Refund
from tests.ordering.orders.trips import post
from tests.wechat.books import Books

pytestmark = pytest.mark.django_db(transaction=True)

LIES = {
    "a payment nobody made": lambda: Payment.objects.filter(state="closed").update(state="succeeded"),
    "a payment forgotten": lambda: Payment.objects.filter(state="succeeded").update(state="failed"),
    "a refund nobody got": lambda: Refund.objects.filter(state="closed").update(state="succeeded"),
    "a refund forgotten": lambda: Refund.objects.filter(state="succeeded").update(state="closed"),
    "another amount": lambda: Refund.objects.filter(state="succeeded").update(amount_fen=799),
    "an order that says more": lambda: Order.objects.filter(status="placed").update(paid_fen=9900),
    "an order that ended with its money": lambda: Order.objects.filter(status="placed").update(
        status="cancelled"
    ),
}


def check(till):
    """The invariant."""
    books = Books.own()
    books.check_ledger(till.gateway)
    books.check_orders()


def test_every_lie_is_found(till):
    kept, given, left = till.paid(), till.paid(), till.attempt()
    till.gateway.fault("refund_closed", match=given.out_trade_no)
    till.refund(given, 800)
    till.refund(kept, 800)
    till.later()
    assert post(till.guest, f"orders/{left.no}/cancel/").status_code == 200
    till.settle()
    check(till)
    rows = [*Payment.objects.all(), *Refund.objects.all(), *Order.objects.all()]
    truth = [(type(row).objects.filter(pk=row.pk), type(row).objects.values().get(pk=row.pk)) for row in rows]
    for lie, tell in LIES.items():
        assert tell(), lie
        with pytest.raises(AssertionError):
            check(till)
            pytest.fail(f"nobody noticed {lie}")
        for row, values in truth:
            row.update(**values)


def test_a_refund_nobody_asked_for_is_found(till):
    attempt = till.paid()
    till.refund(attempt, 800)
    till.settle()
    number = f"R{attempt.out_trade_no}-1"
    Refund.objects.update(out_refund_no="R-SOMETHING-ELSE")
    with pytest.raises(AssertionError, match="without being asked"):
        check(till)
    Refund.objects.update(out_refund_no=number)
