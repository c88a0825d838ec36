"""Events as the product records them: an order with three lines, a dish that runs low."""

from __future__ import annotations

import itertools
import random
from functools import cache
from typing import Any

from hub import clock, keys
from hub.events import DishStockLow, HubEvent, OrderSubmitted
from ordering.orders import cards
from ordering.orders.models import Line, Order
from ordering.orders.states import LineState, OrderStatus
from ordering.restaurant.models import Store

# A row's versions are unique; every process begins somewhere else.
versions = itertools.count(random.randrange(2**30))
LINES = ((1, "宫保鸡丁", 3800, "wok"), (2, "拍黄瓜", 1200, "cold"), (3, "酸梅汤", 800, "bar"))


def line(number: int, name: str, price_fen: int, station: str) -> Line:
    """One line, not stored."""
    return Line(
        id=number,
        batch_id=1,
        dish_id=number,
        name=name,
        quantity=1,
        unit_price_fen=price_fen,
        amount_fen=price_fen,
        station=station,
        state=LineState.QUEUED.value,
    )


@cache
def placed() -> dict[str, Any]:
    """The card of a placed order."""
    total = sum(price for _, _, price, _ in LINES)
    order = Order(
        no="0" * 26,
        store=Store(code="demo"),
        kind="pickup",
        status=OrderStatus.PLACED.value,
        version=1,
        pickup_no="A012",
        subtotal_fen=total,
        total_fen=total,
        paid_fen=total,
        paid_at=clock.now(),
    )
    return cards.card(order, [line(*each) for each in LINES])


def order_submitted(no: str) -> OrderSubmitted:
    """The event of a new order."""
    return OrderSubmitted(f"order:{no}", 1, {**placed(), "no": no})


def event_of(stream: str) -> HubEvent:
    """A new order for a store's stream, a dish at seven portions for a menu's."""
    if stream.startswith("menu:"):
        return DishStockLow("dish:1", next(versions), {"dish": 1, "sold_out": False, "remaining": 7})
    return order_submitted(keys.ulid())
