"""Submit an order in a fixed number of statements; and price one without writing."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from hub import clock, errors, throttling
from hub.errors import Refusal
from hub.events import OrderPaid, OrderSubmitted
from hub.transactions import Lock, Transaction
from ordering.coupons.models import Coupon
from ordering.orders import access, coupons, promises, settlement
from ordering.orders.basket import Basket, check_open, wanted
from ordering.orders.change import Change
from ordering.orders.models import Order
from ordering.orders.states import OrderStatus
from ordering.restaurant import queries as restaurant
from ordering.restaurant import sessions, tokens
from ordering.restaurant.models import DiningTable, Store, TableSession
from ordering.users.actors import Actor
from ordering.users.models import User

UNPAID_AT_ONCE = 5


@dataclass(frozen=True, slots=True)
class Place:
    """Where an order is eaten: a table with its session, or nowhere (pickup)."""

    table: DiningTable | None = None
    session: TableSession | None = None


def submit(tx: Transaction, *, actor: Actor, order: dict[str, Any]) -> dict[str, Any]:
    """Write down an order as the validated submit body ``order`` asks for it; the contract's order.

    Refuses 404 for an unknown store, 403 for a screen that takes no orders, 400 ``table.token_required``,
    ``coupon.not_found`` and per-line codes, 409 ``store.closed``, ``table.session_closed``,
    ``dish.not_available``, ``stock.sold_out``, ``order.too_many_lines``, ``coupon.not_usable``, 429
    ``order.too_many_unpaid``.
    """
    at = clock.now()
    store = restaurant.store(order["store"])
    check_caller(actor, store)
    coupon = coupons.asked(_diner(actor, store), order.get("coupon"))
    check_body(order, store, at)
    basket = Basket(store, wanted(order["lines"]), at)
    basket.check()
    off_fen = coupons.discount(coupon, basket, at) if coupon else 0
    limit_unpaid(tx, actor, store)
    place = _sit_down(tx, actor, store, order)
    return _enter(tx, _new_order(store, place, basket, actor, order, off_fen, at), basket, actor, coupon)


def submit_shared(
    tx: Transaction,
    session: TableSession,
    basket: Basket,
    *,
    actor: Actor,
    coupon: Coupon | None,
    remark: str,
    at: datetime,
) -> dict[str, Any]:
    """Write down what a locked session's shared cart holds as an order of the caller's; the contract's order.

    The table's diners may follow it. Refuses 409 ``coupon.not_usable``, ``stock.sold_out``.
    """
    off_fen = coupons.discount(coupon, basket, at) if coupon else 0
    place, body = Place(session.table, session), {"kind": "dine_in", "remark": remark}
    order = _new_order(basket.store, place, basket, actor, body, off_fen, at)
    order.diner, order.shared = actor.user, True
    return _enter(tx, order, basket, actor, coupon)


def _enter(
    tx: Transaction, order: Order, basket: Basket, actor: Actor, coupon: Coupon | None
) -> dict[str, Any]:
    change = _insert(tx, order, actor)
    basket.take(tx)
    change.lines = basket.insert(change.order, 1, actor.label, order.submitted_at)
    change.remember()
    if coupon:
        coupons.attach(change, coupon)
    return change.finish()


def quote(actor: Actor, order: dict[str, Any]) -> dict[str, Any]:
    """What the submit body would cost, with the code of every line that cannot be had; writes nothing.

    ``coupons`` are the caller's that this basket may have, best first; the asked one takes its discount off
    if it is among them. Refuses 404, 403 and 400 ``coupon.not_found`` as `submit`.
    """
    at = clock.now()
    store = restaurant.store(order["store"])
    check_caller(actor, store)
    diner = _diner(actor, store)
    asked = coupons.asked(diner, order.get("coupon"))
    basket = Basket(store, wanted(order["lines"]), at)
    closed = None if restaurant.is_open_now(store, at) else "store.closed"
    lines = [
        {
            "dish": line.wanted.dish,
            "quantity": line.wanted.quantity,
            "unit_price_fen": line.unit_price_fen,
            "amount_fen": line.amount_fen,
            "refusal": line.refusal or closed,
        }
        for line in basket.lines
    ]
    sums = coupons.priced(diner, basket, asked, at)
    return {"lines": lines, **sums, "eta_minutes": promises.minutes(store, basket.parts, at)}


def cart(actor: Actor, basket: dict[str, Any]) -> dict[str, Any]:
    """An earlier basket (store, kind, lines) quoted at today's prices, with what it takes to submit it."""
    quoted = quote(actor, basket)
    lines = [
        {**line, "options": asked["options"], "remark": asked["remark"]}
        for line, asked in zip(quoted["lines"], basket["lines"], strict=True)
    ]
    return {"store": basket["store"], "kind": basket["kind"], **quoted, "lines": lines}


