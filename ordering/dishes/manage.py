"""What managers do to the menu: categories and dishes made, changed, taken off.

Every change locks the store's row first (by ``touch_menu``), so that managers of one store follow each other
and what was checked stays true until commit.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from django.db.models import ProtectedError

from hub import clock, errors
from hub.errors import Refusal
from hub.transactions import Lock, Transaction
from ordering.dishes import parts
from ordering.dishes.actions import touch_menu
from ordering.dishes.availability import alter, introduce
from ordering.dishes.cards import category_card, dish_card
from ordering.dishes.models import Category, Dish, TimeWindow
from ordering.restaurant.models import Station, Store

PLAIN = ("name", "description", "price_fen", "sort", "is_active", "daily_portions")
Fields = Mapping[str, Any]


def create_category(tx: Transaction, store: Store, fields: Fields) -> dict[str, Any]:
    """A category with its windows; its card."""
    touch_menu(tx, store)
    category = Category(store=store)
    card = write_category(category, fields)
    tx.changed(category, None, card)
    return card


def change_category(tx: Transaction, category: Category, fields: Fields) -> dict[str, Any]:
    """Change what ``fields`` name; the category's card."""
    touch_menu(tx, category.store)
    locked = _locked_category(tx, category)
    with tx.compared(locked, lambda: category_card(locked)):
        return write_category(locked, fields)


def _locked_category(tx: Transaction, category: Category) -> Category:
    return tx.lock_one(Lock.SESSION, Category.objects.filter(pk=category.pk))


def write_category(category: Category, fields: Fields) -> dict[str, Any]:
    """Set what ``fields`` name and save; its card. The caller holds the store's lock."""
    for name, value in fields.items():
        if name != "windows":
            setattr(category, name, value)
    category.save()
    if "windows" in fields:
        category.windows.all().delete()
        TimeWindow.objects.bulk_create(_window(category, window) for window in fields["windows"])
    return category_card(category)


def _window(category: Category, body: Fields) -> TimeWindow:
    weekdays = sum(1 << day for day in set(body["weekdays"]))
    return TimeWindow(category=category, weekdays=weekdays, starts=body["starts"], ends=body["ends"])


def delete_category(tx: Transaction, category: Category) -> None:
    """Delete one without dishes; 409 ``category.in_use`` with how many there are, off the menu included."""
    touch_menu(tx, category.store)
    try:
        _locked_category(tx, category).delete()
    except ProtectedError:
        count = category.dishes.count()
        raise Refusal("category.in_use", 409, "该分类下还有菜品,不能删除", dishes=count) from None


def create_dish(tx: Transaction, store: Store, fields: Fields) -> dict[str, Any]:
    """A dish with its parts and its row on the screens; its card. 400 ``body.invalid`` for foreign ids."""
    touch_menu(tx, store)
    dish = Dish(store=store, remaining=fields.get("remaining", fields.get("daily_portions")))
    _apply(dish, fields)
    if "daily_portions" in fields:
        mark_refilled(dish)
    tx.reach(Lock.DISH)
    dish.save()
    parts.write(dish, fields, is_new=True)
    introduce(tx, store, dish)
    card = dish_card(dish)
    tx.changed(dish, None, card)
    return card


def change_dish(tx: Transaction, dish: Dish, fields: Fields) -> dict[str, Any]:
    """Change what ``fields`` name; the dish's card. New daily portions count from the next business day."""
    touch_menu(tx, dish.store)
    locked = tx.lock_one(Lock.DISH, Dish.objects.filter(pk=dish.pk))
    with tx.compared(locked, lambda: dish_card(locked)):
        _rewrite(tx, locked, fields)
    return dish_card(locked)


def _rewrite(tx: Transaction, locked: Dish, fields: Fields) -> None:
    _apply(locked, fields)
    if "daily_portions" in fields:
        mark_refilled(locked)
    locked.save(update_fields=[*PLAIN, "category", "station", "refilled_on"])
    parts.write(locked, fields)
    if "remaining" in fields:
        alter(tx, locked.store, locked, remaining=fields["remaining"])


def retire_dish(tx: Transaction, dish: Dish) -> None:
    """Take a dish off the menu for good: orders go on naming it, so its row stays.

    409 ``dish.in_use`` while a combo on the menu contains it, with those combos' ids.
    """
    touch_menu(tx, dish.store)
    locked = tx.lock_one(Lock.DISH, Dish.objects.filter(pk=dish.pk))
    combos = locked.in_combos.filter(combo__is_active=True).order_by("combo_id")
    if ids := list(combos.values_list("combo_id", flat=True)):
        raise Refusal("dish.in_use", 409, "在售套餐包含该菜品,不能删除", combos=ids)
    locked.is_active = False
    locked.save(update_fields=["is_active"])


def _apply(dish: Dish, fields: Fields) -> None:
    """Set what ``fields`` name; refuses with 400 and a row for each thing that is wrong or foreign."""
    for name in PLAIN:
        if name in fields:
            setattr(dish, name, fields[name])
    rows = [*_place(dish, fields), *parts.faults(dish, fields)]
    if rows:
        raise errors.invalid(*rows)


def _place(dish: Dish, fields: Fields) -> Iterator[parts.Row]:
    """Put the dish into its category and at its station; rows for those that its store does not have."""
    if "category" in fields:
        category = Category.objects.filter(store_id=dish.store_id, pk=fields["category"]).first()
        if category:
            dish.category = category
        else:
            yield parts.unknown("category", "该门店没有这个分类")
    if "station" in fields:
        station = Station.objects.filter(store_id=dish.store_id, code=fields["station"]).first()
        if station:
            dish.station = station
        else:
            yield parts.unknown("station", "该门店没有这个档口")


def mark_refilled(dish: Dish) -> None:
    """The day on which daily portions are said has its portions already; the caller saves."""
    dish.refilled_on = clock.business_day(clock.now(), dish.store.cutover_hour)
