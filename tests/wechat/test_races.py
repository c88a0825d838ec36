"""Payment against expiry, cancelling, cash and itself: never both ended and kept, sent back exactly once."""

import random
import time
from datetime import timedelta
from itertools import permutations

import pytest
from django.db import connection
from django.db.models import Case, When

from hub import clock
from hub.models import Event
from ordering.orders import attempts, expiry, facts
from ordering.orders.models import Order
from ordering.payments import actions as payments
from ordering.payments.channels import WECHAT, gateway
from ordering.payments.models import Payment, Refund
from tests.ordering.orders.trips import post
from tests.wechat.books import Books

pytestmark = pytest.mark.django_db(transaction=True)

ENDED = {"cancelled", "rejected"}


def overdue(attempt):
    """The hub believes that the time to pay is over; the cashier still takes the money (two clocks)."""
    past = clock.now() - timedelta(seconds=31)
    Order.objects.filter(no=attempt.no).update(expires_at=past)
    # By its id alone, as the product does: rivals lock from that end.
    open_one = Payment.objects.filter(pk=attempt.payment.pk)
    open_one.update(expires_at=past, next_check_at=Case(When(open_key=None, then=None), default=clock.now()))


def story(attempt):
    """The order's events about money and its end, in order."""
    kinds = Event.objects.filter(key=attempt.order.key).order_by("version").values_list("kind", flat=True)
    return [kind for kind in kinds if kind != "order.submitted"]


def numbers(attempt):
    """(number, state) of the attempt's refunds."""
    return [(refund.out_refund_no, refund.state) for refund in attempt.refunds]


# B5: the guest pays while the order expires


def pay_between(till, steps, attempt, place):
    """The guest pays at that place of the expiry; the callback stays in the postbox."""
    name, hook = {"query": ("query", steps.before), "close": ("close", steps.before)}[place]
    hook(name, lambda: till.gateway.pay(attempt.prepay_id))


@pytest.mark.both
@pytest.mark.parametrize(("place", "calls"), [("query", ["query"]), ("close", ["query", "close", "query"])])
def test_paid_before_the_close_keeps_the_order(till, steps, place, calls):
    attempt = till.attempt()
    overdue(attempt)
    steps.log.clear()
    pay_between(till, steps, attempt, place)
    till.later()
    assert steps.names == calls
    assert (attempt.status, attempt.payment.state, Books.own().kept()[attempt.no]) == (
        "placed",
        "succeeded",
        3800,
    )
    # The callback is late and changes nothing.
    [letter] = till.postbox.wait(1)
    assert letter.post().status_code == 204
    till.settle()
    assert story(attempt) == ["order.paid"] and not attempt.refunds


def test_after_the_close_nobody_can_pay(till, steps):
    attempt = till.attempt()
    overdue(attempt)
    tried = []
    steps.after("close", lambda: tried.append(till.gateway.try_to_pay(attempt.prepay_id).status_code))
    till.later()
    assert tried == [400]
    assert (attempt.status, attempt.payment.state) == ("cancelled", "closed")
    assert story(attempt) == ["order.cancelled"]


@pytest.mark.both
@pytest.mark.parametrize("told_by", ["callback", "query", "close"])
def test_paid_after_the_guest_cancelled_goes_back_exactly_once(till, steps, told_by):
    attempt = till.attempt()
    assert post(till.guest, f"orders/{attempt.no}/cancel/").status_code == 200
    assert (attempt.status, attempt.payment.state) == ("cancelled", "closing")
    if told_by == "close":
        steps.before("close", lambda: till.gateway.pay(attempt.prepay_id))
        till.later()
    letter = till.postbox.wait(1)[0] if told_by == "close" else till.pay(attempt)
    if told_by == "query":
        till.later()
    assert letter.post().status_code == letter.post().status_code == 204
    assert attempt.payment.state == "succeeded_late"
    till.settle()
    assert numbers(attempt) == [(f"L{attempt.out_trade_no}", "succeeded")]
    assert (attempt.status, attempt.order.paid_fen, till.gateway.net()) == (
        "cancelled",
        0,
        {attempt.out_trade_no: 0},
    )
    assert story(attempt) == ["order.cancelled", "payment.late", "refund.requested", "refund.succeeded"]


