"""The pickup board: numbers and whether they are ready, nothing personal."""

from typing import Any

from consumers.feed import SourceRow, Stations, ViewKind
from consumers.screen import STAFF, STAFF_BEAT, Screen, Source
from hub.views import SKIP
from ordering.orders import queries
from ordering.orders.states import IN_KITCHEN, READY


def project(key: str, card: Any, stations: Stations) -> Any:
    """A pickup order's number: preparing until it is ready, gone when it is handed over."""
    if not key.startswith("order:") or card["kind"] != "pickup":
        return SKIP
    if card["status"] not in IN_KITCHEN:
        return None
    return {"pickup_no": card["pickup_no"], "status": "ready" if card["status"] == READY else "preparing"}


def read(stream: str, stations: Stations) -> list[SourceRow]:
    """Orders the kitchen has."""
    return queries.cards(stream.removeprefix("store:"), IN_KITCHEN)


SCREEN = Screen("board", STAFF_BEAT, {"store": Source(ViewKind("board", project, read), STAFF)})
