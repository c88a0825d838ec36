"""The menu document: everything a diner chooses from, as encoded bytes with a strong ETag."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from hub import clock, cursors, eventlog
from ordering.dishes import ratings
from ordering.dishes.catalogue import ComboPart, GroupOffer, combo_parts, option_groups
from ordering.dishes.models import Category, Dish
from ordering.dishes.pictures import thumbnail
from ordering.dishes.rows import menu_row
from ordering.dishes.windows import Window, covers
from ordering.restaurant import queries
from ordering.restaurant.models import Store

CONTENT_TYPE = "application/json"


@dataclass(frozen=True, slots=True)
class MenuDocument:
    """The JSON bytes and their ETag, quotes included."""

    body: bytes
    etag: str


def document(store: Store) -> MenuDocument:
    """The menu as it is now, encoded; a fixed number of queries whatever its size."""
    body = orjson.dumps(content(store, clock.now()))
    return MenuDocument(body, f'"{hashlib.sha256(body).hexdigest()[:32]}"')


def content(store: Store, at: datetime) -> dict[str, Any]:
    """The menu document of the contract at ``at``; categories outside their windows are left out.

    Its ``cursor`` is read before the rows, so that a client that replays from it misses nothing.
    """
    cursor = position(store)
    fresh = queries.store(store.code)
    dishes = _dishes_by_category(fresh)
    return {
        "store": {
            "code": fresh.code,
            "name": fresh.name,
            "is_open": queries.is_open_now(fresh, at),
            "notice": fresh.notice,
        },
        "cursor": cursor,
        "categories": [
            {"id": pk, "name": name, "dishes": dishes[pk]}
            for pk, name in _categories(fresh, at)
            if pk in dishes
        ],
    }


def position(store: Store) -> str:
    """The cursor of the menu's stream as it stands."""
    head = eventlog.heads([store.menu_stream])[store.menu_stream]
    return cursors.write(head.epoch, head.seq, head.tag)


def _categories(store: Store, at: datetime) -> Iterable[tuple[int, str]]:
    """Id and name of the categories that are offered at ``at``, in menu order."""
    rows = Category.objects.filter(store=store, is_active=True).order_by("sort", "id")
    found: dict[tuple[int, str], list[Window]] = {}
    for pk, name, *window in rows.values_list(
        "id", "name", "windows__weekdays", "windows__starts", "windows__ends"
    ):
        windows = found.setdefault((pk, name), [])
        if window[0] is not None:
            windows.append(Window(*window))
    local = at.astimezone(clock.local_zone())
    return [category for category, windows in found.items() if covers(windows, local)]


def _dishes_by_category(store: Store) -> dict[int, list[dict[str, Any]]]:
    offered = Dish.objects.filter(store=store, is_active=True).order_by("sort", "id")
    dishes = list(offered.select_related("station", "score"))
    ids = [dish.pk for dish in dishes]
    groups, parts = option_groups(ids), combo_parts(ids)
    found: dict[int, list[dict[str, Any]]] = {}
    for dish in dishes:
        entry = _dish(dish, groups.get(dish.pk, ()), parts.get(dish.pk, ()))
        found.setdefault(dish.category_id, []).append(entry)
    return found


def _dish(dish: Dish, groups: tuple[GroupOffer, ...], parts: tuple[ComboPart, ...]) -> dict[str, Any]:
    row = menu_row(dish)
    return {
        "id": dish.pk,
        "name": dish.name,
        "description": dish.description,
        "price_fen": dish.price_fen,
        "image": dish.image.url if dish.image else None,
        "thumbnail": thumbnail(dish),
        "sold_out": row["sold_out"],
        "remaining": row["remaining"],
        "station": dish.station.code,
        "rating": ratings.shown(dish),
        "option_groups": groups,
        "combo": [{"dish": p.dish, "name": p.name, "quantity": p.quantity} for p in parts] or None,
    }
