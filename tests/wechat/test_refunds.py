"""Refunds: never more than was paid, once whatever gets lost, at the gateway's pace, with a person's help."""

import threading
import time
from collections import Counter

import pytest
from django.db import connection

from hub.models import Event
from hub.transactions import Transaction
from ordering.orders import attempts, returns
from ordering.payments import actions as payments
from ordering.payments.models import Refund
from ordering.payments.wechatpay import WechatGateway
from tests.ordering.orders.trips import post, refused

pytestmark = pytest.mark.django_db(transaction=True)

SLOW_EMULATOR = pytest.mark.parametrize("emulator", [1.0], indirect=True)
MINUTE = 61


def told(attempt):
    """The kinds of the order's events about refunds, counted."""
    kinds = Event.objects.filter(key=attempt.order.key, kind__startswith="refund.")
    return Counter(kinds.values_list("kind", flat=True))


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


# C2: the answer gets lost


@pytest.mark.both
@pytest.mark.parametrize("fault", ["drop_answer", "unsigned", "500", "reset"])
def test_a_refund_whose_answer_is_lost_goes_again_with_its_number(till, steps, fault):
    attempt = till.paid()
    till.refund(attempt, 800)
    till.gateway.fault(fault, route="refund")
    till.later()
    assert [refund.state for refund in attempt.refunds] == ["requested"]
    till.settle()
    [refund] = attempt.refunds
    assert refund.state == "succeeded"
    assert [number for name, number in steps.log if name == "refund"] == [refund.out_refund_no] * 2
    assert till.gateway.ledger()["refunded_fen"] == 800


def test_with_a_new_number_a_repeat_is_a_second_refund(till, monkeypatch):
    attempt = till.paid()
    till.refund(attempt, 800)
    till.gateway.fault("drop_answer", route="refund")
    plain, count = WechatGateway.refund, iter("ab")

    def another(gateway, number, *rest):
        return plain(gateway, number + next(count), *rest)

    monkeypatch.setattr(WechatGateway, "refund", another)
    till.later()
    till.later(MINUTE)
    asked = [row["amount_fen"] for row in till.gateway.ledger()["refunds"]]
    assert asked == [800, 800], "the control: 8 yuan go back twice"
    monkeypatch.undo()
    till.gateway.call("DELETE", "/control/faults/")
    forget_refunds(till)


def forget_refunds(till):
    """Strike what a control did to the gateway's books; its own test has seen it."""
    with till.gateway.books() as db:
        db.execute("DELETE FROM refunds")
    Refund.objects.update(state="requested", next_try_at=None)


@pytest.mark.both
def test_a_worker_that_dies_between_claim_and_call_loses_nothing(till, steps):
    attempt = till.paid()
    till.refund(attempt, 800)

    class Killed(BaseException):
        """As SIGKILL: nothing is tidied up."""

    def die():
        raise Killed

    steps.before("refund", die)
    with pytest.raises(Killed):
        till.later()
    till.later(1)
    assert calls(till, attempt) == {}, "the dead worker's lease still stands"
    till.later(MINUTE)
    assert calls(till, attempt) == {f"R{attempt.out_trade_no}-1": 1}
    till.settle()
    assert attempt.refunds[0].state == "succeeded"


# C3, C4: the gateway decides otherwise


def test_an_abnormal_refund_is_a_task_for_the_staff(till):
    attempt = till.paid()
    till.gateway.fault("refund_abnormal")
    till.refund(attempt, 800)
    till.later()
    [_, letter] = till.postbox.wait(2)
    assert letter.post().status_code == 204
    [refund] = attempt.refunds
    assert (refund.state, refund.next_try_at) == ("abnormal", None)
    assert (attempt.order.refunded_fen, attempt.order.payment_status) == (0, "paid")
    assert told(attempt) == {"refund.requested": 1, "refund.failed": 1}
    # Its money stays spoken for: a person ends it in the merchant's console, and WeChat tells.
    till.refund(attempt, 3001, status=409)
    till.gateway.decide(refund.out_refund_no, "SUCCESS")
    [*_, letter] = till.postbox.wait(3)
    assert letter.post().status_code == 204
    assert (attempt.refunds[0].state, attempt.order.refunded_fen) == ("succeeded", 800)


