"""Portions: taken with a basket and given back; each change that screens can see is an event.

The rows of limited dishes are locked in the order of their ids, so baskets never deadlock on each other; the
one UPDATE is conditional as well, so it is right where the database has no row locks (SQLite). Unlimited
dishes are not locked: they are refused by `sold_out` as it was read just before, which is the same as having
ordered a moment before the 估清.
"""

from collections.abc import Collection, Iterable, Mapping

from django.db import connection
from django.db.models import Q
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from hub.errors import Refusal
from hub.events import HubEvent
from hub.transactions import Lock, Transaction
from ordering.dishes.availability import next_event
from ordering.dishes.models import Dish
from ordering.dishes.rows import menu_row
from ordering.restaurant.models import Store


def take(
    tx: Transaction, store: Store, quantities: Mapping[int, int], *, limited: Collection[int] | None = None
) -> None:
    """Take ``{dish id: portions}`` off the stock, or refuse the whole basket with 409 ``stock.sold_out``.

    ``limited`` names the dishes known to count portions (offers with ``remaining``, none of the others being
    sold out), so that a basket without any costs no query; without it one query finds them. The refusal's
    facts are ``dish`` and ``remaining``.
    """
    ids = _limited(quantities) if limited is None else set(limited) & quantities.keys()
    if not ids:
        return
    dishes = tx.lock(Lock.DISH, Dish.objects.filter(id__in=sorted(ids)))
    for dish in dishes:
        _refuse_shortage(dish, quantities[dish.pk])
    _change(tx, store, dishes, {dish: -quantities[dish] for dish in ids})


def give_back(tx: Transaction, store: Store, quantities: Mapping[int, int]) -> None:
    """Put ``{dish id: portions}`` back on the stock; dishes without a number are left alone."""
    ids = Dish.objects.filter(id__in=list(quantities), remaining__isnull=False).values_list("id", flat=True)
    if limited := sorted(ids):
        _change(tx, store, tx.lock(Lock.DISH, Dish.objects.filter(id__in=limited)), quantities)


def _limited(quantities: Mapping[int, int]) -> set[int]:
    """The dishes that count portions; refuses a sold-out one that does not."""
    rows = Dish.objects.filter(id__in=list(quantities)).filter(Q(remaining__isnull=False) | Q(sold_out=True))
    found = list(rows.order_by("id"))
    for dish in found:
        if dish.remaining is None:
            raise _sold_out(dish, 0)
    return {dish.pk for dish in found}


def _refuse_shortage(dish: Dish, quantity: int) -> None:
    if dish.sold_out:
        raise _sold_out(dish, 0)
    if dish.remaining is not None and dish.remaining < quantity:
        raise _sold_out(dish, dish.remaining)


def _sold_out(dish: Dish, remaining: int) -> Refusal:
    words = _("「{dish}」仅剩 {remaining} 份") if remaining else _("「{dish}」已售罄")
    detail = format_lazy(words, dish=dish.name, remaining=remaining)
    return Refusal("stock.sold_out", 409, detail, dish=dish.pk, remaining=remaining)


def _change(tx: Transaction, store: Store, locked: Iterable[Dish], changes: Mapping[int, int]) -> None:
    """Add ``changes`` (negative: taken) to the locked dishes in one conditional UPDATE and record events."""
    dishes = [dish for dish in locked if dish.remaining is not None]
    events = {dish.pk: _move(dish, changes[dish.pk]) for dish in dishes}
    deltas = {dish.pk: changes[dish.pk] for dish in dishes}
    if not dishes:
        return
    if _update(deltas, [pk for pk, event in events.items() if event]) != len(dishes):
        raise _sold_out(dishes[0], 0)
    for event in filter(None, events.values()):
        tx.record(store.menu_stream, event)


def _move(dish: Dish, delta: int) -> HubEvent | None:
    before = menu_row(dish)
    dish.remaining = (dish.remaining or 0) + delta
    return next_event(dish, before)


def _update(deltas: Mapping[int, int], bumped: Collection[int]) -> int:
    """How many rows could change; a row that would fall below nothing does not."""
    by, by_args = _per_dish(deltas)
    up, up_args = _per_dish(dict.fromkeys(bumped, 1))
    taken, taken_args = _per_dish({pk: -delta for pk, delta in deltas.items() if delta < 0})
    enough = f" AND sold_out = %s AND remaining >= {taken}" if taken_args else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE dishes_dish {_BY_ID.get(connection.vendor, '')}"
            f" SET remaining = remaining + {by}, version = version + {up}"
            f" WHERE id IN ({', '.join(['%s'] * len(deltas))}) AND remaining IS NOT NULL{enough}",
            [*by_args, *up_args, *sorted(deltas), *([False, *taken_args] if taken_args else [])],
        )
        return cursor.rowcount


# In a small table the optimizer would rather read all rows than these, and wait for other baskets' locks.
_BY_ID = {"mysql": "FORCE INDEX (PRIMARY)"}


def _per_dish(numbers: Mapping[int, int]) -> tuple[str, list[int]]:
    """An SQL expression with each dish's own number (0 for the others), and its arguments."""
    if not numbers:
        return "0", []
    whens = " ".join(["WHEN %s THEN %s"] * len(numbers))
    return f"CASE id {whens} ELSE 0 END", [part for pair in sorted(numbers.items()) for part in pair]
