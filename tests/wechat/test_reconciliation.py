"""Reconciliation: yesterday's bill against our books, exactly; each day once, by one worker."""

import threading
from datetime import datetime, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from ordering.orders import comparison, reconciliation, returns
from ordering.orders.reconciliation import run_due
from ordering.payments.bills import CHINA
from ordering.payments.models import BillRun, Difference, Payment, Refund
from tests.ordering.orders.trips import post

pytestmark = pytest.mark.django_db(transaction=True)

DAY = timedelta(days=1)


@pytest.fixture
def days(till, clock):
    """It is noon; ``days.at("11:00", 1)`` goes to that time so many days on."""
    return Days(clock)


class Days:
    """The calendar of a test, in China."""

    def __init__(self, clock):
        self._clock = clock
        self.first = datetime.now(CHINA).date() + DAY
        self.at("12:00")

    def at(self, time, days=0):
        hour, minute, *second = map(int, time.split(":"))
        there = datetime(
            self.first.year, self.first.month, self.first.day, hour, minute, *second, tzinfo=CHINA
        )
        self._clock.move_to(there + DAY * days)


@pytest.fixture
def bills(gateway):
    """How often a trade bill was asked for."""
    return lambda: gateway.calls("bill")


def plant(till, *rows):
    till.gateway.control("bills", {"plant": list(rows)})


def refund(till, attempt, amount_fen):
    """A refund of the counter that the gateway has taken and finished."""
    till.refund(attempt, amount_fen)
    till.later(31)
    till.later(31)
    return attempt.refunds[-1].out_refund_no


def found():
    """Everything that differed: what, amounts, whose, and whether it is still open."""
    rows = Difference.objects.select_related("store").order_by("pk")
    return {
        (row.kind, row.number): (
            str(row.problem),
            row.ours_fen,
            row.theirs_fen,
            row.store.code if row.store else None,
            row.order_no,
            row.resolved_at is None,
        )
        for row in rows
    }


def test_planted_differences_are_found_exactly(till, days, bills, caplog):
    right, gone, other, double, back, hand = (till.paid() for _ in range(6))
    refund(till, right, 900)
    refund_gone = refund(till, gone, 800)
    refund_other = refund(till, other, 700)
    till.gateway.fault("refund_slow")
    till.refund(back, 600)
    returns.send_due()
    [slow] = back.refunds
    assert slow.state == "processing"
    till.gateway.decide(slow.out_refund_no, "SUCCESS")
    unheard = till.attempt()
    till.gateway.pay(unheard.prepay_id)
    till.attempt()  # nobody paid: on no bill, and no difference
    post(till.fang, f"orders/{till.order()}/pay/", {"channel": "cash"})
    plant(
        till,
        {"kind": "missing", "out_trade_no": double.out_trade_no},
        {"kind": "missing", "out_refund_no": refund_gone},
        {"kind": "different", "out_trade_no": other.out_trade_no, "amount_fen": 3801},
        {"kind": "different", "out_refund_no": refund_other, "amount_fen": 699},
        {"kind": "extra", "out_trade_no": "STRANGER1", "amount_fen": 1234},
        {"kind": "extra", "out_trade_no": "STRANGER1", "out_refund_no": "STRANGER2", "amount_fen": 5},
        {"kind": "extra", "out_trade_no": hand.out_trade_no, "out_refund_no": "BYHAND", "amount_fen": 70},
    )
    days.at("11:00", 1)
    caplog.clear()
    assert run_due() == 1
    assert found() == {
        ("payment", unheard.out_trade_no): ("missing_here", 3800, 3800, "demo", unheard.no, False),
        ("payment", other.out_trade_no): ("amount", 3800, 3801, "demo", other.no, True),
        ("payment", double.out_trade_no): ("missing_there", 3800, None, "demo", double.no, True),
        ("payment", "STRANGER1"): ("missing_here", None, 1234, None, "", True),
        ("refund", slow.out_refund_no): ("state", 600, 600, "demo", back.no, False),
        ("refund", refund_other): ("amount", 700, 699, "demo", other.no, True),
        ("refund", refund_gone): ("missing_there", 800, None, "demo", gone.no, True),
        ("refund", "STRANGER2"): ("missing_here", None, 5, None, "", True),
        ("refund", "BYHAND"): ("missing_here", None, 70, "demo", hand.no, True),
    }
    assert unheard.payment.state == "succeeded"
    assert unheard.status == "placed"
    assert Refund.objects.get(pk=slow.pk).state == "succeeded"
    [run] = BillRun.objects.all()
    assert (run.day, run.payments, run.refunds, run.differences) == (days.first, 7, 5, 9)
    alarms = [(record.alarm, record.number) for record in caplog.records if record.levelname == "ERROR"]
    open_ones = {(f"bill_{row[0]}", key[1]) for key, row in found().items() if row[-1]}
    assert len(alarms) == len(open_ones) == 7
    assert set(alarms) == open_ones
    assert "openid" not in caplog.text
    assert (run_due(), bills()) == (0, 1), "done is done"
    check_again(till, days)


