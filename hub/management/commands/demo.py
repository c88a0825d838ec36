"""`manage.py demo`: the demo store, its menu, tables and people, on any database; safe to repeat."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, ProgrammingError
from django.utils.module_loading import import_string


class Command(BaseCommand):
    """Runs the seeds that settings.DEMO_SEEDS names, in order."""

    help = "Create the demo store (development only). Repeating it changes nothing that is there."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO_ALLOWED:
            raise CommandError(
                "The demo is refused here: set DEMO_ALLOWED=1 if this database is for trying out."
            )
        try:
            for path in settings.DEMO_SEEDS:
                self.stdout.write(f"demo: {import_string(path)()}")
        except (OperationalError, ProgrammingError) as error:
            raise CommandError(f"The database is not ready ({error}). Next: manage.py migrate") from error
