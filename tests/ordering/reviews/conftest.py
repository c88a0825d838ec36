"""Completed orders to say something about."""

import itertools
from collections.abc import Callable
from typing import Any

import pytest

from hub import clock
from ordering.dishes.models import Dish, DishScore
from ordering.orders.models import Batch, Line, Order
from ordering.reviews.models import Review
from tests import factories
from tests.factories import Person

NUMBERS = itertools.count(1)


@pytest.fixture
def chicken(store) -> Dish:
    """宫保鸡丁."""
    return factories.dish(store)


@pytest.fixture
def cucumber(store) -> Dish:
    """拍黄瓜."""
    return factories.dish(store, "拍黄瓜", 1200, station="cold")


@pytest.fixture
def ordered(chicken) -> Callable[..., str]:
    """``ordered(lin, dish, status="completed")``: the number of an order with a line per dish."""

    def make(diner: Person, *dishes: Dish, status: str = "completed", line: str = "served") -> str:
        dishes = dishes or (chicken,)
        order = Order.objects.create(
            store=dishes[0].store, diner=diner.user, kind="pickup", status=status, version=1,
            business_day=clock.now().date(), subtotal_fen=0, total_fen=0, submitted_by="tests",
        )  # fmt: skip
        batch = Batch.objects.create(order=order, number=1, sent_by="tests")
        for dish in dishes:
            Line.objects.create(
                order=order, batch=batch, dish=dish, name=dish.name, quantity=1, unit_price_fen=0,
                amount_fen=0, station="wok", state=line,
            )  # fmt: skip
        return order.no

    return make


@pytest.fixture
def reviewed(ordered, chicken) -> Callable[..., int]:
    """``reviewed(lin, 4, text="…")``: lin's review of an order of 宫保鸡丁, which gets as much; its id."""

    def make(diner: Person, rating: int = 5, dish: Dish | None = None, **more: Any) -> int:
        dish = dish or chicken
        body = {"order": ordered(diner, dish), "rating": rating}
        answer = say(diner, **body, dishes=[{"dish": dish.pk, "rating": rating}], **more)
        assert answer.status_code == 201, answer.content
        return answer.json()["id"]

    return make


def say(diner: Person, **body: Any) -> Any:
    """POST a review; the answer."""
    return diner.api.post("/api/v1/reviews/", body, format="json")


def tap(who: Any, path: str, **body: Any) -> Any:
    """POST below /api/v1/; the answer."""
    return who.api.post(f"/api/v1/{path}", body, format="json")


def scores() -> dict[int, tuple[int, int]]:
    """Every dish's (sum, count), those nobody rates left out."""
    rows = DishScore.objects.exclude(rating_count=0, rating_sum=0)
    return {row.dish_id: (row.rating_sum, row.rating_count) for row in rows}


def counted() -> dict[int, tuple[int, int]]:
    """What the scores must be: all published ratings, added up anew."""
    found: dict[int, tuple[int, int]] = {}
    for review in Review.objects.filter(state="published"):
        for each in review.ratings.all():
            total, count = found.get(each.dish_id, (0, 0))
            found[each.dish_id] = (total + each.rating, count + 1)
    return found
