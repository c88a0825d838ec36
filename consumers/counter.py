"""The counter's screen: every order that is not over, screens that lag, and the menu."""

from typing import Any

from consumers.feed import SourceRow, Stations, ViewKind
from consumers.menu import MENU
from consumers.screen import STAFF_BEAT, Screen, Source, has_role
from hub.views import SKIP
from kitchen import receipts
from ordering.orders import queries
from ordering.orders.states import LIVE


def project(key: str, card: Any, stations: Stations) -> Any:
    """A live order or a lagging screen; store and table events carry no row and only tell clients to look."""
    if key.startswith("order:"):
        return card if card["status"] in LIVE else None
    if key.startswith("screen:"):
        return card or None
    return None if key.startswith(("store:", "table:")) else SKIP


def read(stream: str, stations: Stations) -> list[SourceRow]:
    """Live orders, then lagging screens."""
    code = stream.removeprefix("store:")
    return [*queries.cards(code, LIVE), *receipts.stale_rows(code)]


SCREEN = Screen(
    "counter",
    STAFF_BEAT,
    {"store": Source(ViewKind("counter", project, read), has_role("counter")), "menu": MENU},
)
