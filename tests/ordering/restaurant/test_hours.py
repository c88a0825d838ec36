"""Opening hours, past midnight too."""

from datetime import datetime, time
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest

from ordering.restaurant import queries
from ordering.restaurant.models import OpeningHours
from ordering.restaurant.rules import within

SHANGHAI = ZoneInfo("Asia/Shanghai")


def opening(weekday, opens, closes):
    return SimpleNamespace(
        weekday=weekday, opens=time.fromisoformat(opens), closes=time.fromisoformat(closes)
    )


LUNCH = opening(0, "11:00", "14:00")
NIGHT = opening(6, "18:00", "02:00")  # Sunday evening until Monday 02:00
ALWAYS = opening(2, "09:00", "09:00")  # Wednesday 09:00 until Thursday 09:00


@pytest.mark.parametrize(
    ("hours", "at", "expected"),
    [
        ([], "2026-03-02 03:00", True),
        ([LUNCH], "2026-03-02 10:59:59", False),
        ([LUNCH], "2026-03-02 11:00", True),
        ([LUNCH], "2026-03-02 13:59:59", True),
        ([LUNCH], "2026-03-02 14:00", False),
        ([LUNCH], "2026-03-03 12:00", False),
        ([NIGHT], "2026-03-01 17:59", False),
        ([NIGHT], "2026-03-01 18:00", True),
        ([NIGHT], "2026-03-02 01:59", True),
        ([NIGHT], "2026-03-02 02:00", False),
        ([NIGHT], "2026-03-01 01:00", False),
        ([ALWAYS], "2026-03-05 08:59", True),
        ([ALWAYS], "2026-03-05 09:00", False),
        ([LUNCH, NIGHT], "2026-03-02 12:00", True),
    ],
)
def test_within(hours, at, expected):
    assert within(hours, datetime.fromisoformat(at)) is expected


@pytest.mark.django_db
def test_the_switch_and_the_hours_both_count(store):
    monday_noon = datetime(2026, 3, 2, 12, tzinfo=SHANGHAI)
    assert queries.is_open_now(store, monday_noon)
    OpeningHours.objects.create(store=store, weekday=0, opens=time(11), closes=time(14))
    assert queries.is_open_now(store, monday_noon)
    assert not queries.is_open_now(store, monday_noon.replace(hour=15))
    assert queries.is_open_now(store, datetime.fromisoformat("2026-03-02T03:30:00+00:00"))
    store.is_open = False
    assert not queries.is_open_now(store, monday_noon)
