"""Every report over a made-up month equals its recomputation row by row, to the fen and the second."""

from datetime import UTC, date, datetime, timedelta

import pytest

from ordering.orders.models import Order
from ordering.reports.catalogue import REPORTS
from ordering.reports.span import Span, offsets
from tests.ordering.reports import brute
from tests.ordering.reports.month import FIRST, Month

pytestmark = pytest.mark.django_db

BEFORE = FIRST - timedelta(days=9)


def ask(who, name, first, last, store="demo"):
    days = {"store": store, "from": first.isoformat(), "to": last.isoformat()}
    answer = who.api.get(f"/api/v1/reports/{name}/", days)
    assert answer.status_code == 200, answer.content
    return answer.json()


def compare(who, store, first, last):
    books = brute.Books(store, first, last)
    for report in REPORTS:
        place = {"report": report.name, "store": store.code, "from": str(first), "to": str(last)}
        assert ask(who, report.name, first, last) == place | brute.REPORTS[report.name](books), report.name


def fill(store, other_store, orders):
    """The month, and around it what must not count: an older month and another restaurant's."""
    Month(store, orders)
    Month(store, orders // 10, first=BEFORE, days=9, seed=2)
    Month(other_store, orders // 10, seed=3)


@pytest.mark.parametrize("orders", [2000, pytest.param(500, marks=pytest.mark.mariadb)])
def test_a_month_of_orders(store, other_store, ma, orders):
    fill(store, other_store, orders)
    compare(ma, store, FIRST, FIRST + timedelta(days=29))
    compare(ma, store, FIRST + timedelta(days=9), FIRST + timedelta(days=10))


@pytest.mark.soak
def test_a_month_of_50000_orders(store, other_store, ma):
    fill(store, other_store, 50_000)
    compare(ma, store, FIRST, FIRST + timedelta(days=29))


def test_days_without_orders_are_there(store, ma):
    compare(ma, store, FIRST, FIRST + timedelta(days=2))
    body = ask(ma, "turnover", FIRST, FIRST + timedelta(days=2))
    assert [row["day"] for row in body["rows"]] == ["2026-03-01", "2026-03-02", "2026-03-03"]
    assert set(body["total"].values()) == {None, 0}


def test_control_a_wrong_fen_is_noticed(store, ma):
    Month(store, 30)
    books = brute.Books(store, FIRST, FIRST + timedelta(days=29))
    paid = Order.objects.filter(paid_fen__gt=0, refunded_fen=0).first()
    Order.objects.filter(pk=paid.pk).update(paid_fen=paid.paid_fen + 1)
    body = ask(ma, "turnover", FIRST, FIRST + timedelta(days=29))
    assert body["rows"] != books.turnover()["rows"]


@pytest.mark.both
def test_hours_are_local_also_when_clocks_are_changed(store, ma, settings):
    settings.TIME_ZONE = "Europe/Berlin"
    day = date(2026, 3, 28)
    Month(store, 150, first=day, days=3)
    [before, after] = offsets(Span(store, day, day + timedelta(days=2)))
    assert (before[1], after) == (3600, (datetime(2026, 3, 29, 1, tzinfo=UTC), 7200))
    compare(ma, store, day, day + timedelta(days=2))


def test_where_clocks_stay_there_is_one_offset(store):
    [(_, ahead)] = offsets(Span(store, date(2026, 1, 1), date(2026, 12, 31)))
    assert ahead == 8 * 3600
