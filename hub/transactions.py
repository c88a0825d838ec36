"""The one door for a change: locks in order, events numbered last, retries outside, news after commit."""

import logging
import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from enum import IntEnum
from typing import Any, TypeVar

from django.db import OperationalError, models, transaction

from hub import audit, errors, eventlog, wakeup
from hub.audit import Call
from hub.events import HubEvent
from hub.trail import Trail, Values

logger = logging.getLogger("hub.transactions")

T = TypeVar("T")
M = TypeVar("M", bound=models.Model)

TRIES = 4
DEADLOCK = 1213
LOCK_WAIT_OVER = 1205


class Lock(IntEnum):
    """What a change may lock, in the only order it may lock it. Stream rows follow by themselves."""

    IDEMPOTENCY = 1
    IDENTITY = 2
    SESSION = 3
    ORDER = 4
    PAYMENT = 5
    DISH = 6
    COUPON = 7
    PICKUP = 8
    STREAM = 9


class OutOfOrder(Exception):
    """A lock was asked for after a later one: a programming error that would deadlock under load."""


class Transaction:
    """One change in the making: which locks it holds, what happened, who did it, what to audit."""

    def __init__(self, actor: str, call: Call | None = None) -> None:
        self.actor = actor
        self.call = call
        self.trail = Trail() if call else None
        self.pending: list[tuple[str, HubEvent]] = []
        self._rank = Lock.IDEMPOTENCY

    def reach(self, rank: Lock) -> None:
        """Say that rows of this rank are locked next; raises OutOfOrder when a later rank is held."""
        if rank < self._rank:
            raise OutOfOrder(f"{rank.name} after {self._rank.name}")
        self._rank = rank

    def lock(self, rank: Lock, rows: models.QuerySet[M]) -> list[M]:
        """The rows as they are now, locked until commit, in the order of their ids."""
        self.reach(rank)
        found = list(rows.select_for_update().order_by("pk"))
        self.watch(found)
        return found

    def lock_one(self, rank: Lock, rows: models.QuerySet[M]) -> M:
        """The one row; refuses with 404 when there is none."""
        found = self.lock(rank, rows)
        if not found:
            raise errors.not_found()
        return found[0]

    def record(self, stream: str, event: HubEvent) -> None:
        """Remember what happened; it is numbered and written just before commit."""
        self.pending.append((stream, event))

    def watch(self, rows: Iterable[models.Model]) -> None:
        """Let the audit see what changes of rows that another's lock covers."""
        if self.trail:
            self.trail.watch(rows)

    def about(self, row: models.Model) -> None:
        """Tell the audit which row all this is about."""
        if self.trail:
            self.trail.about(row)

    def created(self, row: models.Model) -> None:
        """Tell the audit of a new row; locked rows tell their changes by themselves."""
        if self.trail:
            self.trail.created(row)

    def changed(self, row: models.Model, before: Values, after: Values) -> None:
        """Tell the audit of a change that no locked row shows; ``before`` is None of what is new."""
        if self.trail:
            self.trail.told(row, before, after)

    @contextmanager
    def compared(self, row: models.Model, look: Callable[[], Mapping[str, Any]]) -> Iterator[None]:
        """Tell the audit how what ``look`` shows of a row, with its parts, differs afterwards."""
        if not self.trail:
            yield
            return
        before = look()
        yield
        self.trail.told(row, before, look())


def transact(
    work: Callable[[Transaction], T],
    *,
    actor: str,
    before: Callable[[], None] | None = None,
    after: Callable[[T], None] | None = None,
    call: Call | None = None,
) -> T:
    """Run ``work`` in one durable transaction and return its result once it is committed.

    ``before`` runs first inside the transaction and ``after`` right before the events are numbered (both
    for idempotency keys). With a ``call`` one audit row is written. A deadlock (1213) runs everything again,
    at most three times. A lock that is not had within the lock timeout, and a database that does not answer,
    refuse with 503; a Refusal raised by ``work`` rolls everything back.
    """
    for attempt in range(1, TRIES + 1):
        try:
            return _once(work, Transaction(actor, call), before, after)
        except OperationalError as error:
            if error_number(error) != DEADLOCK or attempt == TRIES:
                logger.warning("transaction failed", extra={"db_error": error_number(error)})
                raise errors.unavailable() from error
            time.sleep(random.uniform(0.01, 0.05) * attempt)
    raise AssertionError("unreachable")


def _once(
    work: Callable[[Transaction], T],
    tx: Transaction,
    before: Callable[[], None] | None,
    after: Callable[[T], None] | None,
) -> T:
    with transaction.atomic(durable=True):
        if before:
            before()
        result = work(tx)
        if after:
            after(result)
        if tx.call and tx.trail:
            audit.write(tx.call, tx.trail)
        if tx.pending:
            tx.reach(Lock.STREAM)
            _tell_on_commit(eventlog.append(tx.pending, tx.actor))
    return result


def _tell_on_commit(runs: Iterable[eventlog.Run]) -> None:
    # robust: a subscriber that fails must never turn a committed order into an error.
    transaction.on_commit(lambda: wakeup.bus.tell(tuple(runs)), robust=True)


def error_number(error: BaseException) -> Any:
    """The server's error number of a database error (1213, 1205, 2006 …), or its text on SQLite."""
    return error.args[0] if error.args else None
