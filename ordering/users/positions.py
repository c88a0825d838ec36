"""How far paired screens have come on their stores' streams: written without a lock, read for the counter."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from hub import clock
from hub.models import Stream
from ordering.users.models import Device, DevicePosition

# A screen acknowledges on every heartbeat (5 s); it is written within another second.
ONLINE_FOR = timedelta(seconds=15)


def write(rows: Iterable[tuple[int, int, datetime]]) -> None:
    """(device id, seq, when it was acknowledged) of several devices in one statement."""
    named = connection.features.supports_update_conflicts_with_target
    DevicePosition.objects.bulk_create(
        [DevicePosition(device_id=pk, seq=seq, acknowledged_at=at) for pk, seq, at in rows],
        update_conflicts=True,
        unique_fields=["device"] if named else None,
        update_fields=["seq", "acknowledged_at"],
    )


def head(stream: str) -> int:
    """The newest position of a store's stream."""
    return Stream.objects.values_list("seq", flat=True).get(key=stream)


def lag(device: Device, head: int) -> dict[str, Any]:
    """Whether the screen is there, how many events it lacks (None: unknown), and when it last said so.

    ``device`` comes with its ``position``, ``head`` is that of its store's stream.
    """
    position: DevicePosition | None = getattr(device, "position", None)
    if position is None:
        return {"online": False, "behind": None, "acknowledged_at": None}
    behind = head - position.seq
    return {
        "online": clock.now() - position.acknowledged_at <= ONLINE_FOR,
        # A position from before a restored backup says nothing about this history.
        "behind": behind if behind >= 0 else None,
        "acknowledged_at": clock.iso(position.acknowledged_at),
    }
