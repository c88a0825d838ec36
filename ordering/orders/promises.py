"""What guests are told of when their dishes will be ready: before they order, and when the kitchen has them.

Two statements, and only when lines come to the kitchen: the learned speeds, and the portions that its
stations have to make. `ordering.orders.forecast` keeps what was told up to date.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet, Sum

from ordering.orders import eta
from ordering.orders.eta import Speed, Speeds, Work
from ordering.orders.models import Line, Order, PrepSpeed
from ordering.orders.pricing import Part
from ordering.orders.states import ACCEPTED, COOKING, PREPARING, QUEUED
from ordering.restaurant.models import Store

WORKING = (ACCEPTED, PREPARING)
TO_MAKE = (QUEUED, COOKING)
FORGOTTEN_AFTER = timedelta(hours=3)


def follow(order: Order, lines: Sequence[Line], at: datetime) -> None:
    """Bring what is told of an order after its lines: promise it when the kitchen gets it, expect more lines.

    A line that is to be made no more has nothing ahead, an order with nothing to be made is not expected.
    """
    told = order.store.tells_eta and order.status in WORKING
    todo = [line for line in lines if line.state in TO_MAKE] if told else []
    for line in todo:
        # Recalled: it is made anew, out of turn; its place is told at the worker's next look.
        if line.ahead is None and line.queued_behind is not None:
            line.reached_at = at
    if fresh := [line for line in todo if line.queued_behind is None]:
        _expect(order, todo, fresh, at)
    for line in lines:
        if line not in todo:
            line.ahead = None
    if not todo:
        order.eta_at = None


def _expect(order: Order, todo: Sequence[Line], fresh: Sequence[Line], at: datetime) -> None:
    ahead = _places(order.store, fresh, at, but=order.pk, own=[line for line in todo if line not in fresh])
    known = speeds(order.store, fresh)
    works = [work(line, place) for line, place in zip(fresh, ahead, strict=True)]
    for line, each in zip(fresh, works, strict=True):
        line.ahead = line.queued_behind = each.ahead
        line.reached_at = at if known.in_reach(each) else None
    guesses = [known.queued(each) for each in works]
    likely = eta.after(at, guesses, eta.LIKELY)
    order.eta_at, order.eta_told_at = max(likely, order.eta_at or likely), at
    if order.promised_at is None and order.accepted_at == at:
        order.promised_at = eta.after(at, guesses, eta.PROMISED)


def work(line: Line | Part, ahead: int, begun_at: datetime | None = None) -> Work:
    """The line with its place in the queue."""
    dish = line.dish_id if isinstance(line, Line) else line.dish
    return Work(dish, line.station, line.quantity, ahead, begun_at)


def _places(
    store: Store,
    wishes: Sequence[Line | Part],
    at: datetime,
    *,
    but: int | None = None,
    own: Iterable[Line] = (),
) -> list[int]:
    """How many portions come before each wish, when all are queued now, in this order."""
    load = portions_to_make(store, {wish.station for wish in wishes}, at, but=but)
    for wish in own:
        load[wish.station] = load.get(wish.station, 0) + wish.quantity
    places = []
    for wish in wishes:
        places.append(load.get(wish.station, 0))
        load[wish.station] = places[-1] + wish.quantity
    return places


def to_make(store: Store, at: datetime) -> QuerySet[Line]:
    """Lines that the store's kitchen has to make, but those that were forgotten there."""
    return Line.objects.filter(
        order__store=store,
        order__status__in=WORKING,
        state__in=TO_MAKE,
        queued_at__gt=at - FORGOTTEN_AFTER,
    )


def portions_to_make(
    store: Store, stations: Iterable[str], at: datetime, *, but: int | None = None
) -> dict[str, int]:
    """The portions that each of the stations has to make, those of one order aside."""
    rows = to_make(store, at).filter(station__in=list(stations)).exclude(order_id=but)
    return dict(rows.order_by().values_list("station").annotate(Sum("quantity")))


def speeds(store: Store, lines: Iterable[Line | Part]) -> Speeds:
    """What was learned of the dishes and stations of these lines."""
    works = [work(line, 0) for line in lines]
    rows = PrepSpeed.objects.filter(
        Q(dish__in={each.dish for each in works}) | Q(dish__isnull=True),
        store=store,
        station__in={each.station for each in works},
    )
    return Speeds(
        {
            (row.station, row.dish_id): Speed(row.p50_seconds, row.p80_seconds, row.pace_seconds, row.hands)
            for row in rows
        }
    )


def minutes(store: Store, parts: Sequence[Part], at: datetime) -> dict[str, int] | None:
    """``{"low", "high"}``: in how many minutes a basket would be ready if the kitchen had it now."""
    if not parts or not store.tells_eta:
        return None
    known = speeds(store, parts)
    places = _places(store, parts, at)
    return eta.minutes([known.queued(work(part, place)) for part, place in zip(parts, places, strict=True)])
