"""The menu as a stream: which dishes are sold out and how many are left. Shared by several screens."""

from typing import Any

from consumers.feed import SourceRow, Stations, ViewKind
from consumers.screen import ANYBODY, Source
from ordering.dishes import rows
from ordering.restaurant import queries


def project(key: str, card: Any, stations: Stations) -> Any:
    """A dish's row as it is; `menu.changed` carries no row and only tells clients to fetch the menu again."""
    return card if key.startswith("dish:") else None


def read(stream: str, stations: Stations) -> list[SourceRow]:
    """Every dish of the store."""
    return rows.snapshot(queries.store(stream.removeprefix("menu:")))


MENU = Source(ViewKind("menu", project, read), ANYBODY)
