"""The product's own submit, as its REST view calls it: once-only key, basket, stock, rows, card, event."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable

from hub.idempotency import Once, perform
from ordering.dishes.models import Dish
from ordering.orders.submit import submit
from ordering.users.actors import Actor
from ordering.users.models import User

LINES = 3


def actor() -> Actor:
    """The demo's counter, who may have any number of unpaid orders."""
    user = User.objects.get(username="counter")
    return Actor("staff:bench", user=user, roles={"demo": frozenset({"counter"})})


def menu() -> list[tuple[int, int]]:
    """(dish, option) of all dishes with a choice of exactly one."""
    found = Dish.objects.filter(store__code="demo", name__startswith="家常小炒")
    return list(
        found.values_list("id", "option_groups__options__id").order_by("id", "-option_groups__options__id")
    )


def submitter(who: Actor, dishes: list[tuple[int, int]]) -> Callable[[], None]:
    """A function that submits one order of LINES dishes for pickup."""

    def once() -> None:
        lines = [
            {"dish": dish, "quantity": 1, "options": [option], "remark": ""}
            for dish, option in random.sample(dishes, LINES)
        ]
        order = {"store": "demo", "kind": "pickup", "table_token": None, "lines": lines, "remark": ""}
        key = Once(who.label, str(uuid.uuid4()), "bench")
        perform(lambda tx: submit(tx, actor=who, order=order), actor=who.label, once=key, status=201)

    return once
