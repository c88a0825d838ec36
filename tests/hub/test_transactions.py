"""The door and the log: gapless numbers in commit order, locks in one order, retries from outside."""

import pytest
from django.db import IntegrityError, OperationalError

from hub import eventlog, wakeup
from hub.errors import Refusal
from hub.events import OrderAccepted, OrderPaid
from hub.models import Epoch, Event, Stream
from hub.retention import prune_stream
from hub.transactions import Lock, OutOfOrder, Transaction, transact

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both]


@pytest.fixture
def stream():
    eventlog.create_stream("store:test")
    return "store:test"


@pytest.fixture
def told(monkeypatch):
    """Every run that was told after its commit, in order."""
    runs = []
    monkeypatch.setattr(wakeup.bus, "tell", runs.extend)
    return runs


def say(stream, *versions, key="order:1", kind=OrderPaid):
    def work(tx):
        for version in versions:
            tx.record(stream, kind(key, version, {"v": version, "名": "🌶𠮷"}))

    return work


def log(stream):
    return list(
        Event.objects.filter(stream_id=stream).order_by("seq").values_list("seq", "key", "version", "tag")
    )


def test_events_are_numbered_in_the_order_they_happened(stream, told):
    transact(say(stream, 1, 2), actor="diner:x")
    transact(say(stream, 3), actor="device:7")
    assert [row[:3] for row in log(stream)] == [(1, "order:1", 1), (2, "order:1", 2), (3, "order:1", 3)]
    head = eventlog.heads([stream])[stream]
    assert (head.seq, head.tag, head.epoch) == (3, log(stream)[-1][3], Epoch.objects.get().value)
    event = eventlog.read_at(stream, 3)
    assert (event.actor, event.kind) == ("device:7", "order.paid") and "🌶𠮷" in event.body


def test_a_wake_carries_what_the_log_holds_and_the_tag_before_it(stream, told):
    transact(say(stream, 1, 2), actor="x")
    transact(say(stream, 3), actor="x")
    assert [run.prev_tag for run in told] == [0, log(stream)[1][3]]
    read = eventlog.read_after(stream, 0)
    assert [event for run in told for event in run.events] == read
    assert wakeup.decode(wakeup.encode(told[0])) == told[0]


def test_a_rollback_gives_the_numbers_back_and_tells_nobody(stream, told):
    def work(tx):
        say(stream, 1)(tx)
        raise Refusal("stock.sold_out", 409, "x")

    with pytest.raises(Refusal):
        transact(work, actor="x")
    transact(say(stream, 1), actor="x")
    assert [row[0] for row in log(stream)] == [1] and len(told) == 1


def test_a_version_can_be_told_once_only(stream, told):
    transact(say(stream, 1), actor="x")
    with pytest.raises(IntegrityError):
        transact(say(stream, 1), actor="x")
    assert [row[0] for row in log(stream)] == [1]


def test_a_stream_that_was_never_made_is_an_error_and_changes_nothing(stream, told):
    def work(tx):
        say(stream, 1)(tx)
        say("store:none", 1)(tx)

    with pytest.raises(Stream.DoesNotExist):
        transact(work, actor="x")
    assert log(stream) == [] and eventlog.heads([stream])[stream].seq == 0


def test_writers_at_once_leave_no_gap_and_one_chain(stream, told, at_once):
    def write(thread):
        for version in range(1, 11):
            transact(say(stream, 2 * version - 1, 2 * version, key=f"order:{thread}"), actor="x")

    assert at_once(write, 8) == [None] * 8
    rows = log(stream)
    assert [row[0] for row in rows] == list(range(1, 161))
    tags = [0] + [row[3] for row in rows]
    assert {run.events[0].seq: run.prev_tag for run in told} == {n: tags[n - 1] for n in range(1, 161, 2)}


def test_locks_are_taken_in_one_order_only():
    tx = Transaction("x")
    tx.reach(Lock.ORDER), tx.reach(Lock.ORDER), tx.reach(Lock.DISH)
    with pytest.raises(OutOfOrder):
        tx.reach(Lock.PAYMENT)


def failing(times, number):
    calls = []

    def work(tx):
        calls.append(number)
        if len(calls) <= times:
            raise OperationalError(number, "from the server")
        return "done"

    return work, calls


def test_a_deadlock_is_tried_again_from_outside_three_times():
    work, calls = failing(3, 1213)
    assert transact(work, actor="x") == "done" and len(calls) == 4
    work, calls = failing(4, 1213)
    with pytest.raises(Refusal) as no:
        transact(work, actor="x")
    assert (no.value.status, no.value.code, len(calls)) == (503, "service.unavailable", 4)


@pytest.mark.parametrize("number", [1205, 2006, 2013])
def test_nothing_else_is_tried_again(number):
    work, calls = failing(1, number)
    with pytest.raises(Refusal) as no:
        transact(work, actor="x")
    assert (no.value.status, no.value.headers["Retry-After"], len(calls)) == (503, "1", 1)


def test_a_listener_that_fails_does_not_turn_a_commit_into_an_error(stream, monkeypatch, caplog):
    def fail(runs):
        raise ConnectionError

    monkeypatch.setattr(wakeup.bus, "tell", fail)
    transact(say(stream, 1), actor="x")
    assert [row[0] for row in log(stream)] == [1]
    caplog.clear()


def test_the_door_is_the_outermost_transaction(stream):
    with pytest.raises(RuntimeError, match="durable"):
        transact(lambda tx: transact(say(stream, 1), actor="x"), actor="x")
    assert log(stream) == []


def test_pruning_raises_the_floor_and_keeps_each_rows_newest(stream, told):
    transact(say(stream, 1, 2, 3), actor="x")
    transact(say(stream, 1, key="order:2", kind=OrderAccepted), actor="x")
    transact(say(stream, 4), actor="x")
    assert prune_stream(stream, 4) == 3
    assert eventlog.heads([stream])[stream].floor == 4
    assert [row[:3] for row in log(stream)] == [(4, "order:2", 1), (5, "order:1", 4)]
    assert prune_stream(stream, 4) == 0, "a floor is raised once"
    assert [event.seq for event in eventlog.read_after(stream, 0)] == [], "not contiguous from 1"
    assert [event.seq for event in eventlog.read_after(stream, 4)] == [5]
