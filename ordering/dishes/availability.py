"""What a change of a dish's availability means to the screens: which event, and the one door for one dish."""

from typing import Any

from hub.events import DishRestored, DishSoldOut, DishStockLow, HubEvent
from hub.transactions import Transaction
from ordering.dishes.models import Dish
from ordering.dishes.rows import menu_row
from ordering.restaurant.models import Store


def alter(tx: Transaction, store: Store, dish: Dish, **fields: Any) -> Dish:
    """Set ``fields`` of a locked dish, save them and record the event that its row needs, if any."""
    before = menu_row(dish)
    for name, value in fields.items():
        setattr(dish, name, value)
    if event := next_event(dish, before):
        dish.version = event.version
        tx.record(store.menu_stream, event)
    dish.save(update_fields=[*fields, "version"])
    return dish


def introduce(tx: Transaction, store: Store, dish: Dish) -> None:
    """Tell the row of a dish that is new, so that snapshots and events agree about it."""
    dish.version = 1
    dish.save(update_fields=["version"])
    row = menu_row(dish)
    kind = DishSoldOut if row["sold_out"] else DishRestored
    tx.record(store.menu_stream, kind(dish.key, dish.version, row))


def next_event(dish: Dish, before: dict[str, Any]) -> HubEvent | None:
    """The event that turns the row ``before`` into the dish's row now; None when they are equal.

    It carries ``dish.version + 1``; the caller writes that version.
    """
    after = menu_row(dish)
    if after == before:
        return None
    return _kind(before, after)(dish.key, dish.version + 1, after)


def _kind(before: dict[str, Any], after: dict[str, Any]) -> type[HubEvent]:
    if after["sold_out"] and not before["sold_out"]:
        return DishSoldOut
    if before["sold_out"] and not after["sold_out"]:
        return DishRestored
    return DishStockLow if after["remaining"] is not None else DishRestored
