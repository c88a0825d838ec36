"""A store's menu as it is, in the words of the sheets."""

from typing import Any

from hub.formulas import portable
from ordering.dishes.models import Category, Dish, OptionGroup
from ordering.restaurant.models import Station, Store


class Menu:
    """Every category and dish of a store, those off the menu included, in menu order, in eight queries."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.stations = list(Station.objects.filter(store=store).order_by("sort", "id"))
        categories = Category.objects.filter(store=store).order_by("sort", "id")
        self.categories = list(categories.prefetch_related("windows"))
        dishes = Dish.objects.filter(store=store).order_by("category__sort", "category_id", "sort", "id")
        self.dishes = list(dishes.prefetch_related("option_groups__options", "combo_items"))
        # One object a row: a dish sees what a sheet makes of its category.
        categories_by_id = {category.pk: category for category in self.categories}
        stations_by_id = {station.pk: station for station in self.stations}
        for dish in self.dishes:
            dish.category = categories_by_id[dish.category_id]
            dish.station = stations_by_id[dish.station_id]


def category_now(category: Category) -> dict[str, Any]:
    """A category as its row would say it."""
    windows = sorted(category.windows.all(), key=lambda window: window.pk)
    return {
        "name": portable(category.name),
        "sort": category.sort,
        "is_active": category.is_active,
        "windows": [
            {
                "weekdays": [day for day in range(7) if window.weekdays >> day & 1],
                "starts": window.starts,
                "ends": window.ends,
            }
            for window in windows
        ],
    }


def dish_now(dish: Dish) -> dict[str, Any]:
    """A dish as its row would say it; category and station are rows themselves."""
    return {
        "category": dish.category,
        "name": portable(dish.name),
        "station": dish.station,
        "price_fen": dish.price_fen,
        "description": portable(dish.description),
        "daily_portions": dish.daily_portions,
        "is_active": dish.is_active,
        "sort": dish.sort,
    }


def groups_now(dish: Dish) -> list[dict[str, Any]]:
    """A dish's option groups as the body of a change would say them."""
    return [_group(group) for group in dish.option_groups.all()]


def _group(group: OptionGroup) -> dict[str, Any]:
    options = [
        {
            "id": option.pk,
            "name": portable(option.name),
            "price_delta_fen": option.price_delta_fen,
            "is_active": option.is_active,
        }
        for option in group.options.all()
    ]
    choice = {"required": group.required, "min": group.min, "max": group.max}
    return {"id": group.pk, "name": portable(group.name), **choice, "options": options}


def items_now(dish: Dish) -> list[tuple[int, int]]:
    """(dish id, quantity) of a combo's items."""
    return [(item.dish_id, item.quantity) for item in dish.combo_items.all()]