def test_a_closed_refund_leaves_the_books_as_they_were(till):
    attempt = till.paid()
    till.gateway.fault("refund_closed")
    till.refund(attempt)
    till.later()
    till.later(MINUTE)
    [refund] = attempt.refunds
    assert refund.state == "closed"
    assert (attempt.order.paid_fen, attempt.order.refunded_fen) == (3800, 0)
    assert told(attempt) == {"refund.requested": 1, "refund.failed": 1}
    # What did not go can be asked for again, as another refund.
    till.refund(attempt)
    till.settle()
    assert [row.out_refund_no for row in attempt.refunds] == [
        f"R{attempt.out_trade_no}-1",
        f"R{attempt.out_trade_no}-2",
    ]
    assert till.gateway.net() == {attempt.out_trade_no: 0}


def test_a_slow_refund_is_asked_about_until_it_is_decided(till):
    attempt = till.paid()
    till.gateway.fault("refund_slow")
    till.refund(attempt)
    for seconds in (0, 31, 121, 601):
        till.later(seconds)
        assert attempt.refunds[0].state == "processing"
    assert till.gateway.calls("refund") == 1
    till.gateway.decide(attempt.refunds[0].out_refund_no, "SUCCESS")
    till.later(3601)
    assert (attempt.refunds[0].state, attempt.order.refunded_fen) == ("succeeded", 3800)


def test_a_late_processing_answer_does_not_undo_a_refund_that_succeeded(till, steps):
    attempt = till.paid()
    till.refund(attempt, 800)

    def callback():
        [_, letter] = till.postbox.wait(2)
        assert letter.post().status_code == 204

    steps.after("refund", callback)
    till.later()
    assert (attempt.refunds[0].state, attempt.order.refunded_fen) == ("succeeded", 800)
    assert told(attempt) == {"refund.requested": 1, "refund.succeeded": 1}


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


# C7: the merchant's balance


def test_a_refund_without_balance_waits_and_goes_with_its_number(till, steps):
    attempt = till.paid()
    till.refund(attempt)
    till.gateway.fault("refund_not_enough", times=2)
    till.later()
    [refund] = attempt.refunds
    assert (refund.state, refund.last_code) == ("requested", "NOTENOUGH")
    till.later(3599)
    assert till.gateway.calls("refund") == 1
    till.later(2)
    assert till.gateway.calls("refund") == 2
    till.later(3601)
    till.settle()
    assert [number for name, number in steps.log if name == "refund"] == [refund.out_refund_no] * 3
    assert attempt.refunds[0].state == "succeeded"


# B13: two workers, one lease


def two_workers(till, at_once):
    """Both go round at the same moment, each with the same rows read as due."""
    meet = threading.Barrier(2, timeout=5)
    plain = {module: module.claim for module in (attempts, returns)}

    def together(module):
        def claim(row):
            try:
                meet.wait(0.3)
            except threading.BrokenBarrierError:
                meet.reset()
            return plain[module](row)

        return claim

    with pytest.MonkeyPatch.context() as patch:
        for module in plain:
            patch.setattr(module, "claim", together(module))
        results = at_once(lambda _: (attempts.settle_due(), returns.send_due()), 2)
    connection.close()
    return results


def due_work(till):
    """Three attempts and three refunds whose time has come."""
    waiting = [till.attempt() for _ in range(3)]
    paid = [till.paid() for _ in range(3)]
    for attempt in paid:
        till.refund(attempt)
    till.traveller.shift(6)
    return waiting, paid


@pytest.mark.both
def test_two_workers_ask_once_and_refund_once(till, at_once):
    _, paid = due_work(till)
    results = two_workers(till, at_once)
    assert (till.gateway.calls("query"), till.gateway.calls("refund")) == (3, 3)
    assert sum(asked for asked, _ in results) == sum(sent for _, sent in results) == 3
    assert [list(calls(till, attempt).values()) for attempt in paid] == [[1]] * 3


def test_without_the_lease_two_workers_ask_and_refund_twice(till, at_once, monkeypatch):
    _, paid = due_work(till)
    monkeypatch.setattr(attempts, "claim", lambda payment: True)
    monkeypatch.setattr(returns, "claim", lambda refund: True)
    two_workers(till, at_once)
    assert (till.gateway.calls("query"), till.gateway.calls("refund")) == (6, 6), "the control"
    assert [list(calls(till, attempt).values()) for attempt in paid] == [[2]] * 3
