"""Worker job: at the start of a store's business day its dishes have their daily portions again."""

from datetime import date

from django.db.models import Q, QuerySet

from hub import clock
from hub.transactions import Lock, Transaction, transact
from ordering.dishes.availability import alter
from ordering.dishes.models import Dish
from ordering.restaurant.models import Store


def refill_due() -> int:
    """Refill the stores whose business day has begun, one transaction each; how many dishes were refilled.

    A 估清 by hand stays: it ends by its own time.
    """
    now = clock.now()
    counting = Store.objects.filter(dishes__daily_portions__isnull=False).distinct()
    days = {store: clock.business_day(now, store.cutover_hour) for store in counting}
    return sum(
        transact(lambda tx, store=store, day=day: _refill(tx, store, day), actor="system")
        for store, day in days.items()
        if _due(store, day).exists()
    )


def _due(store: Store, day: date) -> QuerySet[Dish]:
    waiting = Q(refilled_on__isnull=True) | Q(refilled_on__lt=day)
    return Dish.objects.filter(waiting, store=store, daily_portions__isnull=False)


def _refill(tx: Transaction, store: Store, day: date) -> int:
    # Another worker may have been here since: which dishes are due is asked again under their locks.
    dishes = tx.lock(Lock.DISH, _due(store, day))
    for dish in dishes:
        alter(tx, store, dish, remaining=dish.daily_portions, refilled_on=day)
    return len(dishes)
