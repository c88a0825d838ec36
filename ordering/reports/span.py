"""The business days of one store that a report is about."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from hub import clock
from ordering.restaurant.models import Store

USUAL_DAYS = 7
LONGEST_DAYS = 366
ONE_DAY = timedelta(days=1)
# An order may be cooked after its business day is over; nobody waits longer than this.
AROUND = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class Span:
    """The business days ``first`` to ``last``, both included, of ``store``."""

    store: Store
    first: date
    last: date

    @property
    def length(self) -> int:
        """How many days."""
        return (self.last - self.first).days + 1

    @property
    def days(self) -> Iterator[date]:
        """Every day, oldest first."""
        return (self.first + timedelta(days=number) for number in range(self.length))


def span(store: Store, first: date | None, last: date | None) -> Span:
    """The asked days; until today and for a week where nothing is asked."""
    today = clock.business_day(clock.now(), store.cutover_hour)
    last = last or max(today, first or today)
    return Span(store, first or last - timedelta(days=USUAL_DAYS - 1), last)


def offsets(days: Span) -> list[tuple[datetime, int]]:
    """From when on local clocks are so many seconds ahead of UTC, during these days and around them.

    One entry, unless clocks are put forward or back meanwhile.
    """
    begin = clock.day_starts_at(days.first, days.store.cutover_hour) - AROUND
    end = clock.day_starts_at(days.last, days.store.cutover_hour) + AROUND
    found = [(begin, _ahead(begin))]
    while begin < end:
        after = begin + ONE_DAY
        if _ahead(after) != found[-1][1]:
            found.append((_change(begin, after), _ahead(after)))
        begin = after
    return found


def _ahead(at: datetime) -> int:
    offset = at.astimezone(clock.local_zone()).utcoffset() or timedelta()
    return int(offset.total_seconds())


def _change(before: datetime, after: datetime) -> datetime:
    """The second at which clocks are changed."""
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) // 2
        before, after = (middle, after) if _ahead(middle) == _ahead(before) else (before, middle)
    return after.replace(microsecond=0)
