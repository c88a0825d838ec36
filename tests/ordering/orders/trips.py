"""Steps of an order's trip over REST, for tests."""

from typing import Any
from uuid import uuid4

from ordering.dishes.models import Dish
from ordering.orders.models import Order
from ordering.restaurant import tokens
from ordering.restaurant.models import DiningTable
from tests.factories import Person, Screen

Caller = Person | Screen


def basket(
    *dishes: Dish, table: DiningTable | None = None, quantity: int = 1, store: str = "demo", **more: Any
) -> dict[str, Any]:
    """A submit body: one line per dish; at a table, or for pickup."""
    return {
        "store": store,
        "kind": "dine_in" if table else "pickup",
        "table_token": tokens.write(table) if table else None,
        "lines": [{"dish": dish.pk, "quantity": quantity, "options": [], "remark": ""} for dish in dishes],
        "coupon": None,
        "remark": "",
        **more,
    }


def post(who: Caller, path: str, body: Any = None, *, key: str | None = None, **headers: str) -> Any:
    """POST below /api/v1/ with a fresh Idempotency-Key unless one is given."""
    return who.api.post(
        f"/api/v1/{path}", body or {}, format="json", HTTP_IDEMPOTENCY_KEY=key or uuid4().hex, **headers
    )


def submit(who: Caller, body: dict[str, Any]) -> dict[str, Any]:
    """Submit; the order."""
    answer = post(who, "orders/", body)
    assert answer.status_code == 201, answer.content
    return answer.json()


def move(who: Caller, no: str, name: str, **body: Any) -> dict[str, Any]:
    """A move that must succeed; the order."""
    answer = post(who, f"orders/{no}/{name}/", body)
    assert answer.status_code == 200, answer.content
    return answer.json()


def cook(who: Caller, pk: int, name: str, **body: Any) -> dict[str, Any]:
    """A line move that must succeed; the order."""
    answer = post(who, f"kitchen/lines/{pk}/{name}/", body)
    assert answer.status_code == 200, answer.content
    return answer.json()


def refused(answer: Any) -> tuple[int, str]:
    """Status and code of a problem."""
    assert answer["Content-Type"].startswith("application/problem+json"), answer.content
    return answer.status_code, answer.json()["code"]


def untouched(no: str) -> tuple[Any, ...]:
    """All that a refused move must leave as it was."""
    order = Order.objects.get(no=no)
    return (
        order.status,
        order.version,
        order.paid_fen,
        order.refunded_fen,
        order.total_fen,
        order.lines.count(),
    )
