"""What everybody in the rush knows: the menu and the tables by name, and the orders by their alias."""

from dataclasses import dataclass, field
from typing import Any

from rush.phone import Phone


class Unknown(Exception):
    """A recording names something that this restaurant does not have."""


@dataclass
class Ordered:
    """An order of ours: its number, the ids of its lines in order, and the latest answer about it."""

    alias: str
    no: str
    body: dict[str, Any]
    lines: list[int] = field(default_factory=list)

    def learn(self, body: dict[str, Any]) -> None:
        """Keep the newest answer."""
        if body["version"] >= self.body["version"]:
            self.body = body
            self.lines = sorted(line["id"] for line in body["lines"])


class House:
    """A store as its guests and staff know it; ``cashier`` is where the WeChat emulator takes money."""

    def __init__(self, store: str, cashier: str) -> None:
        self.store, self.cashier = store, cashier
        self.menu: dict[str, Any] = {"categories": []}
        self.tables: dict[str, dict[str, Any]] = {}
        self.orders: dict[str, Ordered] = {}
        self.by_no: dict[str, Ordered] = {}

    def look_around(self, counter: Phone) -> None:
        """Read the menu and the tables' QR codes. Blocking."""
        self.read_menu(counter)
        path = f"/stores/{self.store}/tables/"
        found = counter.get(path, page_size=100)["results"]
        self.tables = {table["code"]: table for table in found}

    def read_menu(self, phone: Phone) -> dict[str, Any]:
        """The menu as it is now. Blocking."""
        self.menu = phone.get(f"/stores/{self.store}/menu/")
        return self.menu

    def dishes(self) -> list[dict[str, Any]]:
        """All dishes of the menu as it was last read."""
        return [dish for category in self.menu["categories"] for dish in category["dishes"]]

    def add(self, alias: str, body: dict[str, Any]) -> Ordered:
        """Remember a new order of ours."""
        made = Ordered(alias, body["no"], body)
        made.learn(body)
        self.orders[alias] = self.by_no[made.no] = made
        return made

    def order(self, alias: str) -> Ordered:
        """The order of this alias."""
        return _known(self.orders.get(alias), f"order {alias}")

    def table(self, code: str) -> dict[str, Any]:
        """The table of this code, with its id and QR token."""
        return _known(self.tables.get(code), f"table {code}")

    def dish(self, name: str) -> dict[str, Any]:
        """The dish of this name."""
        found = next((dish for dish in self.dishes() if dish["name"] == name), None)
        return _known(found, f"dish {name}")

    def told(self, line: dict[str, Any]) -> dict[str, Any]:
        """A line of a submit body in names: ``options`` as ``group/option``."""
        dish = next(dish for dish in self.dishes() if dish["id"] == line["dish"])
        chosen = [name for name, pk in _options(dish).items() if pk in line["options"]]
        return {**line, "dish": dish["name"], "options": chosen}

    def wanted(self, line: dict[str, Any]) -> dict[str, Any]:
        """A line in names as a submit body says it; raises Unknown."""
        dish = self.dish(line["dish"])
        known = _options(dish)
        ids = [_known(known.get(name), f"option {name} of {dish['name']}") for name in line["options"]]
        return {**line, "dish": dish["id"], "options": ids}


def _options(dish: dict[str, Any]) -> dict[str, int]:
    groups = dish["option_groups"]
    return {
        f"{group['name']}/{option['name']}": option["id"] for group in groups for option in group["options"]
    }


def _known(found: Any, what: str) -> Any:
    if found is None:
        raise Unknown(f"this store has no {what}")
    return found
