"""Differences between the gateway's bills and our books: who sees which, and settling them.

The merchant account is shared by all stores: a row that belongs to no store is shown to owners (of any
store), a row of a store to that store's managers.
"""

import logging
from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db.models import Q, QuerySet

from hub import clock, errors
from hub.languages import words
from ordering.payments.models import Difference
from ordering.users.actors import Actor

logger = logging.getLogger("ordering.reconciliation")


def visible(
    actor: Actor, *, store: str | None = None, day: date | None = None, resolved: bool | None = None
) -> QuerySet[Difference]:
    """What the actor may see, newest day first; 403 for whoever manages nothing, or not this ``store``.

    ``store`` leaves that store's rows alone; without it come all, those of no store included for owners.
    """
    managed = [code for code in actor.roles if actor.may(code, "manager")]
    if not managed or (store and store not in managed):
        raise errors.forbidden()
    seen = Q(store__code__in=[store] if store else managed)
    if not store and any(actor.may(code, "owner") for code in managed):
        seen |= Q(store=None)
    found = Difference.objects.filter(seen).select_related("store").order_by("-day", "-pk")
    if day:
        found = found.filter(day=day)
    return found if resolved is None else found.filter(resolved_at__isnull=not resolved)


def resolve(rows: Iterable[Difference], actor: str) -> list[Difference]:
    """Somebody looked into these and says they are settled; those that were open."""
    settled = []
    for row in rows:
        if Difference.objects.filter(pk=row.pk, resolved_at=None).update(
            resolved_at=clock.now(), resolved_by=actor
        ):
            settled.append(row)
            facts = {"day": str(row.day), "kind": row.kind, "number": row.number, "problem": row.problem}
            logger.info("bill difference resolved", extra={"actor": actor, **facts})
    return settled


def row(difference: Difference) -> dict[str, Any]:
    """A difference as the contract shows it; it comes with its store."""
    return {
        "id": difference.pk,
        "day": difference.day.isoformat(),
        "kind": difference.kind,
        "number": difference.number,
        "problem": difference.problem,
        "store": difference.store.code if difference.store else None,
        "order_no": difference.order_no or None,
        "ours_fen": difference.ours_fen,
        "theirs_fen": difference.theirs_fen,
        "advice": words(difference.advice),
        "found_at": clock.iso(difference.found_at),
        "resolved_at": clock.iso(difference.resolved_at),
    }
