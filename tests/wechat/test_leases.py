"""Leases: of two workers one asks and one refunds, whoever reads a row as due at the same moment."""

import threading

import pytest
from django.db import connection

from ordering.orders import attempts, returns

pytestmark = pytest.mark.django_db(transaction=True)


def calls(till, attempt):
    """How often each refund of the attempt was asked for at the gateway."""
    return [row["calls"] for row in till.gateway.refunds(attempt.out_trade_no)]


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
    assert [calls(till, attempt) for attempt in paid] == [[1]] * 3


def test_without_the_lease_two_workers_ask_and_refund_twice(till, at_once, monkeypatch):
    _, paid = due_work(till)
    monkeypatch.setattr(attempts, "claim", lambda payment: True)
    monkeypatch.setattr(returns, "claim", lambda refund: True)
    two_workers(till, at_once)
    assert (till.gateway.calls("query"), till.gateway.calls("refund")) == (6, 6), "the control"
    assert [calls(till, attempt) for attempt in paid] == [[2]] * 3
