"""The diner's screen: one's own orders and those of a shared cart, the cart itself, and the menu."""

from typing import Any

from consumers.feed import SourceRow, Stations, ViewKind
from consumers.menu import MENU
from consumers.screen import DINER_BEAT, Right, Screen, Source
from ordering.carts import queries as cart
from ordering.orders import queries


def project(key: str, card: Any, stations: Stations) -> Any:
    """The whole order, whatever its state."""
    return card


def read(stream: str, stations: Stations) -> list[SourceRow]:
    """The order itself."""
    row = queries.card_of(stream.removeprefix("order:"))
    return [row] if row else []


def read_cart(stream: str, stations: Stations) -> list[SourceRow]:
    """The table's cart and its lines."""
    return cart.snapshot(stream)


SCREEN = Screen(
    "diner",
    DINER_BEAT,
    {
        "order": Source(
            ViewKind("order", project, read, home=queries.home_stream),
            Right("owner|sharer", queries.owns_or_shares),
        ),
        "table": Source(ViewKind("table", cart.view, read_cart), Right("table", cart.shares)),
        "menu": MENU,
    },
)
