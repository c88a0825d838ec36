"""Refunds: once whatever gets lost, as the gateway decides, and with a person's help where it does not."""

from collections import Counter

import pytest

from hub.models import Event
from ordering.orders import returns
from ordering.payments import channels
from ordering.payments.models import Refund
from ordering.payments.wechatpay.gateway import WechatGateway

pytestmark = pytest.mark.django_db(transaction=True)

MINUTE = 61


def told(attempt):
    """The kinds of the order's events about refunds, counted."""
    kinds = Event.objects.filter(key=attempt.order.key, kind__startswith="refund.")
    return Counter(kinds.values_list("kind", flat=True))


def calls(till, attempt):
    """How often each refund of the attempt was asked for at the gateway."""
    return {row["out_refund_no"]: row["calls"] for row in till.gateway.refunds(attempt.out_trade_no)}


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


def send_again_otherwise(till, settings):
    """8 yuan went back unheard; then the address for refunds was changed, and WeChat refuses the repeat."""
    attempt = till.paid()
    till.refund(attempt, 800)
    till.gateway.fault("drop_answer", route="refund")
    till.later()
    settings.WECHAT = settings.WECHAT | {"PAY_REFUND_NOTIFY_URL": settings.WECHAT["PAY_NOTIFY_URL"] + "x"}
    channels._wechat.cache_clear()
    till.later(MINUTE)
    return attempt


def test_a_repeat_that_is_refused_does_not_write_the_refund_off(till, settings, steps):
    attempt = send_again_otherwise(till, settings)
    assert steps.names[-3:] == ["refund", "refund", "query_refund"]
    assert (attempt.refunds[0].state, attempt.order.refunded_fen) == ("succeeded", 800)


def test_without_a_second_look_the_refund_would_be_written_off(till, settings, monkeypatch):
    monkeypatch.setattr(returns, "_ask", lambda door, refund: None)
    attempt = send_again_otherwise(till, settings)
    assert attempt.refunds[0].state == "rejected", "the control: 8 yuan are gone, the books know nothing"
    # Even then WeChat's word counts when it comes.
    [_, *_, letter] = till.postbox.wait(2)
    assert letter.post().status_code == 204
    assert (attempt.refunds[0].state, attempt.order.refunded_fen) == ("succeeded", 800)


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
    [_, *_, letter] = till.postbox.wait(2)
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
        [_, *_, letter] = till.postbox.wait(2)
        assert letter.post().status_code == 204

    steps.after("refund", callback)
    till.later()
    assert (attempt.refunds[0].state, attempt.order.refunded_fen) == ("succeeded", 800)
    assert told(attempt) == {"refund.requested": 1, "refund.succeeded": 1}


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
