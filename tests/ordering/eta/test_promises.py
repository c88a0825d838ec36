"""What lin is told of when her dishes will be ready, from the quote to the plate."""

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from consumers import board
from hub import clock
from kitchen import tickets
from ordering.orders import eta
from ordering.orders.models import Line, Order, PrepSpeed
from tests import factories
from tests.ordering.orders.trips import basket, cook, move, post, submit

pytestmark = pytest.mark.django_db
USUAL = eta.DEFAULT


@pytest.fixture
def dishes(store):
    return [factories.dish(store), factories.dish(store, "拍黄瓜", 800, station="cold")]


def taught(store, dish, p50, p80=None, pace=60.0, hands=1):
    """The kitchen's speed of a dish, as the worker learns it."""
    return PrepSpeed.objects.create(
        store=store, station=dish.station.code, dish=dish, lines=50, p50_seconds=p50,
        p80_seconds=p80 or p50 + 60, pace_seconds=pace, hands=hands,
    )  # fmt: skip


def seconds(order, name):
    """From now until the order's moment."""
    return order[name] and (datetime.fromisoformat(order[name]) - clock.now()).total_seconds()


def placed(lin, fang, *dishes, **fields):
    no = submit(lin, basket(*dishes, **fields))["no"]
    post(fang, f"orders/{no}/pay/", {"channel": "cash"})
    return no


def accepted(lin, fang, *dishes, **fields):
    return move(fang, placed(lin, fang, *dishes, **fields), "accept")


def card(no):
    row = Order.objects.select_related("store", "table").get(no=no)
    return next(card for key, _, card in tickets.cards(row.store.code) if key == row.key)


def test_nothing_is_promised_before_the_kitchen_has_it(store, dishes, lin, fang, clocks):
    order = submit(lin, basket(*dishes))
    assert (order["promised_at"], order["eta_at"]) == (None, None)
    assert [line["ahead"] for line in order["lines"]] == [None, None]


def test_at_accept_a_new_kitchen_promises_what_is_usual(store, dishes, lin, fang, clocks):
    order = accepted(lin, fang, dishes[0])
    assert (seconds(order, "eta_at"), seconds(order, "promised_at")) == (USUAL.p50, USUAL.p80)
    assert [line["ahead"] for line in order["lines"]] == [0]


def test_it_goes_by_the_stores_own_speed_and_by_what_comes_before(store, dishes, lin, fang, clocks):
    taught(store, dishes[0], 300, pace=100.0, hands=2)
    accepted(lin, fang, dishes[0], quantity=3)
    order = accepted(lin, fang, dishes[0], dishes[0])
    assert [line["ahead"] for line in order["lines"]] == [3, 4]
    assert seconds(order, "eta_at") > 300 + 100 * 3
    assert seconds(order, "promised_at") > seconds(order, "eta_at")
    assert seconds(accepted(lin, fang, dishes[1]), "eta_at") == USUAL.p50, "stations work side by side"


def test_another_stores_queue_is_not_ours(store, other_store, dishes, lin, fang, clocks):
    next_door = factories.staff("wu", other_store, "counter")
    theirs = factories.dish(other_store)
    body = {**basket(theirs, quantity=9), "store": other_store.code}
    no = submit(lin, body)["no"]
    post(next_door, f"orders/{no}/pay/", {"channel": "cash"})
    move(next_door, no, "accept")
    assert accepted(lin, fang, dishes[0])["lines"][0]["ahead"] == 0


def test_where_the_store_accepts_by_itself_the_promise_comes_with_the_payment(
    store, dishes, lin, fang, clocks
):
    type(store).objects.update(auto_accept=True)
    no = placed(lin, fang, *dishes)
    row = Order.objects.get(no=no)
    assert (row.promised_at - row.accepted_at).total_seconds() > USUAL.p80


def test_a_free_order_is_promised_when_it_is_submitted(store, lin, clocks):
    type(store).objects.update(auto_accept=True)
    gift = factories.dish(store, "赠菜", 0)
    order = submit(lin, basket(gift))
    assert (order["status"], seconds(order, "promised_at")) == ("accepted", USUAL.p80)
    assert order == {**lin.api.get(f"/api/v1/orders/{order['no']}/").json()}


