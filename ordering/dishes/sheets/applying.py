"""A plan written: categories, dishes, then their parts; new dishes bring their rows to the screens."""

from collections.abc import Mapping
from typing import Any

from hub.transactions import Lock, Transaction
from ordering.dishes import manage, parts
from ordering.dishes.availability import introduce
from ordering.dishes.models import Dish
from ordering.dishes.sheets.planning import Change, Parts, Plan
from ordering.restaurant.models import Store


def apply(tx: Transaction, store: Store, plan: Plan) -> None:
    """Write the plan; the caller has locked the store's row and says that the menu changed."""
    for change in plan.categories:
        manage.write_category(change.row, change.fields)
        tx.changed(change.row, _told(change.before), _told(change.fields))
    touched = [change.row.pk for change in plan.dishes] + [one.dish.pk for one in plan.parts]
    tx.lock(Lock.DISH, Dish.objects.filter(pk__in=[pk for pk in touched if pk is not None]))
    new = {id(change.row) for change in plan.dishes if change.row.pk is None}
    for change in plan.dishes:
        _write_dish(tx, store, change)
    for one in plan.parts:
        parts.write(one.dish, _body(one), is_new=id(one.dish) in new)
    _tell_dishes(tx, plan)


def _write_dish(tx: Transaction, store: Store, change: Change) -> None:
    """Of a dish that is there only what differs is written: stock and versions move meanwhile."""
    dish, names = change.row, [*change.fields]
    is_new = dish.pk is None
    if "daily_portions" in change.fields:
        manage.mark_refilled(dish)
        names.append("refilled_on")
    if not is_new:
        dish.save(update_fields=names)
        return
    dish.remaining = dish.daily_portions
    dish.save()
    introduce(tx, store, dish)


def _tell_dishes(tx: Transaction, plan: Plan) -> None:
    """The audit learns of each dish once, of its fields and parts together."""
    bodies = {id(one.dish): _body(one) for one in plan.parts}
    for change in plan.dishes:
        said = {**change.fields, **bodies.pop(id(change.row), {})}
        tx.changed(change.row, _told(change.before), _told(said))
    for one in plan.parts:
        if id(one.dish) in bodies:
            tx.changed(one.dish, {}, _told(bodies[id(one.dish)]))


def _told(fields: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Fields as they can be kept: rows and times by what they are called."""
    if fields is None:
        return None
    return {n: v if isinstance(v, str | int | None) else str(v) for n, v in fields.items()}


def _body(one: Parts) -> dict[str, Any]:
    """As the body of a change says it."""
    groups = {"option_groups": one.option_groups} if one.option_groups is not None else {}
    if one.combo is None:
        return groups
    return {**groups, "combo": [{"dish": dish.pk, "quantity": quantity} for dish, quantity in one.combo]}
