"""The ledger of an order: what came in, what may go back, under which numbers."""

import re

import pytest

from hub.errors import Refusal
from hub.transactions import Lock, OutOfOrder, transact
from ordering.payments import actions
from ordering.payments.models import Payment, Refund
from ordering.restaurant.models import Store
from tests import factories

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both]

NO = "01J0000000000000000000ORDE"


def book(*amounts):
    store = Store.objects.first() or factories.store()
    for amount in amounts:
        transact(lambda tx, fen=amount: actions.settle_cash(tx, store, NO, fen, "staff:fang"), actor="tests")


def refund(amount, **more):
    def work(tx):
        return actions.refund(actions.ledger(tx, NO), amount, reason="慢", operator="staff:fang", **more)

    return transact(work, actor="staff:fang")


def test_numbers_are_valid_at_every_gateway_and_differ():
    numbers = {actions.number() for _ in range(200)}
    assert len(numbers) == 200
    assert all(re.fullmatch(r"P\d{12}[A-Z2-7]{10}", number) for number in numbers)


def test_cash_is_final_at_once():
    book(500)
    payment = Payment.objects.get()
    assert (payment.state, payment.channel, payment.open_key) == ("succeeded", "cash", None)
    assert payment.operator == "staff:fang"
    assert payment.paid_at


def test_the_newest_payment_goes_back_first_and_numbers_follow_the_payment():
    book(500, 300)
    assert refund(400).settled_fen == 400
    assert refund(100).settled_fen == 100
    old, new = Payment.objects.order_by("pk")
    rows = Refund.objects.order_by("pk").values_list("payment_id", "amount_fen", "out_refund_no")
    assert list(rows) == [
        (new.pk, 300, f"R{new.out_trade_no}-1"),
        (old.pk, 100, f"R{old.out_trade_no}-1"),
        (old.pk, 100, f"R{old.out_trade_no}-2"),
    ]


def test_never_more_than_came_in():
    book(500)
    refund(200)
    with pytest.raises(Refusal) as refused:
        refund(301)
    assert (refused.value.code, refused.value.facts) == ("refund.exceeds_paid", {"refundable_fen": 300})
    assert Refund.objects.count() == 1
    refund(300)
    with pytest.raises(Refusal):
        refund(1)


def test_money_still_on_its_way_counts_and_a_closed_refund_does_not():
    book(500)
    Payment.objects.update(channel="other")
    assert refund(400).settled_fen == 0
    assert Refund.objects.get().state == "requested"
    with pytest.raises(Refusal):
        refund(200)
    Refund.objects.update(state="closed")
    assert len(refund(500).refunds) == 1


def test_only_money_that_came_in_goes_back():
    book(500)
    for state in ("created", "pending", "closing", "closed", "failed"):
        Payment.objects.update(state=state)
        with pytest.raises(Refusal):
            refund(1)


def test_payments_are_locked_before_dishes():
    def work(tx):
        tx.reach(Lock.DISH)
        actions.ledger(tx, NO)

    with pytest.raises(OutOfOrder):
        transact(work, actor="system")
