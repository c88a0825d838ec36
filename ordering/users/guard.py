"""The wrong-password guard: guesses count before they are checked, so a crowd gets no more than one by one.

Rows, not a cache: a dead Redis must not open the door. Never scaled by RATE_LIMIT_SCALE.
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from math import ceil

from hub import clock
from hub.errors import Refusal
from hub.transactions import Lock, Transaction, transact
from ordering.users.models import LoginFailure

WINDOW = timedelta(minutes=15)  # of quiet, after which guesses are forgotten
FIRST_BLOCK = timedelta(seconds=30)
LONGEST_BLOCK = timedelta(minutes=15)
NAME_LIMIT = 5
ADDRESS_LIMIT = 20  # a whole restaurant may stand behind one address

Limits = Mapping[str, int]


def subjects(username: str, address: str) -> Limits:
    """What a guess counts against, with the number of wrong ones each may take."""
    return {_subject("name", username): NAME_LIMIT, _subject("address", address): ADDRESS_LIMIT}


def code_subjects(kind: str, address: str) -> Limits:
    """What a guess of a one-time code (``kind``: pairing, invitation) counts against."""
    return {_subject(kind, address): ADDRESS_LIMIT}


def _subject(kind: str, value: str) -> str:
    return f"{kind}:{hashlib.sha256(value.encode()).hexdigest()[:40]}"


def admit(limits: Limits) -> None:
    """Count a guess as wrong in advance; 429 ``auth.too_many_attempts`` + ``Retry-After`` when too many."""
    transact(lambda tx: _count(tx, limits), actor="system")


def forgive(limits: Limits) -> None:
    """The password was right: the name starts afresh, the address gets this one guess back.

    (Else somebody could reset an address's count by logging in as himself between two guesses.)
    """
    transact(lambda tx: _uncount(tx, limits), actor="system")


def _count(tx: Transaction, limits: Limits) -> None:
    now = clock.now()
    LoginFailure.objects.bulk_create(
        [LoginFailure(subject=subject, last_at=now) for subject in limits], ignore_conflicts=True
    )
    rows = tx.lock(Lock.IDENTITY, LoginFailure.objects.filter(subject__in=list(limits)))
    for row in rows:
        _refuse_while_blocked(row, now)
    for row in rows:
        _add(row, limits[row.subject], now)


def _refuse_while_blocked(row: LoginFailure, now: datetime) -> None:
    if row.blocked_until and row.blocked_until > now:
        wait = ceil((row.blocked_until - now).total_seconds())
        headers = {"Retry-After": str(wait)}
        raise Refusal("auth.too_many_attempts", 429, "尝试次数过多,请稍后再试", headers=headers)


def _add(row: LoginFailure, limit: int, now: datetime) -> None:
    busy_until = max(row.last_at, row.blocked_until or row.last_at)
    row.count = row.count + 1 if busy_until > now - WINDOW else 1
    row.blocked_until = now + block(row.count - limit) if row.count >= limit else None
    row.last_at = now
    row.save(update_fields=["count", "blocked_until", "last_at"])


def block(beyond: int) -> timedelta:
    """How long the door stays shut: doubling with every guess ``beyond`` the limit, 15 minutes at most."""
    return min(FIRST_BLOCK * 2 ** min(beyond, 10), LONGEST_BLOCK)


def _uncount(tx: Transaction, limits: Limits) -> None:
    for row in tx.lock(Lock.IDENTITY, LoginFailure.objects.filter(subject__in=list(limits))):
        if limits[row.subject] == NAME_LIMIT:
            row.delete()
        else:
            row.count, row.blocked_until = max(row.count - 1, 0), None
            row.save(update_fields=["count", "blocked_until"])
