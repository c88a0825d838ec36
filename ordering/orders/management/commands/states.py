"""`manage.py states`: the state tables as JSON, made from the tables the code obeys."""

import json
from typing import Any

from django.core.management.base import BaseCommand

from ordering.orders import states


def document() -> dict[str, Any]:
    """States and moves of orders and lines."""
    return {
        "order": {
            "states": list(states.OrderStatus),
            "terminal": list(states.TERMINAL),
            "moves": _moves("ORDER"),
        },
        "line": {"states": list(states.LineState), "moves": _moves("LINE")},
    }


def _moves(table: str) -> list[dict[str, Any]]:
    return [
        {"name": m.name, "from": list(m.sources), "to": m.target, "who": sorted(m.who)}
        for m in getattr(states, f"{table}_MOVES")
    ]


class Command(BaseCommand):
    """Prints the tables, or writes them to a file."""

    help = "Print the state tables of orders and lines as JSON."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--file", help="write here instead of printing")

    def handle(self, *args: Any, **options: Any) -> None:
        text = json.dumps(document(), ensure_ascii=False, indent=2) + "\n"
        if options["file"]:
            with open(options["file"], "w", encoding="utf-8") as out:
                out.write(text)
        else:
            self.stdout.write(text)
