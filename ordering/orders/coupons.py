"""An order's coupon: what it takes off a basket, and what becomes of it when the order is paid or ends."""

from datetime import datetime
from typing import Any

from hub import errors
from hub.errors import Refusal
from ordering.coupons import actions, queries
from ordering.coupons.models import Coupon
from ordering.orders.basket import Basket
from ordering.orders.change import Change
from ordering.users.models import User


def asked(diner: User | None, coupon_id: int | None) -> Coupon | None:
    """The diner's coupon of this id; refuses 400 ``coupon.not_found`` for none, and for somebody else's."""
    if coupon_id is None:
        return None
    coupon = queries.coupon_of(diner, coupon_id) if diner else None
    if coupon is None:
        row = errors.row("coupon", "coupon.not_found", "优惠券不存在")
        raise Refusal("coupon.not_found", 400, "优惠券不存在", errors=[row])
    return coupon


def discount(coupon: Coupon, basket: Basket, at: datetime) -> int:
    """What the coupon takes off, in fen; refuses 409 ``coupon.not_usable`` with the fact ``reason``."""
    reason, off_fen = queries.judge(coupon, basket.store, basket.amounts, at)
    if reason:
        raise actions.not_usable(reason)
    return off_fen


def priced(diner: User | None, basket: Basket, asked: Coupon | None, at: datetime) -> dict[str, Any]:
    """The sums of a quote: with the asked coupon, if the basket may have it, and all it may have."""
    found = queries.choices(diner, basket.store, basket.amounts, at) if diner else []
    off = queries.judge(asked, basket.store, basket.amounts, at)[1] if asked else 0
    subtotal = basket.subtotal_fen
    return {
        "subtotal_fen": subtotal,
        "discount_fen": off,
        "total_fen": subtotal - off,
        "coupons": [
            {"id": choice.id, "discount_fen": choice.discount_fen, "best": place == 0}
            for place, choice in enumerate(found)
        ],
    }


def attach(change: Change, coupon: Coupon) -> None:
    """Lock the coupon for the order; what costs nothing with it is paid, and the coupon used."""
    # The order names it only now: its insert would share the row with rivals, who then all want it alone.
    actions.lock(change.tx, coupon, change.order.no, change.at)
    change.order.coupon_id = coupon.pk
    if change.order.total_fen == 0:
        spend(change)


def spend(change: Change) -> None:
    """The order is paid: its coupon, if any, is used."""
    if change.order.coupon_id:
        actions.use(change.tx, change.order.coupon_id, change.order.no, change.at)


def release(change: Change) -> None:
    """The order ended: its coupon, if any, is its owner's again."""
    if change.order.coupon_id:
        actions.give_back(change.tx, change.order.coupon_id, change.order.no)
