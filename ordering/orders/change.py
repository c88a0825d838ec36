"""The unit of work on one order: lock it, ask the table, change it, save what changed, tell what happened.

Nothing else writes an order's state. At the end the version grows by the number of events, the status follows
the lines, the card is built once, and every event carries it under its own version.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from django.db import models

from hub import clock
from hub.errors import Refusal
from hub.events import (
    BatchAdded,
    HubEvent,
    OrderAccepted,
    OrderCompleted,
    OrderPreparing,
    OrderReady,
    OrderSubmitted,
    RefundSucceeded,
)
from hub.transactions import Lock, Transaction
from ordering.orders import access, cards, guards, messages, pickup, promises, remarks, shipping, states
from ordering.orders.models import Line, Order
from ordering.orders.states import ORDER_MOVES, OrderStatus, Who
from ordering.users.actors import Actor


class Change:
    """One locked order with its lines (``self.order``, ``self.lines``) and what happens to it."""

    def __init__(
        self, tx: Transaction, order: Order, lines: list[Line], who: frozenset[Who], at: datetime
    ) -> None:
        self.tx, self.order, self.lines, self.who, self.at = tx, order, lines, who, at
        self._events: list[type[HubEvent]] = []
        self._base = order.version
        # By identity: an order that is not inserted yet has no id to be found by.
        self._was: dict[int, dict[str, Any]] = {}
        self.remember()

    def remember(self) -> None:
        """Take the order and its lines as they are for what the database holds."""
        self._was = {id(row): _columns(row) for row in (self.order, *self.lines)}

    def add(self, lines: list[Line]) -> None:
        """Lines that were inserted meanwhile."""
        self.lines += lines
        self._was |= {id(line): _columns(line) for line in lines}

    def tell(self, kind: type[HubEvent]) -> None:
        """Something happened to the order; it is recorded at the end, in this order."""
        self._events.append(kind)

    @property
    def told(self) -> int:
        """How many events there are so far."""
        return len(self._events)

    def expect(self, version: int | None) -> None:
        """Refuse with 409 ``order.version_conflict`` when the caller saw another version."""
        if version is not None and version != self.order.version:
            raise self._refusal("order.version_conflict", "订单已发生变化,请刷新后重试")

    def require(self, move: str) -> None:
        """Refuse with 409 unless the table and the guards let the caller do ``move`` now."""
        if states.find(ORDER_MOVES, move, self.order.status, self.who) is None:
            raise self._refusal("order.transition_refused", "订单当前状态不允许此操作")
        if guard := guards.failing(move, self.order):
            raise guards.refusal(guard, self.order, self._actions())

    def go(self, move: str) -> None:
        """Require ``move`` and take the order to the move's target state."""
        self.require(move)
        found = states.find(ORDER_MOVES, move, self.order.status, self.who)
        if found and found.target:
            self.order.status = found.target

    def place(self) -> None:
        """Hand the order to the counter; it gets its pickup number at the end."""
        self.order.status = OrderStatus.PLACED
        self.order.placed_at = self.at

    def accept(self) -> None:
        """Hand the order to the kitchen."""
        self.order.status = OrderStatus.ACCEPTED
        self.order.accepted_at = self.at

    def finish(self) -> dict[str, Any]:
        """Save what changed, record the events; the contract's order for this caller."""
        self._follow_lines()
        promises.follow(self.order, self.lines, self.at)
        if self.order.placed_at and self.order.pickup_no is None:
            self.order.pickup_no = pickup.take(self.tx, self.order.store, self.order.business_day)
        self.order.version = self._base + len(self._events)
        for kind in dict.fromkeys(self._events):
            if kind in OUTSIDE:
                OUTSIDE[kind](self.order, self.lines, self.at)
        self._save()
        card = cards.card(self.order, self.lines)
        for version, kind in enumerate(self._events, start=self._base + 1):
            event = kind(key=self.order.key, version=version, card={**card, "version": version})
            self.tx.record(self.order.store.stream, event)
        return access.body(card, self.order, self.who)

    def _follow_lines(self) -> None:
        status = states.derived_status(self.order.status, (line.state for line in self.lines))
        if status == self.order.status:
            return
        self.order.status = status
        self.order.ready_at = self.at if status == OrderStatus.READY else None
        if status in (OrderStatus.PREPARING, OrderStatus.READY):
            self.tell(OrderReady if status == OrderStatus.READY else OrderPreparing)

    def _save(self) -> None:
        if changed := self._changed(self.order):
            Order.objects.filter(pk=self.order.pk).update(**changed)
        changes = {line: changed for line in self.lines if (changed := self._changed(line))}
        if not changes:
            return
        first, *others = changes.values()
        if all(other == first for other in others):
            Line.objects.filter(pk__in=[line.pk for line in changes]).update(**first)
        else:
            fields = sorted({name for changed in changes.values() for name in changed})
            Line.objects.bulk_update(list(changes), fields)

    def _changed(self, row: models.Model) -> dict[str, Any]:
        was = self._was[id(row)]
        return {name: value for name, value in _columns(row).items() if value != was[name]}

    def _actions(self) -> list[str]:
        return access.allowed_actions(self.order, self.who)

    def _refusal(self, code: str, detail: str) -> Refusal:
        order = self.order
        return Refusal(
            code, 409, detail, state=order.status, version=order.version, allowed_actions=self._actions()
        )


# What an event sets going outside: written down in its transaction, nothing where the feature is off.
OUTSIDE: dict[type[HubEvent], Callable[[Order, list[Line], datetime], None]] = {
    OrderSubmitted: remarks.written,
    BatchAdded: remarks.written,
    OrderAccepted: messages.accepted,
    OrderReady: messages.ready,
    OrderCompleted: shipping.completed,
    RefundSucceeded: messages.refunded,
}


def _columns(row: models.Model) -> dict[str, Any]:
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}


def begin(
    tx: Transaction, no: str, actor: Actor, move: str, version: int | None = None, *, go: bool = True
) -> Change:
    """Lock the order for ``move`` and, with ``go``, take it to the move's target state.

    Refuses 404 (absent or not theirs), 403 (never theirs to do), 409 ``order.version_conflict``,
    409 ``order.transition_refused`` or the failing guard's code.
    """
    seen, who = access.may(no, actor, move)
    change = lock(tx, seen, who)
    change.expect(version)
    if go:
        change.go(move)
    else:
        change.require(move)
    return change


def lock(tx: Transaction, seen: Order, who: frozenset[Who]) -> Change:
    """The order as it is now, locked, with its lines; ``seen`` brings the store and the table."""
    order = tx.lock_one(Lock.ORDER, Order.objects.filter(pk=seen.pk))
    order.store = seen.store
    # Guests may have changed tables since it was seen; then the table is read anew.
    if order.table_id == seen.table_id:
        order.table = seen.table
    lines = lines_of(order)
    tx.about(order)
    tx.watch(lines)
    return Change(tx, order, lines, who, clock.now())


def lines_of(order: Order) -> list[Line]:
    """The order's lines in the order of their ids."""
    return list(Line.objects.filter(order_id=order.pk).order_by("pk"))


def live(lines: Sequence[Line]) -> list[Line]:
    """Lines that were not voided."""
    return [line for line in lines if line.state != states.VOIDED]
