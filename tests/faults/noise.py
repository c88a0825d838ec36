"""Events for fault tests: rows ``screen:<n>`` that every counter shows, committed through the one door."""

import itertools
from typing import Any

from django.db import connection

from hub import eventlog, events, transactions
from hub.models import Event

STREAM = "store:demo"
_numbers = itertools.count(1)


def change(count: int = 1, size: int = 0) -> Any:
    """A piece of work for `transact`: it records ``count`` events whose cards have ``size`` extra bytes."""

    def work(tx: transactions.Transaction) -> list[str]:
        keys = [f"screen:{next(_numbers)}" for _ in range(count)]
        for key in keys:
            card = {"device": int(key.split(":")[1]), "pad": "x" * size}
            tx.record(STREAM, events.ScreenStale(key=key, version=1, card=card))
        return keys

    return work


def tell(times: int = 1, count: int = 1, size: int = 0) -> list[str]:
    """Commit ``times`` transactions of ``count`` events each; their keys. From any thread."""
    try:
        done = [transactions.transact(change(count, size), actor="system") for _ in range(times)]
        return [key for keys in done for key in keys]
    finally:
        connection.close()


def log(stream: str = STREAM) -> list[int]:
    """Every position of the stream's log. From any thread."""
    try:
        return list(Event.objects.filter(stream_id=stream).order_by("seq").values_list("seq", flat=True))
    finally:
        connection.close()


def heads() -> dict[str, eventlog.Head]:
    """Where the stream stands. From any thread."""
    try:
        return eventlog.heads([STREAM])
    finally:
        connection.close()
