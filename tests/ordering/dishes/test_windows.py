"""Time windows: when they cover a moment and when an edge lies between two moments."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from ordering.dishes.windows import Window, covers, edge_between

ZONE = ZoneInfo("Asia/Shanghai")
EVERY_DAY = 127
MONDAY, SUNDAY = 1, 64


def at(day, hour, minute=0, second=0):
    """A moment of the week that begins on Monday, 2 March 2026."""
    return datetime(2026, 3, 1 + day, hour, minute, second, tzinfo=ZONE)


LUNCH = Window(EVERY_DAY, time(11), time(14))
LATE = Window(MONDAY, time(22), time(2))
ALL_DAY = Window(SUNDAY, time(6), time(6))


@pytest.mark.parametrize(
    ("windows", "moment", "inside"),
    [
        ([], at(1, 3), True),
        ([LUNCH], at(1, 11), True),
        ([LUNCH], at(1, 13, 59, 59), True),
        ([LUNCH], at(1, 14), False),
        ([LUNCH], at(1, 10, 59, 59), False),
        ([Window(MONDAY, time(11), time(14))], at(2, 12), False),
        ([LATE], at(1, 23), True),
        ([LATE], at(2, 1, 59), True),
        ([LATE], at(2, 2), False),
        ([LATE], at(1, 1), False),
        ([LATE], at(2, 23), False),
        ([ALL_DAY], at(7, 5, 59), False),
        ([ALL_DAY], at(7, 6), True),
        ([ALL_DAY], at(8, 5, 59), True),
        ([ALL_DAY], at(8, 6), False),
        ([LUNCH, LATE], at(1, 23), True),
        ([Window(0, time(11), time(14))], at(1, 12), False),
    ],
)
def test_covers(windows, moment, inside):
    assert covers(windows, moment) is inside


@pytest.mark.parametrize(
    ("windows", "after", "until", "edge"),
    [
        ([], at(1, 0), at(2, 0), False),
        ([LUNCH], at(1, 10), at(1, 10, 59), False),
        ([LUNCH], at(1, 10), at(1, 11), True),
        ([LUNCH], at(1, 11), at(1, 13), False),
        ([LUNCH], at(1, 13), at(1, 14), True),
        ([LUNCH], at(1, 10), at(1, 15), True),
        ([LATE], at(2, 1), at(2, 2), True),
        ([LATE], at(3, 1), at(3, 2), False),
        ([LUNCH], at(1, 0), at(1, 0) + timedelta(days=30), True),
    ],
)
def test_edge_between(windows, after, until, edge):
    assert edge_between(windows, after, until) is edge


def test_an_edge_is_exactly_where_coverage_changes():
    windows = [LUNCH, LATE]
    moment = at(1, 0)
    for _ in range(3 * 48):
        later = moment + timedelta(minutes=30)
        if covers(windows, moment) != covers(windows, later):
            assert edge_between(windows, moment, later)
        moment = later
