"""The diner's screen: one's own orders, and the menu."""

from typing import Any

from consumers.feed import SourceRow, Stations, ViewKind
from consumers.menu import MENU
from consumers.screen import DINER_BEAT, Right, Screen, Source
from ordering.orders import queries


def project(key: str, card: Any, stations: Stations) -> Any:
    """The whole order, whatever its state."""
    return card


def read(stream: str, stations: Stations) -> list[SourceRow]:
    """The order itself."""
    row = queries.card_of(stream.removeprefix("order:"))
    return [row] if row else []


SCREEN = Screen(
    "diner",
    DINER_BEAT,
    {
        "order": Source(
            ViewKind("order", project, read, home=queries.home_stream), Right("owner", queries.owns)
        ),
        "menu": MENU,
    },
)
