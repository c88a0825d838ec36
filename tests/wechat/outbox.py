"""Orders on their way to a message, and an emulator that forgets between tests."""

import sqlite3
from contextlib import closing

from hub.models import Job
from ordering.orders.models import Line, Order
from tests.ordering.orders.trips import cook, move, post

LASTING = ("certificates", "access_tokens", "sqlite_sequence")


def forgetful(emulator):
    """The emulator without what earlier tests left in it; its keys and tokens stay."""
    with closing(sqlite3.connect(emulator.folder / "ledger.sqlite3")) as ledger, ledger:
        tables = ledger.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        for (name,) in tables:
            if name not in LASTING:
                ledger.execute(f"DELETE FROM {name}")
    return emulator


def accepted(till, no=None):
    """An order in the kitchen, paid in cash where it is not yet."""
    no = no or till.order()
    if not Order.objects.get(no=no).paid_fen:
        assert post(till.fang, f"orders/{no}/pay/", {"channel": "cash"}).status_code == 200
    return move(till.fang, no, "accept")


def made(wang, no):
    for line in Line.objects.filter(order__no=no, state="queued"):
        cook(wang, line.pk, "ready")


def dead():
    return list(Job.objects.filter(dead_at__isnull=False).values_list("kind", "last_error", "attempts"))
