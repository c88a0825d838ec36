"""Attempts to pay: one open at a time, one number, the same bytes; found without callbacks."""

from datetime import timedelta

import pytest
from django.db import IntegrityError

from hub.models import Event
from ordering.payments import moves
from ordering.payments.channels import WECHAT, gateway
from ordering.payments.models import Payment
from tests.ordering.orders.trips import basket, post, refused, submit
from tests.wechat.books import Books

pytestmark = pytest.mark.django_db(transaction=True)

CASH = {"channel": "cash"}


def paid_events(order):
    return Event.objects.filter(key=order.key, kind="order.paid").count()


# B2: the callback is here before the prepay call has its answer


def pay_inside_prepay(till, steps):
    """The guest pays and the callback is booked while the prepay answer is still under way."""

    def at_once():
        [row] = till.gateway.ledger()["orders"]
        assert row["state"] == "SUCCESS"
        [letter] = till.postbox.wait(1)
        assert letter.post().status_code == 204

    till.gateway.fault("callback_before_answer")
    steps.after("prepay", at_once)


def test_a_callback_before_the_prepay_answer_is_booked_and_stays_so(till, steps):
    pay_inside_prepay(till, steps)
    no = till.order()
    assert refused(till.tap(no)) == (409, "order.already_paid")
    [payment] = Payment.objects.all()
    assert (payment.state, payment.prepay_id, payment.open_key) == ("succeeded", None, None)
    assert steps.names == ["prepay"]


def test_without_the_condition_a_late_prepay_answer_takes_the_payment_back(till, steps, monkeypatch):
    def anyhow(number, prepay_id):
        return bool(Payment.objects.filter(out_trade_no=number).update(state="pending", prepay_id=prepay_id))

    pay_inside_prepay(till, steps)
    with monkeypatch.context() as off:
        off.setattr(moves, "opened", anyhow)
        no = till.order()
        till.tap(no)
    [payment] = Payment.objects.all()
    assert payment.state == "pending", "the control: a booked payment is pending again"
    Payment.objects.update(state="succeeded")


# B3, B4: what the gateway did and did not say


@pytest.mark.both
@pytest.mark.parametrize("fault", ["drop_answer", "unsigned", "bad_signature"])
def test_a_prepay_whose_answer_is_lost_goes_on_with_the_same_number(till, steps, fault):
    till.gateway.fault(fault, route="prepay")
    attempt = till.attempt()
    assert steps.names == ["prepay", "query", "prepay"]
    assert len(till.gateway.ledger()["orders"]) == Payment.objects.count() == 1
    assert till.pay(attempt).post().status_code == 204
    assert attempt.status == "placed"


@pytest.mark.parametrize(("fault", "times"), [("500", 2), ("html_502", 2), ("reset", 2), ("429", 1)])
def test_a_prepay_that_never_arrived_is_sent_again_as_it_was(till, steps, fault, times):
    till.gateway.fault(fault, route="prepay", times=times)
    no = till.order()
    assert refused(till.tap(no)) == (503, "payment.gateway_unavailable")
    attempt = till.attempt(no)
    texts = {text for name, text in steps.log if name == "prepay"}
    assert len(texts) == Payment.objects.count() == 1
    assert attempt.payment.state == "pending"


def test_a_repeated_prepay_is_the_same_bytes_on_the_wire(till):
    till.gateway.fault("drop_answer", route="prepay", times=2)
    no = till.order()
    assert till.tap(no).status_code == 503
    attempt = till.attempt(no)
    row = till.gateway.order(attempt.out_trade_no)
    assert (row["prepay_calls"], row["bodies"]) == (3, 1)
    # The control: another body for the number is refused there, and the guest could not pay.
    payment = attempt.payment
    altered = payment.request.replace('"total": 3800', '"total": 3801').replace(
        '"total":3800', '"total":3801'
    )
    assert altered != payment.request
    outcome = gateway(WECHAT).prepay(altered)
    assert outcome.code == "INVALIDREQUEST"