def check_again(till, days):
    """When the bill was put right, running the day by hand settles everything."""
    plant(till)
    out = StringIO()
    call_command("reconcile", day=days.first, stdout=out)
    assert Difference.objects.filter(resolved_at=None).count() == 0
    lines = out.getvalue().splitlines()
    assert lines[:2] == [f"reconcile {days.first}", f"bill of {days.first}: 7 payments, 4 refunds"]
    assert lines[-1] == "done: 7 payments, 4 refunds, 0 differences, 0 to look at"


# Day edges: numbers decide, not clocks


def across_midnight(till, days):
    """A payment and a refund of the first day that our own clock has on the second."""
    attempt, late = till.paid(), till.paid()
    refund_no = refund(till, attempt, 500)
    days.at("00:00:03", 1)
    early = till.paid()  # the gateway has it on the second day, our clock on the first
    midnight = comparison.midnight(days.first + DAY)
    Payment.objects.filter(out_trade_no=late.out_trade_no).update(paid_at=midnight + timedelta(seconds=1))
    Payment.objects.filter(out_trade_no=early.out_trade_no).update(paid_at=midnight - timedelta(seconds=1))
    Refund.objects.filter(out_refund_no=refund_no).update(finished_at=midnight + timedelta(hours=9))
    return late.out_trade_no, early.out_trade_no, refund_no


def test_a_row_of_the_day_before_or_after_is_no_difference(till, days, bills):
    across_midnight(till, days)
    days.at("10:31", 2)
    assert run_due() == 2
    assert found() == {}
    assert bills() == 3, "the first day's bill again, for what stands in it"
    assert list(BillRun.objects.order_by("day").values_list("payments", "refunds")) == [(2, 1), (1, 0)]


def test_by_our_clock_alone_they_would_be_missing(till, days, monkeypatch):
    late, early, refund_no = across_midnight(till, days)
    monkeypatch.setattr(comparison, "_days", lambda begun, ended: [ended.astimezone(CHINA).date()])
    monkeypatch.setattr(comparison, "CLOCKS_APART", timedelta())
    days.at("10:31", 2)
    assert run_due() == 2
    assert {key: row[0] for key, row in found().items()} == {
        ("payment", late): "missing_there",
        ("payment", early): "missing_there",
        ("refund", refund_no): "missing_there",
    }


# When, and by whom


def test_a_bill_is_fetched_after_half_past_ten_and_never_from_before_our_time(till, days, bills):
    assert run_due() == 0
    till.paid()
    days.at("10:29", 1)
    assert (run_due(), bills()) == (0, 0)
    days.at("10:31", 1)
    assert (run_due(), bills()) == (1, 1)
    days.at("10:31", 3)
    assert run_due() == 2, "days on which nothing happened have no bill, which is a bill of nothing"
    assert list(BillRun.objects.values_list("payments", "differences")) == [(1, 0), (0, 0), (0, 0)]


