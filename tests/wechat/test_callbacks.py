"""Callbacks: fifty copies pay once, forgeries are refused, what does not fit is kept but not booked."""

import contextlib
import sqlite3
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import OperationalError, connection, transaction

from hub import metrics
from hub.models import Event
from ordering.orders import facts
from ordering.orders.models import Order
from ordering.payments import states
from ordering.payments.models import GatewayEvent, Payment, Refund
from ordering.restaurant.models import Store
from tests.ordering.orders.trips import refused

pytestmark = pytest.mark.django_db(transaction=True)

SIGNATURE = (401, "payment.signature_invalid")
HEADERS = ("Wechatpay-Timestamp", "Wechatpay-Nonce", "Wechatpay-Signature", "Wechatpay-Serial")


def written():
    """Everything that a callback may change."""
    rows = [Payment, Refund, Order, GatewayEvent, Event]
    return [list(model.objects.order_by("pk").values()) for model in rows]


def kinds(order):
    """The kinds of the order's events, counted."""
    return Counter(Event.objects.filter(key=order.key).values_list("kind", flat=True))


def alarms(word):
    """How often this alarm went off."""
    return metrics.PAYMENT_ALARMS.labels(word)._value.get()


def post_all(letter, copies, threads):
    """Post copies of a callback at the same time; the statuses, counted."""

    def one(_):
        try:
            return letter.post().status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(threads) as pool:
        return Counter(pool.map(one, range(copies)))


@pytest.mark.both
def test_fifty_copies_in_eight_threads_pay_once(till):
    Store.objects.update(auto_accept=True)
    attempt = till.attempt()
    letter = till.pay(attempt)
    assert post_all(letter, 50, 8) == {204: 50}
    order = attempt.order
    assert (order.status, order.paid_fen, order.pickup_no is not None) == ("accepted", 3800, True)
    assert kinds(order) == dict.fromkeys(("order.submitted", "order.paid", "order.accepted"), 1)
    [kept] = GatewayEvent.objects.all()
    assert (kept.number, kept.result, kept.times) == (attempt.out_trade_no, "booked", 50)
    assert len(order.batches.all()) == 1 and not attempt.refunds


def test_a_second_notification_of_the_same_payment_changes_nothing(till):
    attempt = till.paid()
    before = (attempt.order.version, attempt.payment.paid_at)
    till.gateway.deliver(attempt.out_trade_no)
    again = till.postbox.wait(2)[-1]
    assert again.post().status_code == 204
    assert (attempt.order.version, attempt.payment.paid_at) == before


def test_without_the_inbox_and_the_state_table_a_copy_sends_honest_money_back(till, monkeypatch):
    attempt = till.attempt()
    letter = till.pay(attempt)
    with monkeypatch.context() as off:
        off.setattr(facts, "receive", lambda callback: facts.apply_payment(callback.fact, "callback"))
        off.setattr(states, "PAID", frozenset())
        assert [letter.post().status_code for _ in range(2)] == [204, 204]
    # The control: the guest has eaten and gets the money back.
    assert [refund.cause for refund in attempt.refunds] == ["duplicate"]
    assert kinds(attempt.order)["payment.late"] == 1
    Refund.objects.all().delete()


FORGED = {
    "changed body": lambda letter: letter.post(
        body=letter.body.replace(b"encrypt-resource", b"encrypt-resourcf")
    ),
    "empty body": lambda letter: letter.post(body=b""),
    "no JSON": lambda letter: letter.post(body=b"\xff\xfe"),
    "another nonce": lambda letter: letter.post(Wechatpay_Nonce="0" * 32),
    "later timestamp": lambda letter: letter.post(
        Wechatpay_Timestamp=str(int(letter.headers["Wechatpay-Timestamp"]) + 1)
    ),
    "timestamp is no number": lambda letter: letter.post(Wechatpay_Timestamp="yesterday"),
    "signature is no base64": lambda letter: letter.post(Wechatpay_Signature="!!!"),
    "probe": lambda letter: letter.post(
        Wechatpay_Signature="WECHATPAY/SIGNTEST/" + letter.headers["Wechatpay-Signature"][19:]
    ),
    "unknown key": lambda letter: letter.post(Wechatpay_Serial="PUB_KEY_ID_0000000000000000000000000000000"),
    "unknown certificate": lambda letter: letter.post(Wechatpay_Serial="5F" * 20),
    "serial is nonsense": lambda letter: letter.post(Wechatpay_Serial="zz"),
    "serial is empty": lambda letter: letter.post(Wechatpay_Serial=""),
    **{f"without {name}": lambda letter, name=name: letter.post(without=name) for name in HEADERS},
}


