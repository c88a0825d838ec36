"""Once only: a request with a key takes effect at most once and gets the same answer ever after.

The key's row is inserted first, in the same transaction as its effect: a rival waits on it, then finds the
stored answer. Only committed answers are stored; a refusal rolls everything back, the key with it.
"""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import orjson
from django.db import IntegrityError, OperationalError

from hub import clock
from hub.audit import Call
from hub.errors import Refusal
from hub.models import IdempotencyKey
from hub.transactions import LOCK_WAIT_OVER, Transaction, error_number, transact

KEPT_FOR = timedelta(hours=48)
VISIBLE_ASCII = re.compile(r"[\x21-\x7e]{1,64}")


class _Taken(Exception):
    """Somebody was here before with this key."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A committed answer: HTTP status, body as JSON bytes, and whether it is a stored one."""

    status: int
    body: bytes
    replayed: bool


@dataclass(frozen=True, slots=True)
class Once:
    """What makes two requests the same one: a key within a scope, and a digest of what is asked."""

    scope: str
    key: str
    fingerprint: str


def check_key(key: str | None, required: bool) -> str | None:
    """The key of a request, or a refusal when it is missing though required, or not 1–64 visible ASCII."""
    if key is None:
        if required:
            raise Refusal("idempotency.key_required", 400, "此请求需要 Idempotency-Key 请求头")
        return None
    if not VISIBLE_ASCII.fullmatch(key):
        raise Refusal("idempotency.key_invalid", 400, "Idempotency-Key 必须是 1–64 个可见 ASCII 字符")
    return key


def fingerprint(*parts: Any) -> str:
    """A digest by which two requests with one key are told apart (JSON-able parts, key order ignored)."""
    return hashlib.sha256(orjson.dumps(parts, option=orjson.OPT_SORT_KEYS, default=str)).hexdigest()


def perform(
    work: Callable[[Transaction], Any],
    *,
    actor: str,
    once: Once | None,
    status: int,
    call: Call | None = None,
) -> Answer:
    """Run ``work`` through the door, once per (scope, key); without one just run it.

    ``work`` returns the JSON-able body. Refuses 422 ``idempotency.key_reused`` when the key came with
    another request, and 409 ``idempotency.in_progress`` when the first request does not end in time.
    """
    if once is None:
        return Answer(status, orjson.dumps(transact(work, actor=actor, call=call)), False)
    done: list[bytes] = []

    def store(result: Any) -> None:
        done[:] = [orjson.dumps(result)]
        rows = IdempotencyKey.objects.filter(scope=once.scope, key=once.key)
        rows.update(status=status, body=done[0].decode())

    try:
        transact(work, actor=actor, before=lambda: _claim(once), after=store, call=call)
    except _Taken:
        return _replay(once)
    return Answer(status, done[0], False)


def _claim(once: Once) -> None:
    row = IdempotencyKey(scope=once.scope, key=once.key, fingerprint=once.fingerprint, created_at=clock.now())
    try:
        IdempotencyKey.objects.bulk_create([row])
    except IntegrityError:
        raise _Taken from None
    except OperationalError as error:
        if error_number(error) == LOCK_WAIT_OVER:
            raise _in_progress() from error
        raise


def _in_progress() -> Refusal:
    return Refusal(
        "idempotency.in_progress", 409, "相同的请求正在处理,请稍后重试", headers={"Retry-After": "1"}
    )


def stored(once: Once) -> Answer | None:
    """The answer that was committed under this key; refuses 422 when it answered another request."""
    row = IdempotencyKey.objects.filter(scope=once.scope, key=once.key).first()
    return _answer(row, once) if row else None


def _replay(once: Once) -> Answer:
    answer = stored(once)
    if answer is None:
        raise _in_progress()
    return answer


def _answer(row: IdempotencyKey, once: Once) -> Answer:
    if row.fingerprint != once.fingerprint:
        raise Refusal("idempotency.key_reused", 422, "该 Idempotency-Key 已用于另一个请求")
    return Answer(row.status, row.body.encode(), True)


def forget_old() -> int:
    """Delete keys nobody will repeat any more; how many went. Bounded, for the worker to call again."""
    old = IdempotencyKey.objects.filter(created_at__lt=clock.now() - KEPT_FOR)[:500]
    pairs = [(row.scope, row.key) for row in old]
    for scope, key in pairs:
        IdempotencyKey.objects.filter(scope=scope, key=key).delete()
    return len(pairs)
