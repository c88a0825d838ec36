"""The log: number events last of all in a transaction, and read them back in order."""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

import orjson
from django.db import connection

from hub import clock
from hub.events import HubEvent
from hub.models import Epoch, Event, Stream

READ_LIMIT = 500


@dataclass(frozen=True, slots=True)
class Recorded:
    """An event that has its place: position ``seq`` and ``tag`` in the stream, ``body`` as JSON text."""

    seq: int
    tag: int
    key: str
    version: int
    kind: str
    at: datetime
    actor: str
    body: str


@dataclass(frozen=True, slots=True)
class Run:
    """Consecutive events of one stream and the tag of the event before them."""

    stream: str
    prev_tag: int
    events: tuple[Recorded, ...]


@dataclass(frozen=True, slots=True)
class Head:
    """Where a stream stands: newest ``seq`` and ``tag``, highest pruned ``floor``, the ``epoch``."""

    stream: str
    seq: int
    tag: int
    floor: int
    epoch: str


def create_stream(key: str) -> None:
    """Give a new store (or a new database) its stream; an existing one stays as it is."""
    Stream.objects.get_or_create(key=key)


def drop_stream(key: str) -> None:
    """Forget a stream that nobody will follow again, and its events."""
    Stream.objects.filter(key=key).delete()
    # By its first column alone: the ORM would delete rows of a composite key one by one.
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM hub_event WHERE stream_id = %s", [key])


def ensure_epoch() -> str:
    """The database's epoch, made on first use."""
    row, _ = Epoch.objects.get_or_create(id=1, defaults={"value": new_epoch_word()})
    return row.value


def new_epoch_word() -> str:
    """Eight random characters that fit into a cursor."""
    return secrets.token_hex(4)


def append(pending: Sequence[tuple[str, HubEvent]], actor: str) -> list[Run]:
    """Advance each stream's counter once and insert its events; call it last, inside the transaction.

    ``pending`` holds (stream key, event) in the order they happened. Raises ``Stream.DoesNotExist`` for a
    stream that was never created.
    """
    at = clock.now()
    runs = []
    for key, group in groupby(sorted(pending, key=lambda item: item[0]), key=lambda item: item[0]):
        events = [event for _, event in group]
        tags = [secrets.randbits(32) for _ in events]
        seq, prev_tag = _advance(key, len(events), tags[-1])
        recorded = tuple(
            Recorded(seq + i, tag, event.key, event.version, event.name, at, actor, _body(event))
            for i, (event, tag) in enumerate(zip(events, tags, strict=True), start=1)
        )
        runs.append(Run(key, prev_tag, recorded))
    _insert(runs)
    return runs


def _body(event: HubEvent) -> str:
    return orjson.dumps(event.card).decode()


def _advance(key: str, count: int, tag: int) -> tuple[int, int]:
    """Move the counter by ``count``; (seq, tag) as they were before, from the same statement on MySQL."""
    with connection.cursor() as cursor:
        if connection.vendor == "mysql":
            # LAST_INSERT_ID(expr) hands the old position back with the UPDATE's own reply. Assignments run
            # from left to right, so `tag` still is the old one in the first.
            cursor.execute(
                "UPDATE hub_stream SET seq = (LAST_INSERT_ID((seq << 32) | tag) >> 32) + %s, tag = %s"
                " WHERE `key` = %s",
                [count, tag, key],
            )
            before = divmod(cursor.lastrowid or 0, 1 << 32) if cursor.rowcount else None
        else:
            cursor.execute("SELECT seq, tag FROM hub_stream WHERE key = %s", [key])
            before = cursor.fetchone()
            cursor.execute("UPDATE hub_stream SET seq = seq + %s, tag = %s WHERE key = %s", [count, tag, key])
    if before is None:
        raise Stream.DoesNotExist(key)
    return before[0], before[1]


def _insert(runs: Iterable[Run]) -> None:
    adapt = connection.ops.adapt_datetimefield_value
    rows = [
        (run.stream, e.seq, e.key, e.version, e.kind, e.tag, e.actor, adapt(e.at), e.body)
        for run in runs
        for e in run.events
    ]
    quote = connection.ops.quote_name
    columns = ", ".join(
        quote(c) for c in ("stream_id", "seq", "key", "version", "kind", "tag", "actor", "at", "body")
    )
    values = ", ".join(["(%s, %s, %s, %s, %s, %s, %s, %s, %s)"] * len(rows))
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO hub_event ({columns}) VALUES {values}", [cell for row in rows for cell in row]
        )


def heads(keys: Iterable[str]) -> dict[str, Head]:
    """Where these streams stand, with the epoch, in one query. A stream that does not exist is left out."""
    with connection.cursor() as cursor:
        key = connection.ops.quote_name("key")
        wanted = list(keys)
        marks = ", ".join(["%s"] * len(wanted))
        cursor.execute(
            f"SELECT {key}, seq, tag, floor, (SELECT value FROM hub_epoch WHERE id = 1) FROM hub_stream"
            f" WHERE {key} IN ({marks})",
            wanted,
        )
        return {row[0]: Head(*row) for row in cursor.fetchall()}


def read_after(stream: str, seq: int, limit: int = READ_LIMIT) -> list[Recorded]:
    """Events behind ``seq`` in order, contiguous from ``seq + 1`` (fewer where pruning has passed by).

    A result that does not begin with ``seq + 1`` though the head is beyond it means the floor was raised.
    """
    events = _read(Event.objects.filter(stream_id=stream, seq__gt=seq).order_by("seq")[:limit])
    whole = []
    for expected, event in enumerate(events, start=seq + 1):
        if event.seq != expected:
            break
        whole.append(event)
    return whole


def read_at(stream: str, seq: int) -> Recorded | None:
    """The event at exactly this position, if it is kept."""
    return next(iter(_read(Event.objects.filter(stream_id=stream, seq=seq))), None)


def read_key_after(stream: str, key: str, version: int, limit: int = READ_LIMIT) -> list[Recorded]:
    """One row's events from ``version`` on (inclusive, so that the caller can compare its tag)."""
    rows = Event.objects.filter(stream_id=stream, key=key, version__gte=version)
    return _read(rows.order_by("version")[:limit])


def _read(rows: Iterable[Event]) -> list[Recorded]:
    return [Recorded(e.seq, e.tag, e.key, e.version, e.kind, e.at, e.actor, e.body) for e in rows]
