"""What staff do to the menu: 估清, restore, set portions, and say that the document is another one."""

from datetime import datetime, timedelta
from typing import Any, Literal

from hub import clock
from hub.transactions import Lock, Transaction
from ordering.dishes.availability import alter
from ordering.dishes.models import Dish
from ordering.dishes.rows import staff_row
from ordering.restaurant.actions import announce_menu
from ordering.restaurant.models import Store

NextDay = Literal["next_day"]


def sell_out(tx: Transaction, dish_id: int, until: datetime | NextDay | None = None) -> dict[str, Any]:
    """估清 by hand until ``until``, the store's next business day, or somebody restores it; the staff row."""
    dish = _locked(tx, dish_id)
    ends_at = next_day(dish.store, clock.now()) if until == "next_day" else until
    return staff_row(alter(tx, dish.store, dish, sold_out=True, sold_out_until=ends_at))


def restore(tx: Transaction, dish_id: int) -> dict[str, Any]:
    """Lift the 估清; a dish without portions stays sold out until stock is set."""
    dish = _locked(tx, dish_id)
    return staff_row(alter(tx, dish.store, dish, sold_out=False, sold_out_until=None))


def set_stock(tx: Transaction, dish_id: int, remaining: int | None) -> dict[str, Any]:
    """Set the portions left (None = unlimited); never lifts a 估清 by hand."""
    dish = _locked(tx, dish_id)
    return staff_row(alter(tx, dish.store, dish, remaining=remaining))


def touch_menu(tx: Transaction, store: Store) -> None:
    """Record that the menu document is another one. It locks the store's row: call it first."""
    announce_menu(tx, tx.lock_one(Lock.SESSION, Store.objects.filter(pk=store.pk)))


def next_day(store: Store, at: datetime) -> datetime:
    """The moment the store's next business day begins."""
    today = clock.business_day(at, store.cutover_hour)
    return clock.day_starts_at(today + timedelta(days=1), store.cutover_hour)


def _locked(tx: Transaction, dish_id: int) -> Dish:
    return tx.lock_one(Lock.DISH, Dish.objects.filter(pk=dish_id))
