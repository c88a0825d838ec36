"""What a station sees: tickets are views over order lines, never rows of their own."""

from typing import Any

from hub.views import SKIP
from ordering.orders import queries
from ordering.orders.states import IN_KITCHEN, LineState

ON_THE_LINE = frozenset({LineState.HELD, LineState.QUEUED, LineState.COOKING, LineState.READY})
ORDER_FIELDS = (
    "no",
    "pickup_no",
    "table",
    "kind",
    "status",
    "remark",
    "rush_count",
    "rush_answer",
    "accepted_at",
    "promised_at",
)
HIDDEN_IN_LINES = frozenset({"unit_price_fen", "amount_fen"})

Stations = frozenset[str] | None


def view(key: str, card: dict[str, Any], stations: Stations) -> Any:
    """The kitchen's view of any event of the store's stream: orders only."""
    return project(card, stations) if key.startswith("order:") else SKIP


def project(card: dict[str, Any], stations: Stations) -> Any:
    """The order with its lines that these stations (None: all) have to make or to hand out, without prices.

    None when it has lines there but none of them is on the line now; SKIP when it has no line there at all.
    """
    here = [line for line in card["lines"] if stations is None or line["station"] in stations]
    if not here:
        return SKIP
    lines = [_line(line) for line in here if line["state"] in ON_THE_LINE]
    if card["status"] not in IN_KITCHEN or not lines:
        return None
    return {**{name: card[name] for name in ORDER_FIELDS}, "lines": lines}


def _line(line: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in line.items() if name not in HIDDEN_IN_LINES}


def shown(row: dict[str, Any]) -> tuple[tuple[int, str], ...]:
    """The tickets (batch, station) that a kitchen row shows as still to be made."""
    waiting = {(line["batch"], line["station"]) for line in row["lines"] if line["state"] == LineState.QUEUED}
    return tuple(sorted(waiting))


def cards(store_code: str) -> list[queries.Row]:
    """(key, version, card) of every order the kitchen has, oldest first; two queries."""
    return queries.cards(store_code, IN_KITCHEN)


def rows(store_code: str, stations: Stations) -> list[dict[str, Any]]:
    """The kitchen's rows as a snapshot shows them: ``{"key", "version", "data"}``."""
    found = [(key, version, project(card, stations)) for key, version, card in cards(store_code)]
    return [
        {"key": key, "version": version, "data": data}
        for key, version, data in found
        if data is not None and data is not SKIP
    ]
