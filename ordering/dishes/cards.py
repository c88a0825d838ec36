"""Categories and dishes as managers edit them: the answer has the shape of the body that made it."""

from typing import Any

from ordering.dishes.models import Category, Dish, OptionGroup, TimeWindow
from ordering.dishes.pictures import thumbnail
from ordering.dishes.rows import staff_row


def category_card(category: Category) -> dict[str, Any]:
    """A category with its windows."""
    return {
        "id": category.pk,
        "name": category.name,
        "sort": category.sort,
        "is_active": category.is_active,
        "windows": [_window(window) for window in category.windows.all()],
    }


def _window(window: TimeWindow) -> dict[str, Any]:
    return {
        "weekdays": [day for day in range(7) if window.weekdays >> day & 1],
        "starts": f"{window.starts:%H:%M}",
        "ends": f"{window.ends:%H:%M}",
    }


def dish_card(dish: Dish) -> dict[str, Any]:
    """A dish as in the staff's list, with everything a manager writes; options off the menu are included."""
    items = dish.combo_items.select_related("dish").all()
    return {
        **staff_row(dish),
        "thumbnail": thumbnail(dish),
        "description": dish.description,
        "sort": dish.sort,
        "daily_portions": dish.daily_portions,
        "option_groups": [_group(group) for group in dish.option_groups.prefetch_related("options")],
        "combo": [_item(item.dish, item.quantity) for item in items] or None,
    }


def _group(group: OptionGroup) -> dict[str, Any]:
    options = [
        {"id": o.pk, "name": o.name, "price_delta_fen": o.price_delta_fen, "is_active": o.is_active}
        for o in group.options.all()
    ]
    choice = {"required": group.required, "min": group.min, "max": group.max}
    return {"id": group.pk, "name": group.name, **choice, "options": options}


def _item(dish: Dish, quantity: int) -> dict[str, Any]:
    return {"dish": dish.pk, "name": dish.name, "quantity": quantity}
