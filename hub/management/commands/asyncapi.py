"""`manage.py asyncapi`: the AsyncAPI document of the sockets, made from the frames and the vocabulary."""

import json
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils.module_loading import import_string


class Command(BaseCommand):
    """Prints the document, or writes it to a file."""

    help = "Print the AsyncAPI 3 document of the sockets."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--file", help="write here instead of printing")

    def handle(self, *args: Any, **options: Any) -> None:
        text = json.dumps(import_string(settings.ASYNCAPI)(), ensure_ascii=False, indent=2) + "\n"
        if options["file"]:
            with open(options["file"], "w", encoding="utf-8") as out:
                out.write(text)
        else:
            self.stdout.write(text)
