"""The audit: one row for each thing that staff did, written in the transaction that did it and never altered.

The doors of REST and of the admin say who asked for what (a `Call`), the transaction's `Trail` what it did.
The row is the last INSERT before events are numbered; a refusal rolls it back, a repeated key writes none.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import orjson
from django.conf import settings
from django.db import connection, models
from django.utils.crypto import salted_hmac

from hub import clock, logs, trail
from hub.models import AuditEntry
from hub.trail import Trail

STAFF = ("staff:", "device:")
CHUNK = 500
COLUMNS = (
    "at", "actor", "name", "role", "action", "target", "store", "before", "after", "request_id", "address",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """Who asked for what: actor's label and name, the role they have in a store, the action, and from where.

    ``target`` and ``store`` are those of the address, for changes that touch no row of their own.
    """

    actor: str
    action: str
    target: str
    store: str = ""
    name: str = ""
    role_in: Callable[[str], str] = field(default=lambda store: "")
    address: str = ""


def is_staff(label: str) -> bool:
    """Whether this actor works in a restaurant: a member of some staff, or a paired device."""
    return label.startswith(STAFF)


def mark_of(address: str) -> str:
    """What is kept of a network address: whether two calls came from one can be told, from where not."""
    return salted_hmac("hub.audit", address).hexdigest()[:16] if address else ""


def write(call: Call, done: Trail) -> None:
    """Write the row; the last thing before the events are numbered."""
    changes = done.changes()
    subject = done.subject(changes)
    store = _store_of(subject) or call.store
    before, after = (orjson.dumps(trail.written(changes, side), default=str).decode() for side in (0, 1))
    _insert(
        connection.ops.adapt_datetimefield_value(clock.now()),
        call.actor[:48],
        call.name[:64],
        call.role_in(store)[:16],
        call.action[:64],
        (_name(subject, changes) or call.target)[:96],
        store[:32],
        before,
        after,
        logs.request_id.get()[:64],
        mark_of(call.address),
    )


def _name(subject: models.Model | None, changes: dict[str, Any]) -> str:
    if subject is None:
        return ""
    # A row that was deleted is known by what it was called.
    return trail.name_of(subject) if subject.pk is not None else next(iter(changes), "")


def _store_of(row: Any) -> str:
    """The code of the row's store (its ``store_code``, else its ``store``'s); "" for what is no store's."""
    if row is None:
        return ""
    if hasattr(row, "store_code"):
        return str(row.store_code)
    store = row.store if getattr(row, "store_id", None) else None
    return store.code if store else ""


def _insert(*values: Any) -> None:
    names = ", ".join(connection.ops.quote_name(name) for name in COLUMNS)
    marks = ", ".join(["%s"] * len(COLUMNS))
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO hub_auditentry ({names}) VALUES ({marks})", values)


def prune() -> int:
    """Delete what is older than AUDIT_RETENTION_DAYS; how many went. Bounded: the worker calls again."""
    oldest = AuditEntry.objects.order_by("pk").values_list("pk", "at")[:CHUNK]
    cutoff = clock.now() - timedelta(days=settings.AUDIT_RETENTION_DAYS)
    going = [pk for pk, at in oldest if at < cutoff]
    if not going:
        return 0
    with connection.cursor() as cursor:
        # By hand: the model itself deletes nothing.
        cursor.execute(f"DELETE FROM hub_auditentry WHERE id IN ({', '.join(['%s'] * len(going))})", going)
        return int(cursor.rowcount)
