"""Tables with their orders: the map, guests who change tables, one bill for all of a table."""

from datetime import datetime
from typing import Any

from django.db.models import Min, Q

from hub import clock
from hub.errors import Refusal
from hub.events import OrderMoved
from hub.transactions import Lock, Transaction
from ordering.orders import access, settlement
from ordering.orders.change import Change, lines_of
from ordering.orders.models import Line, Order
from ordering.orders.states import IN_KITCHEN, LIVE, LineState, OrderStatus
from ordering.restaurant import queries, sessions
from ordering.restaurant.models import DiningTable, Store, TableSession
from ordering.users.actors import Actor

FREE = "free"


def move(tx: Transaction, table: DiningTable, target_code: str, *, actor: Actor) -> dict[str, Any]:
    """The guests change tables, and their live orders with them (``order.moved``); the session."""
    session = sessions.move(tx, table, target_code)
    for change in _live(tx, session, table.store, actor):
        change.order.table = session.table
        change.tell(OrderMoved)
        change.finish()
    return queries.session_row(session)


def pay(tx: Transaction, table: DiningTable, *, actor: Actor, amount_fen: int) -> dict[str, Any]:
    """Take in cash what is due on all live orders of the table: ``{"session", "paid_fen", "orders"}``.

    ``amount_fen`` is what the counter asked for. Refuses 409 ``table.not_open``, ``table.nothing_due``, and
    ``table.due_changed`` with the fact ``due_fen`` when it is not what is due now.
    """
    session = sessions.present(tx, sessions.lock_table(tx, table))
    owing = [change for change in _live(tx, session, table.store, actor) if change.order.due_fen]
    due_fen = sum(change.order.due_fen for change in owing)
    if not owing:
        raise Refusal("table.nothing_due", 409, "该桌没有待付金额", table=table.code)
    if amount_fen != due_fen:
        raise Refusal("table.due_changed", 409, "应付金额已变化,请核对", table=table.code, due_fen=due_fen)
    # One kind of lock after the other, not one order after the other.
    paid = [settlement.take_cash(change, actor.label) for change in owing]
    for change, payment in zip(owing, paid, strict=True):
        settlement.book(change, payment.amount_fen)
    orders = [change.finish() for change in owing]
    return {"session": queries.session_row(session), "paid_fen": due_fen, "orders": orders}


def _live(tx: Transaction, session: TableSession, store: Store, actor: Actor) -> list[Change]:
    found = tx.lock(Lock.ORDER, Order.objects.filter(session=session, status__in=LIVE))
    at = clock.now()
    for order in found:
        order.store = store
    return [Change(tx, order, lines_of(order), access.relations(order, actor), at) for order in found]


def table_map(store: Store) -> list[dict[str, Any]]:
    """Every table with who sits there and how they fare; as many queries for any number of them."""
    tables = list(queries.tables(store))
    sessions_here = [session.pk for table in tables for session in table.open_sessions]
    orders = _orders(sessions_here)
    waiting = _waiting(sessions_here)
    return [_row(table, orders, waiting) for table in tables]


def _row(table: DiningTable, orders: dict[int, list[Order]], waiting: dict[int, datetime]) -> dict[str, Any]:
    session = next(iter(table.open_sessions), None)
    mine = orders.get(session.pk, []) if session else []
    placed = [order.placed_at for order in mine if order.status == OrderStatus.PLACED and order.placed_at]
    since = [*placed, *([waiting[session.pk]] if session and session.pk in waiting else [])]
    return {
        **queries.table_row(table),
        "state": session.state if session else FREE,
        "orders": len(mine),
        "due_fen": sum(order.due_fen for order in mine),
        "waiting_since": clock.iso(min(since, default=None)),
    }


def _orders(session_ids: list[int]) -> dict[int, list[Order]]:
    found: dict[int, list[Order]] = {}
    for order in Order.objects.filter(session_id__in=session_ids, status__in=LIVE).order_by("pk"):
        found.setdefault(order.session_id, []).append(order)
    return found


def _waiting(session_ids: list[int]) -> dict[int, datetime]:
    """Session id → since when its oldest dish that is not made yet has been in the kitchen."""
    unmade = Q(state__in=[LineState.QUEUED, LineState.COOKING], order__status__in=IN_KITCHEN)
    lines = Line.objects.filter(unmade, order__session_id__in=session_ids)
    return dict(lines.values_list("order__session_id").annotate(Min("queued_at")))
