"""What outbox jobs and workers of tests run: it notes that it was run, then does what the test wants."""

from collections.abc import Callable
from typing import Any

from django.db import connection

ran: list[dict[str, Any]] = []
inside: list[bool] = []
ticks: list[str] = []
behaviour: dict[str, Callable[..., Any]] = {}


def reset() -> None:
    """As at the beginning of a test."""
    for noted in (ran, inside, ticks, behaviour):
        noted.clear()


def handle(payload: dict[str, Any]) -> None:
    """A job's handler."""
    ran.append(payload)
    inside.append(connection.in_atomic_block)
    if "handle" in behaviour:
        behaviour["handle"](payload)


def tick() -> int:
    """A timer."""
    ticks.append("tick")
    return 1


def wait() -> int:
    """A job that waits for a network."""
    ticks.append("wait")
    return int(behaviour["wait"]() or 0)
