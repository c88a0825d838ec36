"""Receipts of tickets, and the alarm when a ticket stays unseen although its station has a screen."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from hub import clock
from hub.events import ScreenBack, ScreenStale
from hub.transactions import Lock, Transaction, transact
from kitchen.models import Receipt, ScreenState
from ordering.orders.models import Line
from ordering.orders.states import IN_KITCHEN, LineState
from ordering.users.actors import SYSTEM
from ordering.users.models import Device

UNSEEN_AFTER = timedelta(seconds=20)


def insert(rows: Iterable[tuple[int, str, int]]) -> None:
    """Write receipts ``(batch id, station, device id)`` at once; those that exist already are left alone."""
    at = clock.now()
    Receipt.objects.bulk_create(
        [
            Receipt(batch_id=batch, station=station, device_id=device, at=at)
            for batch, station, device in rows
        ],
        ignore_conflicts=True,
    )


def watch() -> int:
    """Tell which screens fell behind and which caught up; how many changed.

    A screen is stale while some ticket of its station (any, if it is bound to none) has been waiting for
    20 s and no screen has shown it.
    """
    late = _late()
    changed = 0
    for state in _states():
        device = state.device
        stale = device.revoked_at is None and _is_late(device, late.get(device.store_id, set()))
        if stale != (state.stale_since is not None):
            changed += transact(partial(_switch, device, stale), actor=SYSTEM.label)
    return changed


def _is_late(device: Device, stations: set[str]) -> bool:
    return bool(stations) if device.station is None else device.station in stations


def stale_rows(store_code: str) -> list[tuple[str, int, dict[str, Any]]]:
    """(key, version, card) of the store's screens that are behind now."""
    states = ScreenState.objects.select_related("device").filter(
        device__store__code=store_code, stale_since__isnull=False
    )
    return [
        (_key(state.device), state.version, card(state.device, state.stale_since))
        for state in states.order_by("pk")
    ]


def card(device: Device, stale_since: datetime | None) -> dict[str, Any]:
    """A screen as the counter sees it."""
    return {
        "id": device.pk,
        "name": device.name,
        "kind": device.kind,
        "station": device.station,
        "stale_since": clock.iso(stale_since),
    }


def unseen() -> QuerySet[Line]:
    """Lines whose ticket waits longer than it may and was shown by no screen."""
    seen = Receipt.objects.filter(batch_id=OuterRef("batch_id"), station=OuterRef("station"))
    return Line.objects.filter(
        ~Exists(seen),
        state=LineState.QUEUED,
        queued_at__lte=clock.now() - UNSEEN_AFTER,
        order__status__in=IN_KITCHEN,
    )


def _late() -> dict[int, set[str]]:
    """Store id → stations with an unseen ticket."""
    late: dict[int, set[str]] = {}
    for store, station in unseen().values_list("order__store_id", "station").distinct():
        late.setdefault(store, set()).add(station)
    return late


def _states() -> list[ScreenState]:
    """The state of every kitchen device in use; a revoked one that was stale is seen once more, to end it."""
    in_use = Device.objects.filter(
        kind=Device.Kind.KITCHEN, claimed_at__isnull=False, revoked_at__isnull=True
    )
    known = ScreenState.objects.values("device_id")
    new = [ScreenState(device=device) for device in in_use.exclude(pk__in=known)]
    if new:
        ScreenState.objects.bulk_create(new, ignore_conflicts=True)
    return list(
        ScreenState.objects.select_related("device__store")
        .filter(Q(device__in=in_use) | Q(stale_since__isnull=False))
        .order_by("pk")
    )


def _switch(device: Device, stale: bool, tx: Transaction) -> int:
    """Change the screen's state unless another worker just did; how many changed."""
    state = tx.lock_one(Lock.IDENTITY, ScreenState.objects.filter(pk=device.pk))
    if stale == (state.stale_since is not None):
        return 0
    state.stale_since = clock.now() if stale else None
    state.version += 1
    state.save(update_fields=["stale_since", "version"])
    kind = ScreenStale if stale else ScreenBack
    body = card(device, state.stale_since) if stale else {}
    tx.record(device.store.stream, kind(key=_key(device), version=state.version, card=body))
    return 1


def _key(device: Device) -> str:
    return f"screen:{device.pk}"
