"""What a basket may contain: offers as plain data, in three queries whatever the number of dishes."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hub import clock
from ordering.dishes.models import ComboItem, Dish, Option
from ordering.dishes.windows import Window, covers
from ordering.restaurant.models import Store

BIGGEST_ID = 1 << 63


@dataclass(frozen=True, slots=True)
class OptionOffer:
    """One option of a group."""

    id: int
    name: str
    price_delta_fen: int


@dataclass(frozen=True, slots=True)
class GroupOffer:
    """A choice on a dish; a group all of whose options are off the menu is absent."""

    id: int
    name: str
    required: bool
    min: int
    max: int
    options: tuple[OptionOffer, ...]


@dataclass(frozen=True, slots=True)
class ComboPart:
    """A dish that a combo is cooked as, ``quantity`` times for each combo."""

    dish: int
    name: str
    price_fen: int
    station: str
    quantity: int
    sold_out: bool
    remaining: int | None


@dataclass(frozen=True, slots=True)
class Offer:
    """A dish as it can be ordered now.

    ``sold_out`` says that not even one can be had: 估清 by hand, none ``remaining``, or a sold-out part of
    the combo. ``available`` is False outside the category's time windows. ``combo`` is empty for a dish.
    """

    dish: int
    name: str
    price_fen: int
    station: str
    sold_out: bool
    remaining: int | None
    available: bool
    groups: tuple[GroupOffer, ...] = ()
    combo: tuple[ComboPart, ...] = ()


def offered(store: Store, dish_ids: Collection[int], at: datetime) -> dict[int, Offer]:
    """The offers of these dishes at ``at``, by id; unknown, foreign and inactive dishes are absent."""
    dish_ids = [pk for pk in dish_ids if 0 < pk < BIGGEST_ID]
    rows = _dish_rows(store, dish_ids)
    groups, parts = option_groups(dish_ids), combo_parts(dish_ids)
    return {
        dish: _offer(dish, rows_of_dish, at, groups.get(dish, ()), parts.get(dish, ()))
        for dish, rows_of_dish in rows.items()
    }


def portions(offers: Mapping[int, Offer], quantities: Mapping[int, int]) -> dict[int, int]:
    """How many portions of which dish a basket of ``{dish: quantity}`` takes: its dishes and their parts."""
    total: dict[int, int] = {}
    for dish, quantity in quantities.items():
        total[dish] = total.get(dish, 0) + quantity
        for part in offers[dish].combo:
            total[part.dish] = total.get(part.dish, 0) + quantity * part.quantity
    return total


_DISH = ("id", "name", "price_fen", "station__code", "sold_out", "remaining")
_WINDOW = ("category__windows__weekdays", "category__windows__starts", "category__windows__ends")


def _dish_rows(store: Store, dish_ids: Collection[int]) -> dict[int, list[tuple[Any, ...]]]:
    """One row per dish and window of its category (one row without times if it has none)."""
    dishes = Dish.objects.filter(
        store=store, id__in=list(dish_ids), is_active=True, category__is_active=True
    ).order_by("id")
    return _by_first(dishes.values_list(*_DISH, *_WINDOW))


def _offer(
    dish: int,
    rows: list[tuple[Any, ...]],
    at: datetime,
    groups: tuple[GroupOffer, ...],
    parts: tuple[ComboPart, ...],
) -> Offer:
    _, name, price_fen, station, by_hand, remaining = rows[0][:6]
    windows = [Window(*row[6:]) for row in rows if row[6] is not None]
    sold_out = by_hand or remaining == 0 or any(part.sold_out for part in parts)
    available = covers(windows, at.astimezone(clock.local_zone()))
    return Offer(dish, name, price_fen, station, sold_out, remaining, available, groups, parts)


def option_groups(dish_ids: Collection[int]) -> dict[int, tuple[GroupOffer, ...]]:
    """The option groups of these dishes in menu order, in one query; dishes without any are absent."""
    rows = (
        Option.objects.filter(group__dish_id__in=list(dish_ids), is_active=True)
        .order_by("group__sort", "group_id", "sort", "id")
        .values_list(
            "group__dish_id",
            "group_id",
            "group__name",
            "group__required",
            "group__min",
            "group__max",
            "id",
            "name",
            "price_delta_fen",
        )
    )
    found: dict[int, dict[tuple[Any, ...], list[OptionOffer]]] = {}
    for row in rows:
        found.setdefault(row[0], {}).setdefault(row[1:6], []).append(OptionOffer(*row[6:]))
    return {
        dish: tuple(GroupOffer(*group, tuple(options)) for group, options in groups.items())
        for dish, groups in found.items()
    }


def combo_parts(dish_ids: Collection[int]) -> dict[int, tuple[ComboPart, ...]]:
    """What these combos consist of, in one query; dishes that are no combos are absent."""
    rows = ComboItem.objects.filter(combo_id__in=list(dish_ids)).order_by("id")
    found = _by_first(
        rows.values_list(
            "combo_id",
            "dish_id",
            "dish__name",
            "dish__price_fen",
            "dish__station__code",
            "quantity",
            "dish__sold_out",
            "dish__remaining",
        )
    )
    return {combo: tuple(_part(*row[1:]) for row in rows) for combo, rows in found.items()}


def _part(
    dish: int, name: str, price_fen: int, station: str, quantity: int, by_hand: bool, remaining: int | None
) -> ComboPart:
    sold_out = by_hand or (remaining is not None and remaining < quantity)
    return ComboPart(dish, name, price_fen, station, quantity, sold_out, remaining)


def _by_first(rows: Iterable[tuple[Any, ...]]) -> dict[int, list[tuple[Any, ...]]]:
    found: dict[int, list[tuple[Any, ...]]] = {}
    for row in rows:
        found.setdefault(row[0], []).append(row)
    return found
