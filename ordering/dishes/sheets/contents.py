"""The combos sheet: the rows that name a combo are its contents."""

from ordering.dishes import bodies
from ordering.dishes.models import Dish
from ordering.dishes.sheets import present
from ordering.dishes.sheets.columns import COMBOS
from ordering.dishes.sheets.lookup import Index
from ordering.dishes.sheets.planning import Plan
from ordering.dishes.sheets.reading import Faults, Line, check_complete

Items = list[tuple[Dish, int, Line]]


def plan_combos(
    menu: present.Menu, dishes: Index[Dish], lines: list[Line], plan: Plan, faults: Faults
) -> None:
    """What the sheet makes of the combos that it names; other combos keep their contents."""
    said = _by_combo(dishes, check_complete(COMBOS, lines, faults), faults)
    changed = [(combo, items) for combo, items in said if _differs(combo, items)]
    for combo, items in said:
        plan.counts["combos"].note(not _now(combo), _differs(combo, items))
    touched = {id(combo) for combo, _ in changed}
    kept = [dish for dish in menu.dishes if id(dish) not in touched and _now(dish)]
    combos = touched | {id(combo) for combo in kept}
    inside = {pk for combo in kept for pk, _ in _now(combo)}
    for combo, items in changed:
        _judge(combo, items, combos, inside, faults)
        plan.parts_of(combo).combo = [(dish, quantity) for dish, quantity, _ in items]


def _now(combo: Dish) -> list[tuple[int, int]]:
    return present.items_now(combo) if combo.pk else []


def _differs(combo: Dish, items: Items) -> bool:
    return _now(combo) != [(dish.pk, quantity) for dish, quantity, _ in items]


def _by_combo(dishes: Index[Dish], lines: list[Line], faults: Faults) -> list[tuple[Dish, Items]]:
    found: dict[int, tuple[Dish, Items]] = {}
    for line in lines:
        combo = dishes.meant(line, "combo", line.get("combo"), line.get("combo_id"))
        dish = dishes.meant(line, "dish", line.get("dish"), line.get("dish_id"))
        if combo and dish:
            found.setdefault(id(combo), (combo, []))[1].append((dish, line.get("quantity", 1), line))
    return list(found.values())


def _judge(combo: Dish, items: Items, combos: set[int], inside: set[int], faults: Faults) -> None:
    """A combo contains each dish once and no combo; so neither does it contain itself, nor in a circle."""
    if len(items) > bodies.MOST_ITEMS:
        faults.at(items[0][2], "dish", "max_length", "套餐最多包含 {most} 道菜", most=bodies.MOST_ITEMS)
    if combo.pk in inside:
        faults.at(items[0][2], "combo", "in_combo", "套餐里的菜品不能再是套餐")
    seen: set[int] = set()
    for dish, _, line in items:
        if id(dish) in combos:
            faults.at(line, "dish", "is_combo", "套餐不能包含套餐")
        elif id(dish) in seen:
            faults.at(line, "dish", "repeated", "同一道菜只列一次,请修改数量")
        seen.add(id(dish))
