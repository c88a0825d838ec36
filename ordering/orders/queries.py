"""Reads: cards for snapshots, own orders, the staff's list, an order's events, its dishes once more."""

from collections.abc import Iterable
from datetime import date
from typing import Any

import orjson
from django.db.models import Q, QuerySet

from hub import clock, cursors, eventlog
from ordering.orders import access
from ordering.orders import cards as views
from ordering.orders.models import Line, Order
from ordering.restaurant.models import Store
from ordering.users import queries as users
from ordering.users.actors import Actor

EVENTS_AT_ONCE = 200
PICKUP_DIGITS = 3
PHONE_TAIL = 4

Row = tuple[str, int, dict[str, Any]]


def orders() -> QuerySet[Order]:
    """Orders with what their cards need besides lines."""
    return Order.objects.select_related("store", "table")


def own(actor: Actor) -> QuerySet[Order]:
    """What the caller ordered; nothing for a device."""
    return orders().filter(diner_id=actor.user.pk) if actor.user else Order.objects.none()


def of_store(
    store: Store,
    *,
    status: list[str] | None = None,
    day: date | None = None,
    table: str | None = None,
    search: Q | None = None,
) -> QuerySet[Order]:
    """The store's orders, by status, business day, table code, and what `named` makes of a search.

    A search keeps to one business day, today unless ``day`` is another: no index finds the end of a number.
    """
    found = orders().filter(store=store)
    if search is not None:
        found = found.filter(search)
        day = day or clock.business_day(clock.now(), store.cutover_hour)
    if status:
        found = found.filter(status__in=status)
    if day:
        found = found.filter(business_day=day)
    return found.filter(table__code=table) if table else found


def named(text: str, *, by_phone: bool) -> Q:
    """Orders that a person at the counter would call ``text``."""
    # Whether a database minds capitals is its collation's affair.
    spellings = {text, text.upper(), text.lower()}
    found = Q(pickup_no=text.upper()) | Q(no=text.upper()) | Q(table__code__in=spellings)
    for spelling in sorted(spellings):
        found |= Q(table__name__contains=spelling)
    if not text.isdecimal():
        return found
    found |= Q(pickup_no__endswith=text.zfill(PICKUP_DIGITS))
    return found | Q(diner__phone__endswith=text) if by_phone and len(text) >= PHONE_TAIL else found


def cards_of(found: Iterable[Order]) -> list[dict[str, Any]]:
    """The orders' cards: one query for all their lines."""
    rows = list(found)
    lines: dict[int, list[Line]] = {}
    for line in Line.objects.filter(order_id__in=[row.pk for row in rows]).order_by("pk"):
        lines.setdefault(line.order_id, []).append(line)
    return [views.card(row, lines.get(row.pk, [])) for row in rows]


def cards(store_code: str, statuses: Iterable[str]) -> list[Row]:
    """(key, version, card) of the store's orders in these states, oldest first; two queries."""
    found = orders().filter(store__code=store_code, status__in=list(statuses)).order_by("pk")
    return [(f"order:{card['no']}", card["version"], card) for card in cards_of(found)]


def card_of(no: str) -> Row | None:
    """(key, version, card) of one order, or None."""
    found = cards_of(orders().filter(no=no))
    return (f"order:{no}", found[0]["version"], found[0]) if found else None


def home_stream(no: str) -> str | None:
    """The key of the stream that carries the order's events, or None for an absent order."""
    code = Order.objects.filter(no=no).values_list("store__code", flat=True).first()
    return f"store:{code}" if code else None


def owns_or_shares(actor: Actor, no: str) -> bool:
    """Whether the order is the caller's own, or came from a cart that they share."""
    if actor.user is None:
        return False
    order = Order.objects.select_related("session").filter(no=no).first()
    return order is not None and (order.diner_id == actor.user.pk or access.follows(order, actor))


def bodies(found: Iterable[Order], actor: Actor) -> list[dict[str, Any]]:
    """The contract's orders for this caller."""
    rows = list(found)
    return [
        access.body(card, row, access.relations(row, actor))
        for row, card in zip(rows, cards_of(rows), strict=True)
    ]


def body(no: str, actor: Actor) -> dict[str, Any]:
    """One order for this caller; 404 and 403 as `access.visible`."""
    order, who = access.visible(no, actor)
    return access.body(cards_of([order])[0], order, who)


def events(no: str, actor: Actor, after: int) -> tuple[list[dict[str, Any]], int | None]:
    """The order's events behind version ``after`` as frames of its own stream, and where to go on.

    Guests see of others only what kind of actor did it; staff read the names of staff and screens.
    """
    order, who = access.visible(no, actor)
    rows = eventlog.read_key_after(order.store.stream, order.key, after + 1, EVENTS_AT_ONCE + 1)
    epoch = eventlog.ensure_epoch()
    is_staff = bool(who & access.STAFF)
    names = users.names(row.actor for row in rows) if is_staff else {}
    frames = [
        {**_frame(order, row, epoch, is_staff, actor), "actor_name": names.get(row.actor, "")}
        for row in rows[:EVENTS_AT_ONCE]
    ]
    return frames, frames[-1]["seq"] if len(rows) > EVENTS_AT_ONCE else None


def _frame(order: Order, row: eventlog.Recorded, epoch: str, is_staff: bool, actor: Actor) -> dict[str, Any]:
    return {
        "type": "event",
        "stream": order.key,
        "prev": row.version - 1,
        "seq": row.version,
        "cursor": cursors.write(epoch, row.version, row.tag),
        "event": row.kind,
        "key": row.key,
        "version": row.version,
        "at": clock.iso(row.at),
        "data": orjson.loads(row.body),
        "actor": row.actor if is_staff or row.actor == actor.label else row.actor.split(":")[0],
    }


def again(no: str, actor: Actor) -> dict[str, Any]:
    """The order's basket as a submit body would ask for it, combos as combos; 404 and 403 as the moves."""
    order, _ = access.may(no, actor, "reorder")
    lines = Line.objects.filter(order_id=order.pk).order_by("pk")
    wanted = {_origin(line): _wanted(line) for line in lines}
    return {"store": order.store.code, "kind": order.kind, "lines": list(wanted.values())}


def _origin(line: Line) -> tuple[int, ...]:
    return (line.batch_id, line.combo["part"], -1) if line.combo else (line.pk,)


def _wanted(line: Line) -> dict[str, Any]:
    combo = line.combo or {"dish": line.dish_id, "quantity": line.quantity}
    return {
        "dish": combo["dish"],
        "quantity": combo["quantity"],
        "options": [option["id"] for option in line.options],
        "remark": line.remark,
    }
