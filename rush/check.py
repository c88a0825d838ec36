"""After the rush: every order that was answered 201 is there, and its figures agree everywhere."""

from typing import Any

from rush.house import House, Ordered
from rush.phone import Phone

LIVE = ("pending_payment", "placed", "accepted", "preparing", "ready")


def read_all(house: House, counter: Phone) -> dict[str, dict[str, Any]]:
    """The store's orders by number, newest first, until all of ours are found. Blocking."""
    found: dict[str, dict[str, Any]] = {}
    path, query = "/orders/", {"store": house.store, "page_size": 100}
    while True:
        page = counter.get(path, **query)
        found |= {order["no"]: order for order in page["results"]}
        if not page["next"] or house.by_no.keys() <= found.keys():
            return found
        path, query = "/orders/?" + page["next"].split("?", 1)[1], {}


def broken(house: House, found: dict[str, dict[str, Any]]) -> list[str]:
    """What must not be, one sentence each."""
    return [said for ours in house.orders.values() for said in _of(ours, found.get(ours.no))]


def left(house: House, found: dict[str, dict[str, Any]]) -> list[str]:
    """Orders of ours that are not over."""
    rows = [(ours.alias, found[ours.no]["status"]) for ours in house.orders.values() if ours.no in found]
    return [f"{alias} is {status}" for alias, status in rows if status in LIVE]


def _of(ours: Ordered, order: dict[str, Any] | None) -> list[str]:
    if order is None:
        return [f"{ours.alias} ({ours.no}) was answered 201 and cannot be found"]
    known, lines = ours.body, sum(line["amount_fen"] for line in order["lines"])
    faults = (
        (order["version"] < known["version"], f"it went back from version {known['version']}"),
        (order["total_fen"] != known["total_fen"], f"the total was {known['total_fen']} before"),
        (lines != order["subtotal_fen"], "the lines do not add up to the subtotal"),
        (
            order["subtotal_fen"] - order["discount_fen"] != order["total_fen"],
            "subtotal minus discount is not the total",
        ),
        (order["status"] == "completed" and order["due_fen"] != 0, "it is completed and not paid"),
        (order["refunded_fen"] > order["paid_fen"], "more was given back than paid"),
    )
    told = f"version {order['version']}, total {order['total_fen']}"
    return [f"{ours.alias} ({ours.no}, {told}): {what}" for is_so, what in faults if is_so]
