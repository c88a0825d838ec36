"""The cart becomes an order, or a batch of the open one. Of two who press at once, one does it."""

from datetime import datetime
from typing import Any

from hub import clock, errors
from hub.errors import Refusal
from hub.events import CartSubmitted
from hub.transactions import Lock, Transaction
from ordering.carts import actions, queries
from ordering.carts.models import CartLine
from ordering.coupons.actions import not_usable
from ordering.coupons.models import Coupon
from ordering.orders import batches, coupons
from ordering.orders import submit as orders
from ordering.orders.access import AT_THE_TABLE, relations
from ordering.orders.basket import DETAILS, LINES_LIMIT, Basket, check_open
from ordering.orders.change import Change, lines_of
from ordering.orders.models import Order
from ordering.orders.pricing import Wanted
from ordering.orders.states import IN_KITCHEN, OrderStatus
from ordering.restaurant.models import TableSession
from ordering.users.actors import Actor


def submit(
    tx: Transaction, session: TableSession, *, actor: Actor, coupon: int | None = None, remark: str = ""
) -> dict[str, Any]:
    """Order everything in the cart; the contract's order.

    Where tables pay later it is a batch of the shared order that is still open, if there is one with room;
    else a new order of the caller's, which the table's diners may follow. Refuses 409 ``cart.empty`` with the
    fact ``order`` (what the cart became last), ``cart.unavailable`` with a row per line, 400
    ``coupon.not_found``, and as `orders.submit`.
    """
    at = clock.now()
    store = session.table.store
    coupon_row = coupons.asked(actor.user, coupon)
    if store.pay_first:
        orders.limit_unpaid(tx, actor, store)
    locked = orders.lock_session(tx, session.pk)
    locked.table.store = store
    taken = actions.take_all(tx, locked)
    if not taken:
        raise Refusal("cart.empty", 409, "购物车是空的,可能同桌已经下单", order=locked.cart_order or None)
    check_open(store, at)
    basket = _basket(locked, taken, at)
    change = None if store.pay_first else _open_order(tx, locked, basket, actor, at)
    if change is None:
        answer = orders.submit_shared(
            tx, locked, basket, actor=actor, coupon=coupon_row, remark=remark, at=at
        )
    else:
        answer = _add(change, basket, actor, coupon_row, remark)
    locked.cart_order = answer["no"]
    actions.announce(tx, locked, CartSubmitted, queries.cart_card(locked))
    return answer


def _basket(session: TableSession, taken: list[CartLine], at: datetime) -> Basket:
    wanted = [
        Wanted(line.dish, line.quantity, tuple(option["id"] for option in line.options), line.remark)
        for line in taken
    ]
    basket = Basket(session.table.store, wanted, at)
    missing = [
        errors.row(f"lines.{line.id}", priced.refusal, DETAILS[priced.refusal])
        for line, priced in zip(taken, basket.lines, strict=True)
        if priced.refusal
    ]
    if missing:
        raise Refusal("cart.unavailable", 409, "购物车中有菜品现在点不了", errors=missing)
    basket.check()
    return basket


def _open_order(
    tx: Transaction, session: TableSession, basket: Basket, actor: Actor, at: datetime
) -> Change | None:
    """The newest shared order of the session that takes more lines and has room for these, locked."""
    takes_more = Order.objects.filter(
        session=session, shared=True, status__in=[OrderStatus.PLACED, *IN_KITCHEN]
    )
    found = tx.lock(Lock.ORDER, takes_more)
    if not found:
        return None
    order = found[-1]
    order.store, order.table = session.table.store, session.table
    change = Change(tx, order, lines_of(order), relations(order, actor) | AT_THE_TABLE, at)
    return change if len(change.lines) + basket.size <= LINES_LIMIT else None


def _add(change: Change, basket: Basket, actor: Actor, coupon: Coupon | None, remark: str) -> dict[str, Any]:
    if coupon is not None:
        raise not_usable("batch")
    change.require("batches")
    basket.take(change.tx)
    batches.append(change, basket, actor)
    said = ";".join(filter(None, (change.order.remark, remark)))
    change.order.remark = said[:200]
    return change.finish()
