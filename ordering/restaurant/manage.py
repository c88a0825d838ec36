"""What managers do to a store: its settings, opening hours, stations and tables."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from django.db.models import Model, ProtectedError

from hub import errors
from hub.errors import Refusal
from hub.transactions import Lock, Transaction
from ordering.restaurant.actions import announce_menu
from ordering.restaurant.models import DiningTable, OpeningHours, Station, Store
from ordering.users.models import Device

SHOWN_IN_MENU = frozenset({"name", "notice"})
Fields = Mapping[str, Any]
Place = TypeVar("Place", Station, DiningTable)


def change_settings(tx: Transaction, store: Store, fields: Fields) -> Store:
    """Change what ``fields`` name; open menus are told when they show it."""
    locked = lock_store(tx, store)
    changed = {name for name, value in fields.items() if getattr(locked, name) != value}
    _set(locked, {name: fields[name] for name in changed})
    locked.save(update_fields=changed)
    if changed & SHOWN_IN_MENU:
        announce_menu(tx, locked)
    return locked


def set_opening_hours(tx: Transaction, store: Store, openings: Iterable[Fields]) -> Store:
    """Replace the whole list; without any the store is open when it says so."""
    locked = lock_store(tx, store)
    with tx.compared(locked, lambda: {"opening_hours": _openings(locked)}):
        locked.opening_hours.all().delete()
        OpeningHours.objects.bulk_create(OpeningHours(store=locked, **opening) for opening in openings)
    announce_menu(tx, locked)
    return locked


def _openings(store: Store) -> list[str]:
    return [f"{o.weekday} {o.opens:%H:%M}–{o.closes:%H:%M}" for o in store.opening_hours.order_by("pk")]


def create_station(tx: Transaction, store: Store, fields: Fields) -> Station:
    """A station; 409 ``station.code_taken`` when there is one of this code."""
    return create_place(tx, Station(store=store, **fields))


def create_table(tx: Transaction, store: Store, fields: Fields) -> DiningTable:
    """A table with a QR token of its own; 409 ``table.code_taken`` when there is one of this code."""
    return create_place(tx, DiningTable(store=store, **fields))


def create_place(tx: Transaction, place: Place) -> Place:
    """A station or table that is not saved yet; 409 when its code is taken."""
    lock_store(tx, place.store)
    if type(place).objects.filter(store=place.store, code=place.code).exists():
        raise Refusal(f"{_subject(place)}.code_taken", 409, "该编码已被使用", place=place.code)
    _check(place)
    place.save()
    tx.created(place)
    return place


def change_place(tx: Transaction, place: Place, fields: Fields) -> Place:
    """Change a station or table; its code stays: tickets, tablets and QR codes go by it."""
    lock_store(tx, place.store)
    locked = tx.lock_one(Lock.SESSION, type(place).objects.filter(pk=place.pk))
    _set(locked, fields)
    _check(locked)
    locked.save(update_fields=list(fields))
    return locked


def _check(place: Place) -> None:
    if isinstance(place, Station) and place.late_minutes < place.warn_minutes:
        raise errors.invalid(errors.row("late_minutes", "invalid", "超时不能早于提醒"))


def delete_station(tx: Transaction, station: Station) -> None:
    """Delete one that no dish and no paired device names; 409 ``station.in_use`` otherwise."""
    lock_store(tx, station.store)
    if Device.objects.filter(store=station.store, station=station.code, revoked_at=None).exists():
        raise _in_use(station, "仍有设备绑定该档口,不能删除")
    _delete(tx.lock_one(Lock.SESSION, Station.objects.filter(pk=station.pk)), "仍有菜品使用该档口,不能删除")


def delete_table(tx: Transaction, table: DiningTable) -> None:
    """Delete one at which nobody ever sat; 409 ``table.in_use`` otherwise: orders go on naming it."""
    lock_store(tx, table.store)
    _delete(tx.lock_one(Lock.SESSION, DiningTable.objects.filter(pk=table.pk)), "该桌台已有用餐记录,不能删除")


def _delete(place: Place, why_not: str) -> None:
    try:
        place.delete()
    except ProtectedError:
        raise _in_use(place, why_not) from None


def lock_store(tx: Transaction, store: Store) -> Store:
    """The store's row, locked: managers of one store follow each other."""
    return tx.lock_one(Lock.SESSION, Store.objects.filter(pk=store.pk))


def _set(row: Model, fields: Fields) -> None:
    for name, value in fields.items():
        setattr(row, name, value)


def _in_use(place: Place, why_not: str) -> Refusal:
    return Refusal(f"{_subject(place)}.in_use", 409, why_not, place=place.code)


def _subject(place: Place) -> str:
    return "station" if isinstance(place, Station) else "table"
