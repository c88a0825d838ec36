"""One round of the worker over rows that wait for the gateway's word."""

from collections.abc import Callable, Iterable
from typing import TypeVar

from ordering.payments.channels import WECHAT, gateway
from ordering.payments.gateway import Gateway

AT_ONCE = 50
LEASE = 60.0  # seconds for which a row is one worker's
SILENT = ""
SILENCES = 3  # so many in a row, and the rest waits for the next round

R = TypeVar("R")


def go_round(waiting: Iterable[R], take: Callable[[R], bool], step: Callable[[Gateway, R], str]) -> int:
    """Do ``step`` with each row that we can ``take``; how many.

    A step answers a word, or ``SILENT`` when the gateway did not: a dead gateway costs a round only a few
    time-outs.
    """
    done = silences = 0
    for row in waiting:
        if silences >= SILENCES:
            break
        door = gateway(WECHAT)
        if take(row):
            done += 1
            silences = silences + 1 if step(door, row) == SILENT else 0
    return done
