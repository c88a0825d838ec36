"""Timers of orders for the worker: unpaid ones expire, ready ones complete; one order a transaction."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

from django.db import connection
from django.db.models import Exists, F, OuterRef, QuerySet

from hub import clock
from hub.events import OrderCancelled
from hub.transactions import Lock, Transaction, transact
from ordering.orders import settlement
from ordering.orders.change import Change, lines_of
from ordering.orders.models import Order
from ordering.orders.states import OrderStatus, Who
from ordering.payments.models import Payment
from ordering.restaurant.models import Store
from ordering.users.actors import SYSTEM

AT_ONCE = 200
SYSTEM_ALONE = frozenset({Who.SYSTEM})

Due = Callable[[], QuerySet[Order]]


def expire_due() -> int:
    """Cancel orders whose time to pay has passed, portions back; how many."""
    return _while_due(expired, _expire)


def complete_due() -> int:
    """Complete settled orders that have been ready for their store's hours (0 = never); how many."""
    stores = Store.objects.filter(auto_complete_hours__gt=0, orders__status=OrderStatus.READY).distinct()
    return sum(_while_due(partial(long_ready, store), _complete) for store in stores)


def expired() -> QuerySet[Order]:
    """Orders that were not paid in time; not those that may still be paid as far as the gateway knows."""
    open_attempt = Payment.objects.filter(open_key=OuterRef("no"))
    late = Order.objects.filter(status=OrderStatus.PENDING_PAYMENT, expires_at__lte=clock.now())
    return late.exclude(Exists(open_attempt)).order_by("expires_at")


def long_ready(store: Store) -> QuerySet[Order]:
    """Settled orders that nobody has marked as handed over."""
    since = clock.now() - timedelta(hours=store.auto_complete_hours)
    settled = Order.objects.filter(paid_fen__gte=F("total_fen") + F("credited_fen"))
    return settled.filter(store=store, status=OrderStatus.READY, ready_at__lte=since).order_by("ready_at")


def _while_due(due: Due, step: Callable[[Change], None]) -> int:
    count = 0
    # Looking before the transaction: where writers queue (SQLite), an idle timer must not stand in line.
    while count < AT_ONCE and due().exists() and transact(partial(_claim, due, step), actor=SYSTEM.label):
        count += 1
    return count


def _claim(due: Due, step: Callable[[Change], None], tx: Transaction) -> bool:
    """Do one due order that no other worker holds; whether there was one."""
    tx.reach(Lock.ORDER)
    skip = connection.features.has_select_for_update_skip_locked
    order = due().select_for_update(skip_locked=skip).first()
    if order is None:
        return False
    change = Change(tx, order, lines_of(order), SYSTEM_ALONE, clock.now())
    step(change)
    change.finish()
    return True


def _expire(change: Change) -> None:
    change.go("cancel")
    reason = "超时未付款"
    settlement.end(change, OrderCancelled, kind="timeout", reason=reason, operator=SYSTEM.label)


def _complete(change: Change) -> None:
    change.go("complete")
    settlement.complete(change)
