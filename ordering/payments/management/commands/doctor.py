"""`manage.py doctor`: what is wrong with this installation, and what to do next."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ordering.payments import doctor


class Command(BaseCommand):
    """Prints ✓ or ✗ per item; exit status 1 when something is wrong."""

    help = "Check settings, database, Redis and, with --network, WeChat itself."
    requires_system_checks = []  # they are findings here

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--network", action="store_true", help="ask WeChat Pay and WeChat too")

    def handle(self, *args: Any, **options: Any) -> None:
        findings = [*doctor.at_home(), *(doctor.outside() if options["network"] else ())]
        for one in findings:
            self.stdout.write(f"{'✓' if one.fine else '✗'} {one.about}: {one.said}")
            if not one.fine:
                self.stdout.write(f"    next: {one.next}")
        wrong = sum(not one.fine for one in findings)
        if wrong:
            raise CommandError(f"{wrong} of {len(findings)} need attention", returncode=1)
        if not options["network"]:
            self.stdout.write("(`doctor --network` asks WeChat too)")
