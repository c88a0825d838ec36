"""Devices: paired by a short code, claimed once, revoked with an event."""

import secrets
from datetime import timedelta
from typing import Any

from hub import clock, errors, events, keys
from hub.errors import Refusal
from hub.transactions import Lock, Transaction
from ordering.users import queries
from ordering.users.authentication import DEVICE_PREFIX, digest
from ordering.users.models import Device, User
from ordering.users.sessions import AUTH_STREAM

CODE_LENGTH = 6
CODE_LIVES = timedelta(minutes=10)


def pair(
    tx: Transaction, store: Any, *, kind: str, name: str, station: str | None, by: User | None
) -> dict[str, Any]:
    """One that waits to be claimed: ``{"code", "expires_at", "device": {"id"}}``; 400: no such station."""
    tx.reach(Lock.IDENTITY)
    if station is not None and not store.stations.filter(code=station).exists():
        raise errors.invalid(errors.row("station", "invalid", "该门店没有这个档口"))
    code, expires_at = keys.short_code(CODE_LENGTH), clock.now() + CODE_LIVES
    device = Device.objects.create(
        store=store,
        kind=kind,
        station=station,
        name=name,
        code_hash=digest(code),
        code_expires_at=expires_at,
        created_by=by,
    )
    tx.created(device)
    return {"code": code, "expires_at": clock.iso(expires_at), "device": {"id": device.pk}}


def claim(tx: Transaction, code: str) -> dict[str, Any]:
    """Trade a pairing code for ``{"token", "device"}``, once; else 400 ``device.code_invalid``."""
    tx.reach(Lock.IDENTITY)
    token = DEVICE_PREFIX + secrets.token_urlsafe(32)
    if not _take(code.upper(), token):
        raise Refusal("device.code_invalid", 400, "配对码无效、已使用或已过期")
    device = Device.objects.select_related("store").get(token_hash=digest(token))
    tx.changed(device, {"claimed_at": None}, {"claimed_at": device.claimed_at})
    return {"token": token, "device": queries.device_row(device)}


def _take(code: str, token: str) -> bool:
    """Compare-and-set: of all who hold the code, one gets the device."""
    now = clock.now()
    waiting = Device.objects.filter(code_hash=digest(code), code_expires_at__gt=now, revoked_at=None)
    return bool(waiting.update(code_hash=None, token_hash=digest(token), claimed_at=now))


def revoke(tx: Transaction, device: Device) -> None:
    """The device's token dies (``device.revoked``); revoking again does nothing."""
    for locked in tx.lock(Lock.IDENTITY, Device.objects.filter(pk=device.pk, revoked_at=None)):
        locked.revoked_at, locked.code_hash = clock.now(), None
        locked.save(update_fields=["revoked_at", "code_hash"])
        tx.record(AUTH_STREAM, events.DeviceRevoked(f"device:{locked.pk}", 1, {"device": locked.pk}))
