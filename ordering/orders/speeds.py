"""Worker job: learn how fast each kitchen is from what it made on the last business days.

It reads at most so many orders, the newest, by the index ``order_by_day``: what it costs does not grow with
history, and it is done only where something is being cooked.
"""

from datetime import datetime, timedelta
from functools import partial

from django.db.models import F, Q, QuerySet

from hub import clock
from hub.transactions import Lock, Transaction, transact
from ordering.orders.models import Line, Order, PrepSpeed
from ordering.orders.pace import Key, Learned, Sample, learn
from ordering.orders.promises import WORKING
from ordering.restaurant.models import Store
from ordering.users.actors import SYSTEM

EVERY = timedelta(minutes=5)
HISTORY = timedelta(days=14)
MOST_ORDERS = 2000


def learn_due() -> int:
    """Learn anew for the kitchens at work whose speeds are some minutes old; for how many stores."""
    now = clock.now()
    return sum(_learn(store, now) for store in due(now))


def due(now: datetime) -> QuerySet[Store]:
    """The stores to learn of."""
    old = Q(speeds_learned_at__isnull=True) | Q(speeds_learned_at__lte=now - EVERY)
    return Store.objects.filter(old, tells_eta=True, orders__status__in=WORKING).distinct()


def _learn(store: Store, now: datetime) -> int:
    rows = [_row(store, key, learned) for key, learned in learn(samples(store, now)).items()]
    return transact(partial(_keep, store, now, rows), actor=SYSTEM.label)


def _keep(store: Store, now: datetime, rows: list[PrepSpeed], tx: Transaction) -> int:
    """Compare-and-set: of several workers that learned, one writes."""
    tx.reach(Lock.SESSION)
    mine = Store.objects.filter(pk=store.pk, speeds_learned_at=store.speeds_learned_at)
    if not mine.update(speeds_learned_at=now):
        return 0
    PrepSpeed.objects.filter(store=store).delete()
    PrepSpeed.objects.bulk_create(rows)
    return 1


def _row(store: Store, key: Key, learned: Learned) -> PrepSpeed:
    station, dish = key
    speed = learned.speed
    return PrepSpeed(
        store=store,
        station=station,
        dish_id=dish,
        lines=learned.lines,
        p50_seconds=speed.p50,
        p80_seconds=speed.p80,
        pace_seconds=speed.pace,
        hands=speed.hands,
    )


def samples(store: Store, now: datetime) -> list[Sample]:
    """The lines of the newest orders that were made, of those whose place in the queue was written down."""
    first = clock.business_day(now, store.cutover_hour) - HISTORY
    recent = Order.objects.filter(store=store, business_day__gte=first).order_by("-business_day", "-pk")
    made = Line.objects.filter(
        order__in=list(recent.values_list("pk", flat=True)[:MOST_ORDERS]),
        queued_behind__isnull=False,
        ready_at__gt=F("queued_at"),
    )
    rows = made.values_list("station", "dish_id", "queued_behind", "quantity", "queued_at", "ready_at")
    return [
        Sample(station, dish, behind + quantity, (ready_at - queued_at).total_seconds())
        for station, dish, behind, quantity, queued_at, ready_at in rows
    ]