def test_what_is_not_to_be_had_is_tried_again_later(till, days, bills, caplog):
    attempt = till.paid()
    days.at("11:00", 1)
    plant(till, {"kind": "wrong_hash"})
    assert (run_due(), run_due(), bills()) == (0, 0, 1)
    plant(till, {"kind": "extra", "out_trade_no": attempt.out_trade_no, "amount_fen": 3800})
    for time, code in (
        ("11:04", "UNKNOWN"),
        ("11:06", "BADBILL"),
        ("11:15", "BADBILL"),
        ("11:17", "BADBILL"),
    ):
        days.at(time, 1)
        assert run_due() == 0
        assert BillRun.objects.get().last_code == code
    days.at("11:40", 1)
    assert run_due() == 0
    assert [record.alarm for record in caplog.records if record.levelname == "ERROR"] == ["bill_overdue"]
    plant(till)
    days.at("13:00", 1)
    assert run_due() == 1
    run = BillRun.objects.get()
    assert (run.last_code, run.attempts, run.next_try_at, run.payments) == ("OK", 5, None, 1)
    assert found() == {}


def test_a_worker_that_died_leaves_the_day_to_the_next(till, days, bills):
    till.paid()
    days.at("11:00", 1)
    assert reconciliation._claim(days.first)
    assert (run_due(), bills()) == (0, 0)
    with pytest.raises(CommandError, match="another process"):
        call_command("reconcile", day=days.first)
    days.at("11:02:01", 1)
    assert (run_due(), bills()) == (1, 1)


def test_who_lost_the_day_stops(till, days, bills):
    till.paid()
    days.at("11:00", 1)
    run = reconciliation._claim(days.first)
    days.at("11:03", 1)
    assert reconciliation._claim(days.first)
    with pytest.raises(reconciliation.Taken):
        reconciliation.reconcile(run)
    assert bills() == 0
    assert BillRun.objects.get().last_code == "RUNNING"


@pytest.mark.both
def test_of_several_workers_one_has_the_day(till, days, bills, at_once):
    till.paid()
    days.at("11:00", 1)
    assert sorted(at_once(lambda _: run_due(), 4)) == [0, 0, 0, 1]
    assert bills() == 1


def test_without_the_claim_all_of_them_would(till, days, bills, at_once, monkeypatch):
    till.paid()
    days.at("11:00", 1)
    run = BillRun.objects.create(day=days.first)
    everybody = threading.Barrier(4)

    def unguarded(day, again=False):
        everybody.wait(10)
        return BillRun.objects.get(pk=run.pk)

    monkeypatch.setattr(reconciliation, "_claim", unguarded)
    monkeypatch.setattr(reconciliation, "_hold", lambda run: None)
    assert at_once(lambda _: run_due(), 4) == [1, 1, 1, 1]
    assert bills() == 4


# By hand


def test_the_command_refuses_what_cannot_be(till, days, settings):
    with pytest.raises(CommandError, match="not out yet"):
        call_command("reconcile", day=days.first)
    with pytest.raises(CommandError, match="invalid"):
        call_command("reconcile", "--day", "yesterday")
    till.paid()
    days.at("11:00", 1)
    plant(till, {"kind": "wrong_hash"})
    with pytest.raises(CommandError, match="not compared: UNKNOWN"):
        call_command("reconcile", stdout=StringIO())
    settings.WECHAT_MODE = "off"
    assert run_due() == 0
    with pytest.raises(CommandError, match=r"not compared: payment\.channel_unavailable \(WeChat Pay is not"):
        call_command("reconcile", stdout=StringIO())
    settings.WECHAT_MODE = "sandbox"
