"""Windows of local time: when a category is offered or a store is open, and when that changes. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta

DAY = timedelta(days=1)
FAR = timedelta(days=8)


@dataclass(frozen=True, slots=True)
class Window:
    """Local times on the weekdays of the mask (bit 0 = Monday).

    One that ends before it starts runs past midnight into the next day; equal times are a whole day.
    """

    weekdays: int
    starts: time
    ends: time


def covers(windows: Iterable[Window], local: datetime) -> bool:
    """Whether ``local`` (aware, in the store's zone) lies in one of the windows; no windows = always."""
    those = list(windows)
    return not those or any(
        begin <= local < end for window in those for begin, end in _runs(window, local - DAY, local)
    )


def edge_between(windows: Iterable[Window], after: datetime, until: datetime) -> bool:
    """Whether some window begins or ends in ``(after, until]``; over a week counts as yes if there is any."""
    those = list(windows)
    if until - after > FAR:
        return bool(those)
    return any(
        after < edge <= until for window in those for run in _runs(window, after - DAY, until) for edge in run
    )


def _runs(window: Window, first: datetime, last: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Beginning and end of the window on each of its weekdays from ``first``'s day to ``last``'s day."""
    day = first.date()
    while day <= last.date():
        if window.weekdays >> day.weekday() & 1:
            ends_on = day if window.ends > window.starts else day + DAY
            yield (
                datetime.combine(day, window.starts, last.tzinfo),
                datetime.combine(ends_on, window.ends, last.tzinfo),
            )
        day += DAY