def test_an_order_that_is_cancelled_without_asking_first_loses_the_guest_s_dinner(till, steps, monkeypatch):
    attempt = till.attempt()
    overdue(attempt)
    till.gateway.pay(attempt.prepay_id)
    # Expiry as it is without a gateway: it does not wait for the attempt to end.
    late = Order.objects.filter(status="pending_payment", expires_at__lte=clock.now())
    monkeypatch.setattr(expiry, "expired", lambda: late.all().order_by("expires_at"))
    expiry.expire_due()
    assert (attempt.status, till.gateway.ledger()["paid_fen"]) == ("cancelled", 3800), "the control"
    # The late-payment rule still gives the money back.
    till.settle()
    assert numbers(attempt) == [(f"L{attempt.out_trade_no}", "succeeded")]


def test_without_the_late_rule_the_money_of_a_cancelled_order_is_kept(till, monkeypatch):
    attempt = till.attempt()
    assert post(till.guest, f"orders/{attempt.no}/cancel/").status_code == 200
    letter = till.pay(attempt)
    with monkeypatch.context() as off:
        off.setattr(payments, "give_back", lambda *_: None)
        assert letter.post().status_code == 204
        till.settle()
    with pytest.raises(AssertionError, match="its money is kept"):
        Books.own().check_orders()
    Payment.objects.update(
        state="pending", open_key=attempt.no, transaction_id=None, next_check_at=clock.now()
    )


def test_money_for_a_rejected_order_goes_back(till):
    attempt = till.paid()
    assert post(till.fang, f"orders/{attempt.no}/reject/", {"reason": "打烊"}).status_code == 200
    till.settle()
    assert numbers(attempt) == [(f"R{attempt.out_trade_no}-1", "succeeded")]
    assert (attempt.order.payment_status, till.gateway.ledger()["refunded_fen"]) == ("refunded", 3800)


# B8: two attempts of one order, both paid


def two_payable(till):
    """Two attempts of one order at the cashier: what a close that WeChat forgot would leave behind."""
    first = till.attempt()
    Payment.objects.update(open_key=None, state="closed", next_check_at=None)
    return first, till.attempt(first.no)


@pytest.mark.both
@pytest.mark.parametrize("together", [False, True])
def test_of_two_paid_attempts_the_first_counts_and_the_other_goes_back(till, at_once, together):
    pair = two_payable(till)
    letters = [till.pay(attempt) for attempt in pair]
    if together:
        answers = at_once(lambda index: letters[index].post(), 2)
    else:
        answers = [letters[1].post(), letters[0].post()]
    assert [answer.status_code for answer in answers] == [204, 204]
    [won] = [attempt for attempt in pair if attempt.payment.state == "succeeded"]
    [lost] = [attempt for attempt in pair if attempt.payment.state == "succeeded_late"]
    till.settle()
    assert (numbers(won), numbers(lost)) == ([], [(f"D{lost.out_trade_no}", "succeeded")])
    assert (won.order.paid_fen, till.gateway.net()[won.out_trade_no]) == (3800, 3800)
    assert story(won)[:3] == ["order.paid", "payment.late", "refund.requested"]


def test_without_the_second_look_at_what_is_due_both_attempts_are_kept(till, monkeypatch):
    pair = two_payable(till)
    letters = [till.pay(attempt) for attempt in pair]
    with monkeypatch.context() as off:
        off.setattr(Order, "due_fen", 3800)
        off.setattr(facts.settlement, "return_excess", lambda *_, **__: None)
        assert [letter.post().status_code for letter in letters] == [204, 204]
    assert pair[0].order.paid_fen == 7600, "the control: the guest paid twice for one dinner"


# P16: notify, cancel, timeout and query in every order, and at random


