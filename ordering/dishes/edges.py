"""Worker jobs of the menu: 估清 that ends, and the edges of time windows and opening hours."""

from collections import defaultdict
from datetime import datetime

from hub import clock
from hub.transactions import Lock, Transaction, transact
from ordering.dishes.availability import alter
from ordering.dishes.models import Dish, TimeWindow
from ordering.dishes.windows import Window, edge_between
from ordering.restaurant.actions import announce_menu
from ordering.restaurant.models import OpeningHours, Store

AT_ONCE = 100


def restore_due() -> int:
    """Restore the dishes whose 估清 has ended, one transaction each; how many this worker restored."""
    now = clock.now()
    due = Dish.objects.filter(sold_out=True, sold_out_until__lte=now).order_by("sold_out_until")
    ids = list(due.values_list("id", flat=True)[:AT_ONCE])
    return sum(transact(lambda tx, pk=pk: _restore(tx, pk, now), actor="system") for pk in ids)


def _restore(tx: Transaction, pk: int, now: datetime) -> int:
    # Another worker (or a person) may have been here since: the condition is asked again under the lock.
    dishes = tx.lock(Lock.DISH, Dish.objects.filter(pk=pk, sold_out=True, sold_out_until__lte=now))
    for dish in dishes:
        alter(tx, dish.store, dish, sold_out=False, sold_out_until=None)
    return len(dishes)


def announce_edges() -> int:
    """Record ``menu.changed`` for the stores whose menu or openness changed by the clock; how many."""
    now = clock.now()
    windows = _windows_by_store()
    return sum(
        transact(lambda tx, store=store: _announce(tx, store, now), actor="system")
        for store in Store.objects.filter(id__in=list(windows))
        if edge_between(windows[store.pk], _local(store.menu_checked_at), _local(now))
    )


def _announce(tx: Transaction, store: Store, now: datetime) -> int:
    """Compare-and-set: of several workers that saw the edge, one tells it."""
    tx.reach(Lock.SESSION)
    unseen = Store.objects.filter(pk=store.pk, menu_checked_at=store.menu_checked_at)
    claimed = unseen.update(menu_checked_at=now)
    if claimed:
        announce_menu(tx, Store.objects.get(pk=store.pk))
    return claimed


def _windows_by_store() -> dict[int, list[Window]]:
    found: dict[int, list[Window]] = defaultdict(list)
    categories = TimeWindow.objects.filter(category__is_active=True)
    for store_id, *window in categories.values_list("category__store_id", "weekdays", "starts", "ends"):
        found[store_id].append(Window(*window))
    for store_id, weekday, opens, closes in OpeningHours.objects.values_list(
        "store_id", "weekday", "opens", "closes"
    ):
        found[store_id].append(Window(1 << weekday, opens, closes))
    return found


def _local(at: datetime) -> datetime:
    return at.astimezone(clock.local_zone())