def test_the_promise_stays_when_dishes_are_added(store, table, dishes, lin, fang, clocks):
    type(store).objects.update(pay_first=False)
    order = move(fang, submit(lin, basket(dishes[0], table=table))["no"], "accept")
    clocks.shift(200)
    more = post(fang, f"orders/{order['no']}/batches/", {"lines": basket(*dishes)["lines"]}).json()
    assert more["promised_at"] == order["promised_at"]
    assert more["eta_at"] > order["eta_at"]
    assert [line["ahead"] for line in more["lines"]] == [0, 1, 0]


def test_what_is_made_has_nothing_ahead_and_a_ready_order_is_not_expected(
    store, dishes, lin, fang, wang, clocks
):
    order = accepted(lin, fang, *dishes)
    first, second = (line["id"] for line in order["lines"])
    left = cook(wang, first, "ready")
    assert [line["ahead"] for line in left["lines"]] == [None, 0]
    assert left["eta_at"] == order["eta_at"]
    ready = cook(wang, second, "ready")
    assert (ready["eta_at"], ready["promised_at"]) == (None, order["promised_at"])
    assert cook(wang, second, "recall")["status"] == "preparing"


def test_a_cancelled_order_is_not_expected(store, dishes, lin, fang, clocks):
    order = accepted(lin, fang, *dishes)
    gone = move(fang, order["no"], "cancel", reason="停电")
    assert (gone["eta_at"], {line["ahead"] for line in gone["lines"]}) == (None, {None})


def test_forgotten_lines_hold_nobody_up(store, dishes, lin, fang, clocks):
    accepted(lin, fang, dishes[0], quantity=9)
    Line.objects.update(queued_at=clock.now() - timedelta(hours=4))
    assert accepted(lin, fang, dishes[0])["lines"][0]["ahead"] == 0


def test_a_store_that_does_not_tell_is_silent(store, dishes, lin, fang, ma, clocks):
    assert ma.api.patch("/api/v1/stores/demo/", {"tells_eta": False}).status_code == 200
    order = accepted(lin, fang, *dishes)
    assert (order["promised_at"], order["eta_at"]) == (None, None)
    assert {line["ahead"] for line in order["lines"]} == {None}
    assert post(lin, "orders/quote/", basket(*dishes)).json()["eta_minutes"] is None
    assert Line.objects.filter(queued_behind__isnull=False).count() == 0


def test_a_quote_says_how_long_it_would_take_now(store, dishes, lin, fang, clocks):
    taught(store, dishes[0], 300, pace=100.0)

    def minutes(*wanted):
        return post(lin, "orders/quote/", basket(*wanted)).json()["eta_minutes"]

    assert minutes(dishes[0]) == {"low": 5, "high": 6}
    accepted(lin, fang, dishes[0], quantity=3)
    assert minutes(dishes[0]) == {"low": 10, "high": 11}
    type(dishes[0]).objects.update(sold_out=True)
    assert minutes(dishes[0]) is None


def test_cooks_see_the_promise_and_the_board_sees_nothing_of_it(store, dishes, lin, fang, clocks):
    order = accepted(lin, fang, dishes[0])
    whole = card(order["no"])
    row = tickets.project(whole, None)
    assert (row["promised_at"], row["lines"][0]["ahead"]) == (order["promised_at"], 0)
    assert set(board.project(f"order:{order['no']}", whole, None)) == {"pickup_no", "status"}


@pytest.mark.parametrize("many", [1, 12])
def test_it_costs_accepting_two_reads_however_much_there_is_to_make(store, dishes, lin, fang, many):
    for _ in range(many):
        accepted(lin, fang, *dishes)

    def statements(tells):
        type(store).objects.update(tells_eta=tells)
        no = placed(lin, fang, *dishes)
        with CaptureQueriesContext(
            connection,
        ) as sent:
            move(fang, no, "accept")
        return [each["sql"].split()[0] for each in sent]

    without, told = statements(False), statements(True)
    assert told.count("SELECT") - without.count("SELECT") == 2
    assert {word: told.count(word) for word in ("UPDATE", "INSERT")} == {
        word: without.count(word) for word in ("UPDATE", "INSERT")
    }


def test_history_that_is_old_is_no_present(store, dishes, lin, fang, clocks):
    """A promise is about the lines of its moment: an order accepted before the release has none."""
    order = accepted(lin, fang, dishes[0])
    Order.objects.update(promised_at=None, eta_at=None)
    Line.objects.update(queued_behind=None, ahead=None, queued_at=clock.now() - timedelta(minutes=5))
    clocks.shift(60)
    after = post(lin, f"orders/{order['no']}/rush/", {}).json()
    assert (after["promised_at"], after["lines"][0]["ahead"]) == (None, 0)
