"""The rows of the menu's stream: what a screen knows of each dish, and the snapshot of all of them."""

from typing import Any

from hub import clock
from ordering.dishes.models import Dish
from ordering.restaurant.models import Store

LOW = 10
ROW_FIELDS = ("id", "version", "sold_out", "remaining")

Row = tuple[str, int, dict[str, Any]]


def shown_remaining(remaining: int | None) -> int | None:
    """The number of portions that screens are told: only when it is low, else None (plenty or unlimited).

    So a portion sold out of plenty changes no row and needs no event.
    """
    return remaining if remaining is not None and remaining <= LOW else None


def is_sold_out(sold_out: bool, remaining: int | None) -> bool:
    """Whether the dish cannot be ordered: 估清 by hand, or no portion left."""
    return sold_out or remaining == 0


def menu_row(dish: Dish) -> dict[str, Any]:
    """``{"dish", "sold_out", "remaining"}``: the row of key ``dish:<id>`` and the card of its events."""
    return {
        "dish": dish.pk,
        "sold_out": is_sold_out(dish.sold_out, dish.remaining),
        "remaining": shown_remaining(dish.remaining),
    }


def snapshot(store: Store) -> list[Row]:
    """(key, version, data) of the menu itself (an empty card) and of every dish of the store, in two queries.

    Dishes that are off the menu are included: being on it is the document's business, not the row's.
    """
    version = Store.objects.values_list("menu_version", flat=True).get(pk=store.pk)
    dishes = Dish.objects.filter(store=store).order_by("id")
    return [
        (store.menu_stream, version, {}),
        *((dish.key, dish.version, menu_row(dish)) for dish in dishes.only(*ROW_FIELDS)),
    ]


def staff_row(dish: Dish) -> dict[str, Any]:
    """A dish as staff see it, with the exact number of portions and what was said by hand."""
    return {
        "id": dish.pk,
        "name": dish.name,
        "category": {"id": dish.category.pk, "name": dish.category.name},
        "station": dish.station.code,
        "price_fen": dish.price_fen,
        "image": dish.image.url if dish.image else None,
        "is_active": dish.is_active,
        "sold_out": is_sold_out(dish.sold_out, dish.remaining),
        "sold_out_by_hand": dish.sold_out,
        "sold_out_until": clock.iso(dish.sold_out_until),
        "remaining": dish.remaining,
        "version": dish.version,
    }
