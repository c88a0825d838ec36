"""`manage.py new_epoch`: after a restore, so that no screen goes on from an old cursor."""

from typing import Any

from django.core.management.base import BaseCommand

from hub.eventlog import new_epoch_word
from hub.models import Epoch


class Command(BaseCommand):
    """Replaces the database's epoch."""

    help = "Give the database a new epoch after a restore or a fail-over: all screens resync."

    def handle(self, *args: Any, **options: Any) -> None:
        word = new_epoch_word()
        Epoch.objects.update_or_create(id=1, defaults={"value": word})
        self.stdout.write(f"epoch is now {word}; screens resync within a second")
