"""The worker learns how fast the kitchen is from its own lines, and what that costs."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from hub import clock
from ordering.orders import promises, speeds
from ordering.orders.models import Batch, Line, Order, PrepSpeed
from tests import factories
from tests.ordering.eta.test_promises import accepted

pytestmark = pytest.mark.django_db
NOON = timedelta(hours=8)


@pytest.fixture
def chicken(store):
    return factories.dish(store)


def history(store, dish, orders, *, days_ago=1, took=300, behind=0):
    """Orders of one line that was made in ``took`` seconds, ``behind`` portions before it."""
    day = clock.business_day(clock.now(), store.cutover_hour) - timedelta(days=days_ago)
    at = clock.day_starts_at(day, store.cutover_hour) + NOON
    for number in range(orders):
        order = Order.objects.create(
            store=store, kind="pickup", status="completed", business_day=day, subtotal_fen=1, total_fen=1,
            submitted_by="tests",
        )  # fmt: skip
        Line.objects.create(
            order=order, batch=Batch.objects.create(order=order, number=1, sent_by="tests"), dish=dish,
            name=dish.name, quantity=1, unit_price_fen=1, amount_fen=1, station="wok", state="served",
            queued_behind=behind, queued_at=at, ready_at=at + timedelta(seconds=took + number),
        )  # fmt: skip


def test_lines_of_the_last_days_teach_and_a_promise_goes_by_them(store, chicken, lin, fang):
    history(store, chicken, 30)
    accepted(lin, fang, chicken)
    assert speeds.learn_due() == 1
    [station, dish] = PrepSpeed.objects.order_by("dish")
    assert (station.dish, dish.dish, station.station, dish.lines) == (None, chicken, "wok", 30)
    assert (dish.p50_seconds, dish.p80_seconds) == (314, 323)
    order = Order.objects.get(no=accepted(lin, fang, chicken)["no"])
    assert (order.eta_at - order.accepted_at).total_seconds() == pytest.approx(314, abs=1)


def test_it_is_learned_anew_every_five_minutes_where_something_is_cooked(store, chicken, lin, fang):
    history(store, chicken, 30)
    assert speeds.learn_due() == 0, "nobody cooks"
    accepted(lin, fang, chicken)
    assert (speeds.learn_due(), speeds.learn_due()) == (1, 0)
    history(store, chicken, 40, took=600)
    type(store).objects.update(speeds_learned_at=clock.now() - timedelta(minutes=5))
    assert speeds.learn_due() == 1
    assert set(PrepSpeed.objects.values_list("lines", flat=True)) == {70}


def test_old_days_other_stores_and_places_nobody_wrote_down_teach_nothing(store, other_store, chicken):
    history(store, chicken, 30, days_ago=15)
    history(other_store, factories.dish(other_store), 30)
    history(store, chicken, 30, behind=None)
    assert speeds.samples(store, clock.now()) == []


def test_a_store_that_does_not_tell_does_not_learn(store, chicken, lin, fang):
    accepted(lin, fang, chicken)
    type(store).objects.update(tells_eta=False)
    assert speeds.learn_due() == 0


def test_of_two_workers_one_writes(store, chicken, lin, fang):
    accepted(lin, fang, chicken)
    [seen] = speeds.due(clock.now())
    [rival] = speeds.due(clock.now())
    assert [speeds._learn(each, clock.now()) for each in (seen, rival)] == [1, 0]


def test_only_the_newest_orders_are_read_however_many_there_are(store, chicken, monkeypatch):
    monkeypatch.setattr(speeds, "MOST_ORDERS", 10)
    history(store, chicken, 12, days_ago=2)
    with CaptureQueriesContext(connection) as few:
        assert len(speeds.samples(store, clock.now())) == 10
    history(store, chicken, 8, days_ago=1, took=100)
    with CaptureQueriesContext(connection) as many:
        found = speeds.samples(store, clock.now())
    assert (len(found), len(many)) == (10, len(few))
    assert sum(sample.seconds < 200 for sample in found) == 8


def plan(rows):
    """(table, access type, index) of every step on MariaDB."""
    sql, parameters = rows.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN " + sql, parameters)
        return [(row[2], row[3], row[5]) for row in cursor.fetchall()]


@pytest.mark.mariadb
@pytest.mark.django_db(transaction=True)
def test_no_statement_reads_a_whole_table(store, chicken, lin, fang):
    history(store, chicken, 300)
    for _ in range(3):
        accepted(lin, fang, chicken)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE TABLE orders_order, orders_line, orders_prepspeed")
    to_make = plan(promises.to_make(store, clock.now()))
    assert not {kind for _, kind, _ in to_make} & {"ALL", "index"}, to_make
    first = clock.business_day(clock.now(), store.cutover_hour) - speeds.HISTORY
    recent = Order.objects.filter(store=store, business_day__gte=first).order_by("-business_day", "-pk")
    [(_, kind, index)] = plan(recent.values_list("pk", flat=True)[:10])
    assert (kind, index) == ("range", "order_by_day")