def test_a_prepay_id_is_renewed_with_the_same_parameters_after_110_minutes(till, settings):
    settings.WECHAT_PAY_EXPIRE_MINUTES = 240
    first = till.attempt()
    again = till.attempt(first.no)
    assert till.gateway.calls("prepay") == 1
    till.traveller.shift(111 * 60)
    renewed = till.attempt(first.no)
    assert till.gateway.calls("prepay") == 2
    assert {first.out_trade_no, again.out_trade_no} == {renewed.out_trade_no}
    assert till.gateway.order(first.out_trade_no)["bodies"] == 1
    assert till.pay(renewed).post().status_code == 204


# B6: a double tap


@pytest.mark.both
def test_taps_at_the_same_time_are_one_attempt_signed_anew_each(till, at_once):
    no = till.order()
    answers = at_once(lambda _: till.tap(no), 6)
    assert [answer.status_code for answer in answers] == [200] * 6
    bodies = [answer.json() for answer in answers]
    assert len({body["payment"]["out_trade_no"] for body in bodies}) == 1
    assert len({body["params"]["package"] for body in bodies}) == 1
    assert len({body["params"]["nonceStr"] for body in bodies}) == 6
    assert Payment.objects.count() == len(till.gateway.ledger()["orders"]) == 1


def test_the_cashier_takes_the_signature(till):
    attempt = till.attempt()
    shown = till.gateway.ask("GET", f"/cashier/{attempt.prepay_id}/", params=attempt.params)
    assert shown.status_code == 200
    wrong = attempt.params | {"nonceStr": "0" * 32}
    assert till.gateway.ask("GET", f"/cashier/{attempt.prepay_id}/", params=wrong).status_code == 400


def test_an_order_cannot_have_two_open_attempts(till):
    payment = till.attempt().payment
    payment.pk, payment.out_trade_no = None, payment.out_trade_no[:-1] + "!"
    with pytest.raises(IntegrityError):
        payment.save(force_insert=True)


def test_without_the_open_key_a_second_tap_is_a_second_number(till):
    first = till.attempt()
    Payment.objects.update(open_key=None)
    second = till.attempt(first.no)
    assert first.out_trade_no != second.out_trade_no, "the control"
    for attempt in (first, second):
        assert till.pay(attempt).post().status_code == 204
    till.settle()
    assert [len(first.refunds), len(second.refunds)] == [0, 1]


# B7: the order changes after the prepay


@pytest.fixture
def bill(till, table):
    """An order at a pay-later table whose first attempt is at the cashier."""
    till.store.pay_first = False
    till.store.save()
    no = submit(till.guest, basket(till.dish, table=table))["no"]
    return till.attempt(no)


def add(till, no):
    """加菜: one more portion."""
    line = {"dish": till.dish.pk, "quantity": 1, "options": [], "remark": ""}
    answer = post(till.guest, f"orders/{no}/batches/", {"lines": [line]})
    assert answer.status_code == 201, answer.content


def test_more_dishes_close_the_old_attempt_before_there_is_another(till, steps, bill):
    add(till, bill.no)
    second = till.attempt(bill.no)
    assert steps.names == ["prepay", "query", "close", "query", "prepay"]
    assert (bill.payment.state, second.payment.amount_fen) == ("closed", 7600)
    assert till.gateway.try_to_pay(bill.prepay_id).status_code == 400
    assert till.pay(second).post().status_code == 204
    assert bill.order.due_fen == 0


def test_an_old_attempt_that_was_paid_meanwhile_counts_and_the_rest_is_due(till, steps, bill):
    add(till, bill.no)
    steps.before("close", lambda: till.gateway.pay(bill.prepay_id))
    second = till.attempt(bill.no)
    assert bill.payment.state == "succeeded"
    assert second.payment.amount_fen == 3800
    [letter] = till.postbox.wait(1)
    assert letter.post().status_code == till.pay(second).post().status_code == 204
    assert (bill.order.paid_fen, bill.order.due_fen, paid_events(bill.order)) == (7600, 0, 2)


