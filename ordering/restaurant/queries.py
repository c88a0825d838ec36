"""Reads: stores, whether they are open, tables and their sessions."""

from datetime import datetime
from typing import Any

from django.db.models import Prefetch, QuerySet

from hub import clock, errors
from ordering.restaurant.models import DiningTable, Station, Store, TableDiner, TableSession
from ordering.restaurant.rules import within


def stores() -> QuerySet[Store]:
    """All stores with their opening hours."""
    return Store.objects.prefetch_related("opening_hours").order_by("id")


def store(code: str) -> Store:
    """The store of this code; 404 when there is none."""
    found = Store.objects.filter(code=code).first()
    if found is None:
        raise errors.not_found()
    return found


def is_open_now(store: Store, at: datetime) -> bool:
    """Whether the store takes orders: switched on, and within its opening hours if it has any."""
    return store.is_open and within(store.opening_hours.all(), at.astimezone(clock.local_zone()))


def table(pk: int) -> DiningTable:
    """The table with its store; 404 when there is none."""
    found = DiningTable.objects.select_related("store").filter(pk=pk).first()
    if found is None:
        raise errors.not_found()
    return found


def station(pk: int) -> Station:
    """The station with its store; 404 when there is none."""
    found = Station.objects.select_related("store").filter(pk=pk).first()
    if found is None:
        raise errors.not_found()
    return found


def open_session(table: DiningTable) -> TableSession | None:
    """Who sits at the table now."""
    return TableSession.objects.filter(open_key=table.pk).first()


def session_of(no: str) -> TableSession | None:
    """The table session of this number that is not over, with its table and store."""
    rows = TableSession.objects.select_related("table__store").exclude(open_key=None)
    return rows.filter(no=no).first()


def sits_at(session_id: int, user_id: int) -> bool:
    """Whether the person scanned the table's code during this session."""
    return TableDiner.objects.filter(session_id=session_id, user_id=user_id).exists()


def tables(store: Store) -> QuerySet[DiningTable]:
    """The store's tables; ``open_sessions`` of each is a list of at most one."""
    running = TableSession.objects.exclude(open_key=None)
    return store.tables.select_related("store").prefetch_related(
        Prefetch("sessions", running, to_attr="open_sessions")
    )


def table_row(table: DiningTable) -> dict[str, Any]:
    """A row of the table map; ``table`` comes from ``tables``."""
    session = next(iter(table.open_sessions), None)
    return {
        "id": table.pk,
        "code": table.code,
        "name": table.name,
        "seats": table.seats,
        "version": table.version,
        "session": session_row(session) if session else None,
    }


def session_row(session: TableSession) -> dict[str, Any]:
    """A table session as clients see it."""
    return {"id": session.no, "state": session.state, "opened_at": clock.iso(session.opened_at)}