def moves(till, attempt, notify):
    """The four rivals for one attempt that is paid at the gateway."""
    door = gateway(WECHAT)
    return {
        "notify": notify,
        "cancel": lambda: post(till.guest, f"orders/{attempt.no}/cancel/"),
        "timeout": lambda: (overdue(attempt), till.round()),
        "query": lambda: attempts.ask(door, attempt.out_trade_no),
    }


def verdict(till, attempt):
    """Paid and kept, or ended and given back by exactly one refund; never anything between."""
    held = till.gateway.net()[attempt.out_trade_no]
    ended = attempt.status in ENDED
    sent = [refund for refund in attempt.refunds if refund.state == "succeeded"]
    assert len(attempt.refunds) == len(sent) == int(ended)
    assert held == (0 if ended else 3800)
    return attempt.status


@pytest.mark.both
def test_in_all_24_orders_money_and_order_agree(till):
    in_every_order(till)


@pytest.mark.soak
def test_in_all_24_orders_twenty_times(till, at_once):
    for seed in range(20):
        in_every_order(till)
        at_the_same_time(till, at_once, seed, rounds=10)


def in_every_order(till):
    """One paid attempt for each order of the four rivals."""
    runs = []
    for names in permutations(("notify", "cancel", "timeout", "query")):
        attempt = till.attempt()
        rivals = moves(till, attempt, till.pay(attempt).post)
        for name in names:
            rivals[name]()
        runs.append((names, attempt))
    till.settle()
    ends = {names: verdict(till, attempt) for names, attempt in runs}
    # Nobody notices the cancelled ones before they are paid only where the cancel came first.
    assert len(ends) == 24 and set(ends.values()) == {"cancelled"}
    # Late is what came after the cancel; what was booked before it went back with the order.
    late = {names for names, attempt in runs if numbers(attempt)[0][0].startswith("L")}
    assert late == {names for names in ends if names[0] == "cancel"}


def test_paid_somewhere_between_the_others_money_and_order_agree(till):
    rng = random.Random(7)
    runs = []
    for _ in range(12):
        attempt = till.attempt()
        rivals = moves(till, attempt, lambda attempt=attempt: till.gateway.try_to_pay(attempt.prepay_id))
        for name in rng.sample(list(rivals), 4):
            rivals[name]()
        runs.append(attempt)
    till.settle()
    paid = till.gateway.net()
    for attempt in runs:
        if attempt.out_trade_no in paid:
            verdict(till, attempt)
        else:
            assert attempt.status == "cancelled" and not attempt.refunds


@pytest.mark.both
def test_all_at_the_same_time_money_and_order_agree(till, at_once):
    at_the_same_time(till, at_once, seed=11, rounds=8)


def at_the_same_time(till, at_once, seed, rounds):
    """The four rivals in threads of their own, for so many paid attempts."""
    rng = random.Random(seed)
    runs = []
    for _ in range(rounds):
        attempt = till.attempt()
        rivals = list(moves(till, attempt, till.pay(attempt).post).values())
        rng.shuffle(rivals)
        waits = [rng.uniform(0, 0.02) for _ in rivals]
        results = at_once(lambda index, rivals=rivals, waits=waits: rival(rivals[index], waits[index]), 4)
        for failure in (result for result in results if isinstance(result, Exception)):
            raise failure
        runs.append(attempt)
    till.settle()
    for attempt in runs:
        verdict(till, attempt)


def rival(act, wait):
    """One rival after a moment."""
    time.sleep(wait)
    try:
        return act()
    finally:
        connection.close()


def test_money_that_came_in_is_never_unpaid_again(till):
    attempt = till.paid()
    for state in ("NOTPAY", "CLOSED", "REVOKED", "PAYERROR", "SOMETHINGNEW"):
        facts.apply_payment(facts.PaymentFact(attempt.out_trade_no, state), "query")
    assert (attempt.payment.state, attempt.status, Refund.objects.count()) == ("succeeded", "placed", 0)
