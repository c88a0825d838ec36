"""How much and how often: never more than was paid, at the gateway's pace, fifty times at most."""

import time
from collections import Counter

import pytest

from hub.transactions import Transaction
from ordering.orders import returns
from ordering.payments import actions as payments
from ordering.payments.models import Refund
from tests.ordering.orders.trips import post, refused

pytestmark = pytest.mark.django_db(transaction=True)

SLOW_EMULATOR = pytest.mark.parametrize("emulator", [1.0], indirect=True)
MINUTE = 61


def calls(till, attempt):
    """How often each refund of the attempt was asked for at the gateway."""
    return {row["out_refund_no"]: row["calls"] for row in till.gateway.refunds(attempt.out_trade_no)}


# C1: the ceiling


def ask_twenty_times(till, attempt, at_once):
    """Twenty counters ask for 3 yuan each of 38 yuan; their answers."""
    path, body = f"orders/{attempt.no}/refunds/", {"amount_fen": 300, "reason": "慢"}
    return at_once(lambda _: post(till.fang, path, body), 20)


@pytest.mark.both
def test_twenty_parallel_refunds_stop_at_what_was_paid(till, at_once):
    attempt = till.paid()
    answers = ask_twenty_times(till, attempt, at_once)
    assert Counter(answer.status_code for answer in answers) == {201: 12, 409: 8}
    assert {refused(a) for a in answers if a.status_code == 409} == {(409, "refund.exceeds_paid")}
    till.refund(attempt, 200)
    till.settle()
    assert till.gateway.net() == {attempt.out_trade_no: 0}
    assert attempt.order.payment_status == "refunded"


@pytest.mark.both
def test_one_refund_key_sent_eight_times_at_once_is_one_refund(till, at_once):
    attempt = till.paid()
    path, body = f"orders/{attempt.no}/refunds/", {"amount_fen": 300, "reason": "慢"}
    answers = at_once(lambda _: post(till.fang, path, body, key="the-same-tap"), 8)
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len({answer.content for answer in answers if answer.status_code == 201}) == 1
    assert [refund.amount_fen for refund in attempt.refunds] == [300]


@pytest.mark.mariadb
def test_without_the_lock_parallel_refunds_collide(till, at_once, monkeypatch):
    attempt = till.paid()
    plain = Transaction.lock

    def unlocked(self, rank, rows):
        found = list(rows.order_by("pk"))
        time.sleep(0.05)
        return found

    monkeypatch.setattr(Transaction, "lock", unlocked)
    answers = ask_twenty_times(till, attempt, at_once)
    monkeypatch.setattr(Transaction, "lock", plain)
    assert 500 in {answer.status_code for answer in answers}, "the control"


def test_without_the_ceiling_the_gateway_alone_keeps_the_money(till, monkeypatch):
    attempt = till.paid()
    till.refund(attempt, 3000)
    monkeypatch.setattr(payments.Ledger, "left_of", lambda ledger, payment: payment.amount_fen)
    monkeypatch.setattr(payments.Ledger, "refundable_fen", 3800)
    till.refund(attempt, 3000)
    till.later(0)
    till.later(MINUTE)
    assert [refund.state for refund in attempt.refunds] == ["succeeded", "rejected"], "the control"


# C5, C6: the gateway's limits


@SLOW_EMULATOR
def test_refunds_of_one_payment_go_a_minute_apart(till):
    attempt = till.paid()
    till.refund(attempt, 100)
    till.refund(attempt, 200)
    till.later()
    assert list(calls(till, attempt)) == [f"R{attempt.out_trade_no}-1"]
    till.later(30)
    assert len(calls(till, attempt)) == 1
    till.later(31)
    assert len(calls(till, attempt)) == 2
    assert till.gateway.calls("refund") == 2


@SLOW_EMULATOR
def test_without_the_spacing_the_gateway_says_no(till, monkeypatch):
    attempt = till.paid()
    till.refund(attempt, 100)
    till.refund(attempt, 200)
    monkeypatch.setattr(returns, "_is_spaced", lambda refund: True)
    till.later()
    assert (till.gateway.calls("refund"), len(calls(till, attempt))) == (2, 1), "the control"
    assert attempt.refunds[1].last_code == "FREQUENCYLIMITED"


def test_the_fifty_first_refund_is_refused_here(till):
    attempt = till.paid()
    payment = attempt.payment
    sent = [
        Refund(
            payment=payment,
            order_no=attempt.no,
            out_refund_no=f"R{payment.out_trade_no}-{number}",
            amount_fen=1,
            state="closed",
            requested_by="counter",
        )
        for number in range(1, 50)
    ]
    Refund.objects.bulk_create(sent)
    till.refund(attempt, 1)
    answer = post(till.fang, f"orders/{attempt.no}/refunds/", {"amount_fen": 1, "reason": "慢"})
    assert refused(answer) == (409, "refund.too_many")
    assert len(attempt.refunds) == 50
