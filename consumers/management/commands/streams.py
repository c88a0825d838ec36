"""`manage.py streams`: who may see which stream on which socket, made from the screens' declarations."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from consumers.routing import SCREENS
from consumers.screen import access_list


class Command(BaseCommand):
    """Prints the matrix, or writes it to a file."""

    help = "Print who may see which stream (docs/streams.json)."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--file", help="write here instead of printing")

    def handle(self, *args: Any, **options: Any) -> None:
        text = json.dumps(list(access_list(SCREENS)), ensure_ascii=False, indent=2) + "\n"
        if options["file"]:
            Path(options["file"]).write_text(text, encoding="utf-8")
        else:
            self.stdout.write(text)
