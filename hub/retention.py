"""Retention: the log keeps EVENT_RETENTION_DAYS, and each row's newest event for ever."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, Max, OuterRef

from hub import clock
from hub.models import Event, Stream

CHUNK = 500


def prune() -> int:
    """Raise each stream's floor, then delete what is below it in chunks; how many events went."""
    cutoff = clock.now() - timedelta(days=settings.EVENT_RETENTION_DAYS)
    return sum(prune_stream(key, _last_before(key, cutoff)) for key in _streams(cutoff))


def _streams(cutoff: datetime) -> list[str]:
    """Streams with something to prune: one statement, whatever the number of tables that have one."""
    oldest = Event.objects.filter(stream_id=OuterRef("key"), seq=OuterRef("floor") + 1, at__lt=cutoff)
    return list(Stream.objects.filter(Exists(oldest)).values_list("key", flat=True))


def _last_before(key: str, cutoff: datetime) -> int:
    floor = Stream.objects.values_list("floor", flat=True).get(key=key)
    # Sequence order is commit order, so the first young event bounds the old ones without an index on `at`.
    old = Event.objects.filter(stream_id=key, seq__gt=floor).order_by("seq")[:CHUNK]
    return max((event.seq for event in old if event.at < cutoff), default=floor)


def prune_stream(key: str, floor: int) -> int:
    """Make ``floor`` the stream's highest pruned position and delete below it, keeping newest events."""
    with transaction.atomic():
        raised = Stream.objects.filter(key=key, floor__lt=floor).update(floor=floor)
    return _delete_below(key, floor) if raised else 0


def _delete_below(key: str, floor: int) -> int:
    rows = Event.objects.filter(stream_id=key, seq__lte=floor)
    newest = dict(
        Event.objects.filter(stream_id=key, key__in=rows.values("key"))
        .values_list("key")
        .annotate(Max("version"))
    )
    going = [e.seq for e in rows.only("seq", "key", "version") if e.version < newest[e.key]]
    gone = 0
    with connection.cursor() as cursor:
        for start in range(0, len(going), CHUNK):
            chunk = going[start : start + CHUNK]
            marks = ", ".join(["%s"] * len(chunk))
            cursor.execute(f"DELETE FROM hub_event WHERE stream_id = %s AND seq IN ({marks})", [key, *chunk])
            gone += cursor.rowcount
    return gone
