"""`manage.py reconcile --day 2026-03-01`: compare one day's bill with our books now, done before or not."""

from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from hub import clock
from hub.errors import Refusal
from ordering.orders import reconciliation
from ordering.orders.comparison import Unanswered
from ordering.payments.models import Difference

HINTS = {
    "BADBILL": "the bill does not add up; download it in the merchant console and compare by hand",
    "UNKNOWN": "the gateway could not be reached or its answer could not be trusted",
    "payment.channel_unavailable": "WeChat Pay is not configured (WECHAT_MODE and WECHAT_PAY_*)",
}


class Command(BaseCommand):
    """Runs one day by hand; differences are listed, and kept for the managers."""

    help = (
        "Compare WeChat's trade bill of one day with our payments and refunds. The worker does this by "
        "itself every day after 10:30 (China); this runs a day again, for instance after a repair. Exit "
        "code 1 when the day could not be compared."
    )

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--day", type=_day, help="YYYY-MM-DD in China; default: the newest bill")

    def handle(self, *args: Any, **options: Any) -> None:
        newest = reconciliation.newest_bill(clock.now())
        day = options["day"] or newest
        if day > newest:
            raise CommandError(f"the bill of {day} is not out yet; the newest is of {newest}")
        self.stdout.write(f"reconcile {day}")
        try:
            run = reconciliation.run_again(day, self.stdout.write)
        except reconciliation.Taken:
            raise CommandError("another process is at this day; try again in two minutes") from None
        except (Unanswered, Refusal) as error:
            hint = HINTS.get(error.code, "the gateway did not give the bill; the worker tries again")
            raise CommandError(f"not compared: {error.code} ({hint})") from None
        still = Difference.objects.filter(day=day, resolved_at=None).count()
        counts = f"{run.payments} payments, {run.refunds} refunds, {run.differences} differences"
        self.stdout.write(f"done: {counts}, {still} to look at")


def _day(text: str) -> date:
    return date.fromisoformat(text)
