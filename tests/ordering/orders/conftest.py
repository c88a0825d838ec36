"""A menu and orders in every state."""

from collections.abc import Callable
from typing import Any

import pytest

from ordering.dishes.models import Dish
from tests import factories
from tests.ordering.orders.trips import basket, cook, move, post, submit


@pytest.fixture
def chicken(store) -> Dish:
    """宫保鸡丁, 38 yuan, at the wok."""
    return factories.dish(store)


@pytest.fixture
def cucumber(store) -> Dish:
    """拍黄瓜, 12 yuan, cold."""
    return factories.dish(store, "拍黄瓜", 1200, station="cold")


@pytest.fixture
def order_in(chicken, cucumber, lin, fang, wang, table) -> Callable[..., dict[str, Any]]:
    """``order_in("ready")``: lin's two-line order at table t1, taken to that state by the people it takes."""

    def make(status: str) -> dict[str, Any]:
        order = submit(lin, basket(chicken, cucumber, table=table))
        no = order["no"]
        if status == "cancelled":
            return move(lin, no, "cancel")
        if status != "pending_payment":
            assert post(fang, f"orders/{no}/pay/", {"channel": "cash"}).status_code == 200
        if status == "rejected":
            return move(fang, no, "reject")
        if status in ("accepted", "preparing", "ready", "completed"):
            order = move(fang, no, "accept")
        lines = {"preparing": order["lines"][:1], "ready": order["lines"], "completed": order["lines"]}
        for line in lines.get(status, []):
            cook(wang, line["id"], "ready")
        if status == "completed":
            move(fang, no, "complete")
        order = lin.api.get(f"/api/v1/orders/{no}/").json()
        assert order["status"] == status
        return order

    return make