def test_a_close_that_is_not_answered_opens_no_other_attempt(till, bill):
    add(till, bill.no)
    till.gateway.fault("500", route="close", times=-1)
    assert refused(till.tap(bill.no)) == (503, "payment.gateway_unavailable")
    assert Payment.objects.count() == 1 and bill.payment.state == "closing"
    till.gateway.clear()
    assert till.attempt(bill.no).out_trade_no != bill.out_trade_no


def test_cash_at_the_counter_makes_the_open_attempt_unpayable(till, bill):
    assert post(till.fang, f"orders/{bill.no}/pay/", CASH).status_code == 200
    assert bill.payment.state == "closing"
    till.later(1)
    assert bill.payment.state == "closed"
    assert till.gateway.try_to_pay(bill.prepay_id).status_code == 400


def test_cash_and_wechat_for_the_same_bill_sends_the_wechat_money_back_once(till, bill):
    assert post(till.fang, f"orders/{bill.no}/pay/", CASH).status_code == 200
    assert till.pay(bill).post().status_code == 204
    till.settle()
    [refund] = bill.refunds
    assert (refund.out_refund_no, refund.state) == (f"D{bill.out_trade_no}", "succeeded")
    assert (bill.order.paid_fen, bill.order.refunded_fen) == (3800, 0)


# B9, B10: no callback, no gateway


@pytest.mark.parametrize("moment", [0, 4, 6, 14, 29, 31, 58])
def test_a_payment_whose_callbacks_are_all_lost_is_found_within_a_minute(till, moment):
    attempt = till.attempt()
    till.traveller.shift(moment)
    till.gateway.fault("callback_lost", times=-1)
    till.gateway.pay(attempt.prepay_id)
    for _ in range(60):
        till.later(1)
        if attempt.status == "placed":
            break
    assert attempt.payment.state == "succeeded"
    assert till.postbox.letters == []


def test_the_guest_s_phone_asks_and_finds_the_payment_at_once(till):
    attempt = till.attempt()
    till.gateway.fault("callback_lost")
    till.gateway.pay(attempt.prepay_id)
    answer = post(till.guest, f"orders/{attempt.no}/payment/sync/").json()
    assert (answer["status"], answer["payment_status"], answer["payment"]["state"]) == (
        "placed",
        "paid",
        "succeeded",
    )


@pytest.mark.both
def test_a_gateway_that_is_down_for_ten_minutes_costs_no_order_and_no_hand(till, settings):
    settings.WECHAT_PAY_EXPIRE_MINUTES = 5
    paid, unpaid, untold = till.attempt(), till.attempt(), till.order()
    assert till.portions() == 997
    till.gateway.fault("callback_lost")
    till.gateway.pay(paid.prepay_id)
    till.gateway.stop()
    assert refused(till.tap(untold)) == (503, "payment.gateway_unavailable")
    for _ in range(10):
        till.later(61)
    # Nobody can say what the guests did: their orders wait, their portions stay taken.
    assert {paid.status, unpaid.status} == {"pending_payment"}
    assert till.portions() == 997
    till.gateway.start()
    for _ in range(3):
        till.later(61)
    assert (paid.status, unpaid.status) == ("placed", "cancelled")
    assert not Books.own().unsettled()
    assert till.portions() == 999


def test_an_expired_attempt_is_asked_closed_and_asked_before_anything_is_released(till, steps):
    attempt = till.attempt()
    before = till.portions()
    for name in ("query", "close", "query"):
        steps.after(name, lambda: seen.append((attempt.status, till.portions())))
    seen = []
    payment = attempt.payment
    steps.log.clear()
    till.traveller.move_to(payment.expires_at + timedelta(seconds=29))
    Payment.objects.update(next_check_at=payment.expires_at + timedelta(seconds=30))
    till.round()
    assert steps.names == []
    till.later(2)
    assert steps.names == ["query", "close", "query"]
    assert seen == [("pending_payment", before)] * 3
    assert (attempt.payment.state, attempt.status) == ("closed", "cancelled")
    assert (attempt.order.cancel_kind, till.portions()) == ("timeout", before + 1)
