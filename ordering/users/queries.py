"""Reads across people, their roles and devices."""

from collections.abc import Iterable
from typing import Any

import orjson

from hub import clock, errors
from hub.models import AuditEntry
from ordering.users import positions, sessions
from ordering.users.models import AuthSession, Device, Membership, User


def store_of(code: str) -> Any:
    """The store of this code; 404 when there is none. Its class lives a floor above us."""
    store = Membership.store.field.related_model.objects.filter(code=code).first()
    if store is None:
        raise errors.not_found()
    return store


def profile(user: User) -> dict[str, Any]:
    """The body of ``/me/``."""
    return {
        "id": user.uid,
        "name": user.name,
        "avatar": user.avatar,
        "phone": user.phone,
        "language": user.language,
        "roles": sessions.roles(user),
    }


def openids(user: User) -> dict[str, str]:
    """What the person is called by each WeChat app (appid → openid); 403 for somebody without WeChat."""
    found = dict(user.wechat_identities.values_list("appid", "openid"))
    if not found:
        raise errors.forbidden()
    return found


def device(pk: int) -> Device:
    """The device with its store, unless it was revoked; 404 when there is none."""
    found = Device.objects.select_related("store").filter(pk=pk, revoked_at=None).first()
    if found is None:
        raise errors.not_found()
    return found


def device_row(device: Device) -> dict[str, Any]:
    """What a tablet is told about itself; ``device`` comes with its store."""
    return {
        "id": device.pk,
        "kind": device.kind,
        "store": device.store.code,
        "station": device.station,
        "name": device.name,
    }


def device_status(device: Device, head: int) -> dict[str, Any]:
    """What the counter is told about a device; ``head`` is where the store's stream stands."""
    lag = positions.lag(device, head)
    seen = clock.iso(device.last_seen_at)
    return {
        **device_row(device),
        "claimed_at": clock.iso(device.claimed_at),
        **lag,
        "last_seen_at": max(filter(None, (seen, lag["acknowledged_at"])), default=None),
    }


def session_row(session: AuthSession, current: str | None) -> dict[str, Any]:
    """A log-in as its owner sees it."""
    return {
        "sid": session.sid,
        "current": session.sid == current,
        "user_agent": session.user_agent,
        "created_at": clock.iso(session.created_at),
        "rotated_at": clock.iso(session.rotated_at),
        "expires_at": clock.iso(session.expires_at),
    }


def names(labels: Iterable[str]) -> dict[str, str]:
    """What staff and devices among these actors' labels are called; guests keep their names to themselves."""
    ids: dict[str, set[str]] = {"staff": set(), "device": set()}
    for label in labels:
        kind, _, key = label.partition(":")
        ids.get(kind, set()).add(key)
    staff = User.objects.filter(uid__in=ids["staff"]) if ids["staff"] else []
    devices = Device.objects.filter(pk__in=ids["device"]) if ids["device"] else []
    return {f"staff:{user.uid}": str(user) for user in staff} | {
        f"device:{device.pk}": device.name for device in devices
    }


def audit_row(entry: AuditEntry) -> dict[str, Any]:
    """One thing that staff did."""
    plain = ("id", "actor", "name", "role", "action", "target", "store", "request_id", "address")
    changed = {"before": orjson.loads(entry.before), "after": orjson.loads(entry.after)}
    return {**{name: getattr(entry, name) for name in plain}, "at": clock.iso(entry.at), **changed}


def staff_row(membership: Membership) -> dict[str, Any]:
    """A member of a store's staff; ``membership`` comes with its user."""
    user = membership.user
    return {
        "user": user.uid,
        "username": user.username,
        "name": user.name,
        "role": membership.role,
        "is_active": user.is_active,
    }
