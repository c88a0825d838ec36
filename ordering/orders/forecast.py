"""Worker job: what guests were told of their dishes stays true while the kitchen works.

Every few seconds one look at what each kitchen has to make, without a transaction. Only an order of which the
guest should hear is then changed, alone in its transaction, and at most once in half a minute.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from django.db import connection

from hub import clock
from hub.events import OrderEtaChanged
from hub.transactions import Lock, Transaction, transact
from ordering.orders import eta, promises
from ordering.orders.change import Change, lines_of
from ordering.orders.eta import Speeds
from ordering.orders.expiry import SYSTEM_ALONE
from ordering.orders.models import Line, Order
from ordering.orders.promises import WORKING
from ordering.restaurant.models import Store
from ordering.users.actors import SYSTEM

QUIET = timedelta(seconds=30)
MOST_LINES = 2000


@dataclass(frozen=True, slots=True)
class Forecast:
    """An order as it was seen, when it is expected now, and how many portions come before its lines."""

    order: Order
    eta_at: datetime
    ahead: dict[int, int]


def follow_due() -> int:
    """Tell the guests whose dishes will be ready earlier or later than they were told; how many."""
    stores = Store.objects.filter(tells_eta=True, orders__status__in=WORKING).distinct()
    return sum(
        transact(partial(_tell, forecast), actor=SYSTEM.label)
        for store in stores
        for forecast in news(store, clock.now())
    )


def news(store: Store, now: datetime) -> list[Forecast]:
    """The orders of which their guests should hear; two statements, and one when lines came into reach."""
    rows = (
        promises.to_make(store, now)
        .select_related("order__store", "order__table")
        .order_by("queued_at", "pk")
    )
    lines = list(rows[:MOST_LINES])
    known, ahead = promises.speeds(store, lines), places(lines)
    _reach(known, lines, ahead, now)
    by_order: dict[int, list[Line]] = defaultdict(list)
    for line in lines:
        by_order[line.order_id].append(line)
    found = (_forecast(known, those, ahead, now) for those in by_order.values())
    return [forecast for forecast in found if forecast]


def _reach(known: Speeds, lines: Iterable[Line], ahead: dict[int, int], now: datetime) -> None:
    """Write down since when the stations have hands for these lines; nobody is told, no card shows it."""
    waiting = (line for line in lines if line.begun_at is None)
    reached = [line for line in waiting if known.in_reach(promises.work(line, ahead[line.pk]))]
    for line in reached:
        line.reached_at = now
    if reached:
        Line.objects.filter(pk__in=[line.pk for line in reached]).update(reached_at=now)


def places(lines: Iterable[Line]) -> dict[int, int]:
    """How many portions of its station come before each line, by its id; lines come as they are made."""
    load: dict[str, int] = defaultdict(int)
    ahead = {}
    for line in lines:
        ahead[line.pk] = load[line.station]
        load[line.station] += line.quantity
    return ahead


def _forecast(known: Speeds, lines: list[Line], ahead: dict[int, int], now: datetime) -> Forecast | None:
    order = lines[0].order
    if order.eta_told_at and order.eta_told_at > now - QUIET:
        return None
    works = [promises.work(line, ahead[line.pk], line.begun_at) for line in lines]
    eta_at = eta.after(now, [known.left(work, now) for work in works], eta.LIKELY)
    told, mine = [line.ahead for line in lines], {line.pk: ahead[line.pk] for line in lines}
    if eta.has_moved(order.eta_at, eta_at, now) or eta.has_stepped(told, mine.values()):
        return Forecast(order, eta_at, mine)
    return None


def _tell(forecast: Forecast, tx: Transaction) -> bool:
    """Tell it, unless the order has changed since it was seen or somebody has it; whether it was told."""
    tx.reach(Lock.ORDER)
    skip = connection.features.has_select_for_update_skip_locked
    seen = forecast.order
    unchanged = Order.objects.filter(pk=seen.pk, version=seen.version)
    order = unchanged.select_for_update(skip_locked=skip).first()
    if order is None:
        return False
    order.store, order.table = seen.store, seen.table
    change = Change(tx, order, lines_of(order), SYSTEM_ALONE, clock.now())
    order.eta_at, order.eta_told_at = forecast.eta_at, change.at
    for line in change.lines:
        line.ahead = forecast.ahead.get(line.pk)
    change.tell(OrderEtaChanged)
    change.finish()
    return True
