"""`manage.py permissions`: the matrix of addresses and roles, made from the views."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ordering.users.permissions import UNDECLARED, access_list


def matrix() -> list[dict[str, str]]:
    """``[{"route", "method", "access"}]``, sorted by route and method."""
    return [line._asdict() for line in access_list()]


class Command(BaseCommand):
    """Prints the matrix, or writes it to a file."""

    help = "Print who may call which API address (docs/permissions.json)."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--file", help="write here instead of printing")

    def handle(self, *args: Any, **options: Any) -> None:
        rows = matrix()
        if silent := [row for row in rows if row["access"] == UNDECLARED]:
            raise CommandError(f"views that do not declare their access: {silent}")
        text = json.dumps(rows, ensure_ascii=False, indent=2) + "\n"
        if options["file"]:
            Path(options["file"]).write_text(text, encoding="utf-8")
        else:
            self.stdout.write(text)