def test_forged_callbacks_are_refused_and_write_nothing(till):
    attempt = till.attempt()
    letter = till.pay(attempt)
    before = written()
    answers = {name: forge(letter) for name, forge in FORGED.items()}
    assert {name: refused(answer) for name, answer in answers.items()} == dict.fromkeys(FORGED, SIGNATURE)
    assert written() == before
    # The control: as it came, it is taken.
    assert letter.post().status_code == 204
    assert attempt.payment.state == "succeeded"


@pytest.mark.parametrize("form", ["signtest", "old_timestamp"])
def test_probes_and_old_callbacks_are_refused(till, form):
    attempt = till.attempt()
    till.pay(attempt)
    till.gateway.deliver(attempt.out_trade_no, form=form)
    [_, *_, letter] = till.postbox.wait(2)
    before = written()
    assert refused(letter.post()) == SIGNATURE
    assert written() == before


def test_a_callback_of_six_minutes_ago_is_refused_although_its_signature_is_right(till):
    attempt = till.attempt()
    letter = till.pay(attempt)
    till.traveller.shift(301)
    assert refused(letter.post()) == SIGNATURE
    # The control: two minutes earlier the same bytes are taken.
    till.traveller.shift(-120)
    assert letter.post().status_code == 204


@pytest.mark.parametrize("field", ["amount", "currency", "appid", "mchid"])
def test_a_signed_callback_that_does_not_fit_is_kept_and_shouted_about_but_not_booked(till, field):
    attempt = till.attempt()
    till.gateway.fault("callback_wrong", field=field)
    letter = till.pay(attempt)
    before, alarmed = attempt.order, alarms("mismatch")
    assert letter.post().status_code == 204
    assert (attempt.payment.state, attempt.payment.paid_at) == ("pending", None)
    assert (attempt.order.version, attempt.status) == (before.version, "pending_payment")
    [kept] = GatewayEvent.objects.all()
    assert (kept.number, kept.result) == (attempt.out_trade_no, "mismatch")
    assert alarms("mismatch") == alarmed + 1
    # What the gateway says when it is asked is right, and books it.
    till.later(6)
    assert attempt.payment.state == "succeeded"


def test_without_the_comparison_a_wrong_amount_is_booked(till, monkeypatch):
    attempt = till.attempt()
    till.gateway.fault("callback_wrong", field="amount", value=1)
    letter = till.pay(attempt)
    monkeypatch.setattr(facts, "mismatch", lambda payment, fact: "")
    assert letter.post().status_code == 204
    assert attempt.status == "placed", "the control: 38 yuan of food for one fen"


def test_a_number_that_is_not_ours_is_kept_and_shouted_about(till):
    attempt = till.attempt()
    letter = till.pay(attempt)
    alarmed = alarms("unknown_number")
    Payment.objects.update(out_trade_no="SOMEBODY-ELSES")
    assert letter.post().status_code == 204
    [kept] = GatewayEvent.objects.all()
    assert (kept.number, kept.result) == (attempt.out_trade_no, "unknown_number")
    assert alarms("unknown_number") == alarmed + 1
    Payment.objects.update(out_trade_no=attempt.out_trade_no)


def test_database_trouble_is_503_and_the_next_delivery_books_it(till):
    attempt = till.attempt()
    letter = till.pay(attempt)
    before = written()
    connection.cursor().execute("PRAGMA busy_timeout = 50")
    busy = sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)
    with contextlib.closing(busy):
        busy.execute("BEGIN IMMEDIATE")
        answer = letter.post()
        assert refused(answer)[0] == 503
        with pytest.raises(OperationalError), transaction.atomic():
            pass
    assert written() == before
    assert letter.post().status_code == 204
    assert attempt.payment.state == "succeeded"
    connection.close()


def test_refunds_come_to_the_same_address_and_are_told_apart(till):
    attempt = till.paid()
    till.refund(attempt, 800)
    till.later()
    [_, *_, letter] = till.postbox.wait(2)
    assert letter.post().status_code == 204
    [refund] = attempt.refunds
    assert (refund.state, attempt.order.refunded_fen) == ("succeeded", 800)