def check_caller(actor: Actor, store: Store) -> None:
    """People and the counter order; other screens do not (403)."""
    if actor.user is None and not actor.may(store.code, "counter"):
        raise errors.forbidden()


def check_body(order: dict[str, Any], store: Store, at: datetime) -> None:
    """Refuse what the store cannot take, before anything is read of the menu."""
    if order["kind"] == "dine_in" and not order.get("table_token"):
        row = errors.row("table_token", "table.token_required", "请扫描桌上的二维码")
        raise Refusal("table.token_required", 400, "请扫描桌上的二维码", errors=[row])
    check_open(store, at)


def is_counter(actor: Actor, store: Store) -> bool:
    """Whether this caller takes orders for others."""
    return actor.may(store.code, "counter")


def limit_unpaid(tx: Transaction, actor: Actor, store: Store) -> None:
    """Refuse a diner's sixth unpaid order at once with 429 ``order.too_many_unpaid``."""
    limit = throttling.scaled(UNPAID_AT_ONCE)
    if limit is None or actor.user is None or is_counter(actor, store):
        return
    # The diner's own row is the queue in which simultaneous submits are counted.
    tx.lock(Lock.IDENTITY, User.objects.filter(pk=actor.user.pk).only("pk"))
    open_now = Order.objects.filter(diner_id=actor.user.pk, status=OrderStatus.PENDING_PAYMENT).count()
    if open_now >= limit:
        raise Refusal("order.too_many_unpaid", 429, "未付款订单过多,请先付款或取消", limit=limit)


def _sit_down(tx: Transaction, actor: Actor, store: Store, order: dict[str, Any]) -> Place:
    if order["kind"] == "pickup":
        if actor.is_guest:
            raise errors.forbidden()
        return Place()
    table = tokens.read(order["table_token"], store.code)
    session = sessions.join(tx, table)
    if actor.is_guest and actor.table_session != session.pk:
        raise errors.forbidden()
    locked = lock_session(tx, session.pk)
    # The guests may have changed tables in the meantime.
    return Place(table if locked.table_id == table.pk else locked.table, locked)


def lock_session(tx: Transaction, session_id: int) -> TableSession:
    """The table session, locked; refuses 409 ``table.session_closed`` when it takes no more orders."""
    session = tx.lock_one(Lock.SESSION, TableSession.objects.filter(pk=session_id))
    if session.state != TableSession.State.OPEN:
        raise Refusal("table.session_closed", 409, "该桌已结账,不能再点菜", state=session.state)
    return session


def _diner(actor: Actor, store: Store) -> User | None:
    """Whose order it becomes: nobody's when the counter takes it."""
    return None if is_counter(actor, store) else actor.user


def _new_order(
    store: Store,
    place: Place,
    basket: Basket,
    actor: Actor,
    body: dict[str, Any],
    off_fen: int,
    at: datetime,
) -> Order:
    return Order(
        store=store,
        diner=_diner(actor, store),
        kind=body["kind"],
        table=place.table,
        session=place.session,
        status=OrderStatus.PENDING_PAYMENT,
        business_day=clock.business_day(at, store.cutover_hour),
        subtotal_fen=basket.subtotal_fen,
        discount_fen=off_fen,
        total_fen=basket.subtotal_fen - off_fen,
        remark=body.get("remark") or "",
        submitted_by=actor.label,
        submitted_at=at,
    )


def _insert(tx: Transaction, order: Order, actor: Actor) -> Change:
    """Insert the order in the state it begins in; its events are told already."""
    change = Change(tx, order, [], access.relations(order, actor), order.submitted_at)
    change.tell(OrderSubmitted)
    pay_later = not order.store.pay_first and (order.kind == "dine_in" or order.diner is None)
    if order.total_fen == 0:
        order.paid_at = change.at
        change.tell(OrderPaid)
    if pay_later or order.total_fen == 0:
        change.place()
        settlement.accept_by_rule(change)
    else:
        order.expires_at = change.at + timedelta(minutes=settings.WECHAT_PAY_EXPIRE_MINUTES)
    # As the version will be at the end, so that most submits need no UPDATE of the order.
    order.version = change.told
    tx.reach(Lock.ORDER)
    order.save(force_insert=True)
    tx.about(order)
    tx.created(order)
    return change
