"""A dish, plans of the store, and coupons in lin's pocket."""

from collections.abc import Callable
from typing import Any

import pytest

from hub.transactions import transact
from ordering.coupons import actions
from ordering.coupons.models import Coupon, Plan
from ordering.dishes.models import Dish
from tests import factories
from tests.factories import Person


@pytest.fixture
def chicken(store) -> Dish:
    """宫保鸡丁, 38 yuan."""
    return factories.dish(store)


@pytest.fixture
def tea(store) -> Dish:
    """酸梅汤, 9 yuan."""
    return factories.dish(store, "酸梅汤", 900, station="bar")


@pytest.fixture
def plan(store) -> Callable[..., Plan]:
    """``plan(amount_fen=800)``: a plan of the store, 8 yuan off for 30 days unless told otherwise."""

    def make(at=store, **fields: Any) -> Plan:
        kind = "percent" if "percent" in fields else "fixed"
        usual = {"name": "满减", "kind": kind, **({} if kind == "percent" else {"amount_fen": 800})}
        usual |= {} if "valid_until" in fields else {"valid_days": 30}
        row = transact(lambda tx: actions.create_plan(tx, at, {**usual, **fields}), actor="tests")
        return Plan.objects.get(pk=row["id"])

    return make


@pytest.fixture
def hand() -> Callable[[Plan, Person], Coupon]:
    """``hand(plan, lin)``: lin claims one."""

    def give(plan: Plan, who: Person) -> Coupon:
        row = transact(lambda tx: actions.claim(tx, plan, who.user), actor="tests")
        return Coupon.objects.get(pk=row["id"])

    return give
