"""The worker keeps what guests were told true: rarely, once, and never over somebody else's change."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from hub import clock
from hub.models import Event
from ordering.orders import eta, forecast
from ordering.orders.models import Line, Order
from tests import factories
from tests.ordering.eta.test_promises import accepted, taught
from tests.ordering.orders.trips import cook, move

pytestmark = pytest.mark.django_db
TOLD = "order.eta_changed"


@pytest.fixture
def chicken(store):
    dish = factories.dish(store)
    taught(store, dish, 300, pace=100.0, hands=2)
    return dish


def told():
    return list(Event.objects.filter(kind=TOLD).order_by("seq").values_list("key", "actor"))


def left(no):
    """Seconds until the order is expected, and what comes before its lines."""
    order = Order.objects.get(no=no)
    ahead = list(order.lines.order_by("pk").values_list("ahead", flat=True))
    return (order.eta_at - clock.now()).total_seconds(), ahead


def test_nothing_is_said_while_it_is_as_was_told(chicken, lin, fang, clocks):
    accepted(lin, fang, chicken)
    for _ in range(8):
        clocks.shift(30)
        assert forecast.follow_due() == 0
    assert told() == []


def test_a_kitchen_that_got_on_well_is_told_and_the_promise_stays(chicken, lin, fang, wang, clocks):
    first = accepted(lin, fang, chicken, quantity=4)
    no = accepted(lin, fang, chicken)["no"]
    promised = Order.objects.get(no=no).promised_at
    assert left(no) == (600, [4])
    clocks.shift(60)
    cook(wang, first["lines"][0]["id"], "ready")
    assert forecast.follow_due() == 1
    assert left(no) == (300, [0])
    assert told() == [(f"order:{no}", "system")]
    assert Order.objects.get(no=no).promised_at == promised
    assert forecast.follow_due() == 0


def test_guests_hear_of_it_at_most_twice_a_minute(chicken, lin, fang, wang, clocks):
    orders = [accepted(lin, fang, chicken, quantity=2) for _ in range(4)]
    for order in orders[:3]:
        clocks.shift(10)
        cook(wang, order["lines"][0]["id"], "ready")
        forecast.follow_due()
    assert [key for key, _ in told()] == [orders[3]["no"] and f"order:{orders[3]['no']}"]


def test_control_without_the_pause_they_hear_each_time(chicken, lin, fang, wang, clocks, monkeypatch):
    monkeypatch.setattr(forecast, "QUIET", timedelta(0))
    orders = [accepted(lin, fang, chicken, quantity=2) for _ in range(4)]
    for order in orders[:3]:
        clocks.shift(10)
        cook(wang, order["lines"][0]["id"], "ready")
        forecast.follow_due()
    assert [key for key, _ in told()].count(f"order:{orders[3]['no']}") > 1


def test_what_is_late_is_told_and_less_and_less_often(chicken, lin, fang, clocks):
    accepted(lin, fang, chicken)
    times = []
    for second in range(20, 3600, 20):
        clocks.shift(20)
        if forecast.follow_due():
            times.append(second)
    assert times == [300, 340, 400, 520, 760, 1240, 2200]


def test_a_line_has_its_hands_from_when_they_were_free(chicken, lin, fang, wang, clocks):
    """Nobody says when the line is begun: it still gets nearer."""
    first = accepted(lin, fang, chicken, quantity=2)
    no = accepted(lin, fang, chicken)["no"]
    clocks.shift(300)
    cook(wang, first["lines"][0]["id"], "ready")
    forecast.follow_due()
    reached = Line.objects.get(order__no=no)
    assert (reached.reached_at, left(no)) == (clock.now(), (300, [0]))
    clocks.shift(200)
    assert forecast.follow_due() == 0
    assert left(no) == (100, [0])


def test_a_recalled_line_is_expected_again(chicken, lin, fang, wang, clocks):
    order = accepted(lin, fang, chicken)
    pk = order["lines"][0]["id"]
    cook(wang, pk, "start")
    clocks.shift(280)
    cook(wang, pk, "ready")
    back = cook(wang, pk, "recall")
    assert (back["eta_at"], back["lines"][0]["ahead"]) == (None, None)
    clocks.shift(31)
    assert forecast.follow_due() == 1
    assert left(order["no"]) == (300 - 31, [0])


def late(no):
    """The guest should hear of this order."""
    past = clock.now() - timedelta(minutes=9)
    Order.objects.filter(no=no).update(eta_at=past, eta_told_at=past)


def test_an_order_that_changed_since_it_was_seen_is_left_for_the_next_look(
    store, chicken, lin, fang, monkeypatch
):
    no = accepted(lin, fang, chicken)["no"]
    late(no)
    seen = forecast.news(store, clock.now())
    move(lin, no, "rush")
    monkeypatch.setattr(forecast, "news", lambda *_: seen)
    assert forecast.follow_due() == 0
    assert told() == []


def test_stores_that_do_not_tell_are_not_looked_at(store, chicken, lin, fang):
    late(accepted(lin, fang, chicken)["no"])
    type(store).objects.update(tells_eta=False)
    assert forecast.follow_due() == 0


@pytest.mark.parametrize("status", ["placed", "ready", "completed", "cancelled"])
def test_only_what_the_kitchen_has_is_followed(chicken, lin, fang, status):
    no = accepted(lin, fang, chicken)["no"]
    late(no)
    Order.objects.update(status=status)
    assert forecast.follow_due() == 0


def test_a_look_costs_the_same_however_much_there_is_to_make(chicken, lin, fang):
    def statements():
        with CaptureQueriesContext(connection) as sent:
            assert forecast.follow_due() == 0
        return len(sent)

    accepted(lin, fang, chicken)
    one = statements()
    for _ in range(5):
        accepted(lin, fang, chicken, chicken)
    statements()  # which lines the station has hands for is written down once
    assert statements() == one


@pytest.mark.mariadb
@pytest.mark.django_db(transaction=True)
def test_of_two_workers_one_tells_it(chicken, lin, fang, at_once):
    no = accepted(lin, fang, chicken)["no"]
    late(no)
    assert sorted(at_once(lambda _: forecast.follow_due(), 4)) == [0, 0, 0, 1]
    assert told() == [(f"order:{no}", "system")]


@pytest.mark.mariadb
@pytest.mark.django_db(transaction=True)
def test_an_order_that_somebody_has_is_not_waited_for(store, chicken, lin, fang, at_once):
    import threading

    from django.db import transaction

    no = accepted(lin, fang, chicken)["no"]
    late(no)
    locked, done = threading.Event(), threading.Event()

    def one(number):
        if number:
            locked.wait(10)
            try:
                return forecast.follow_due()
            finally:
                done.set()
        with transaction.atomic():
            Order.objects.select_for_update().get(no=no)
            locked.set()
            return done.wait(10)

    assert at_once(one, 2) == [True, 0]
    assert eta.has_moved(Order.objects.get(no=no).eta_at, clock.now(), clock.now())
