"""Events as the product records them: an order with three lines, a dish that runs low."""

from __future__ import annotations

import itertools
import random
from datetime import UTC, datetime
from typing import Any

from ulid import ULID

from hub.events import DishStockLow, HubEvent, OrderSubmitted

# A row's versions are unique; every process begins somewhere else.
versions = itertools.count(random.randrange(2**30))
LINES = ((1, "宫保鸡丁", 3800, "wok"), (2, "拍黄瓜", 1200, "cold"), (3, "酸梅汤", 800, "bar"))


def line(number: int, name: str, price: int, station: str) -> dict[str, Any]:
    """One line of the card."""
    return {
        "id": number,
        "batch": 1,
        "dish": number,
        "name": name,
        "options": [],
        "quantity": 1,
        "unit_price_fen": price,
        "amount_fen": price,
        "station": station,
        "state": "queued",
        "version": 1,
        "remark": "",
    }


def order_card(no: str) -> dict[str, Any]:
    """A placed order."""
    now, total = datetime.now(UTC).isoformat(), sum(price for _, _, price, _ in LINES)
    empty = dict.fromkeys(("expires_at", "accepted_at", "ready_at", "completed_at", "cancelled_at", "coupon"))
    return {
        "no": no,
        "store": "demo",
        "kind": "pickup",
        "table": None,
        "status": "placed",
        "payment_status": "paid",
        "version": 1,
        "pickup_no": "A012",
        "lines": [line(*each) for each in LINES],
        "subtotal_fen": total,
        "discount_fen": 0,
        "total_fen": total,
        "paid_fen": total,
        "refunded_fen": 0,
        "remark": "",
        "rush_count": 0,
        "submitted_at": now,
        "paid_at": now,
        "cancel_kind": "",
        "cancel_reason": "",
        **empty,
    }


def event_of(stream: str) -> HubEvent:
    """A new order for a store's stream, a dish at seven portions for a menu's."""
    if stream.startswith("menu:"):
        return DishStockLow("dish:1", next(versions), {"dish": 1, "sold_out": False, "remaining": 7})
    no = str(ULID())
    return OrderSubmitted(f"order:{no}", 1, order_card(no))
