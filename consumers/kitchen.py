"""The kitchen's screen: every ticket of its stations, and the menu."""

from consumers.feed import SourceRow, Stations, ViewKind
from consumers.menu import MENU
from consumers.screen import STAFF_BEAT, Screen, Source, has_role
from kitchen import tickets


def read(stream: str, stations: Stations) -> list[SourceRow]:
    """Orders the kitchen has."""
    return tickets.cards(stream.removeprefix("store:"))


TICKETS = ViewKind("kitchen", tickets.view, read, tickets=tickets.shown)
SCREEN = Screen(
    "kitchen",
    STAFF_BEAT,
    {"store": Source(TICKETS, has_role("kitchen"), stations=True), "menu": MENU},
    receipts=True,
)
