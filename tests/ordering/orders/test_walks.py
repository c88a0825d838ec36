"""Random walks over everything one can do: the log says what the rows say, and the sums hold."""

from random import Random

import orjson
import pytest

from hub.models import Event
from ordering.dishes.models import Dish
from ordering.orders import queries
from ordering.orders.models import Line, Order
from ordering.orders.states import TERMINAL, VOIDED
from tests import factories
from tests.ordering.orders.trips import basket, post

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both]

PORTIONS = 40
ORDER_STEPS = (
    "accept",
    "reject",
    "cancel",
    "request-cancel",
    "request-cancel/approve",
    "request-cancel/refuse",
)
ORDER_STEPS += ("rush", "complete", "reorder")
LINE_STEPS = ("start", "ready", "ready", "ready", "recall", "serve", "void", "fire")


@pytest.fixture
def menu(store):
    noodles = factories.dish(store, "面", 1500, remaining=PORTIONS)
    tea = factories.dish(store, "茶", 700, remaining=PORTIONS, station="bar")
    return [noodles, tea, factories.combo(store, {noodles: 1, tea: 2}, price_fen=2501)]


def step(dice, lin, fang, wang, menu, table):
    """One random request, mostly by somebody who might; many are refused, as in life."""
    anyone = dice.choice([lin, fang, wang])
    running = list(Order.objects.exclude(status__in=TERMINAL)) * 9
    order = dice.choice([*running, *Order.objects.all()]) if Order.objects.exists() else None
    roll = dice.random()
    if order is None or roll < 0.1:
        who, where = dice.choice([(lin, table), (lin, None), (fang, table)])
        return post(who, "orders/", basket(dice.choice(menu), table=where))
    path = f"orders/{order.no}"
    if roll < 0.25:
        return post(fang, f"{path}/pay/", {"channel": "cash"})
    if roll < 0.3:
        return post(fang, f"{path}/refunds/", {"amount_fen": dice.randint(1, 900), "reason": "慢"})
    if roll < 0.35:
        return post(fang, f"{path}/refunds/", {"lines": [line_of(dice, order)], "reason": "慢"})
    if roll < 0.42:
        body = {"lines": [{"dish": dice.choice(menu).pk, "quantity": 1}]}
        return post(dice.choice([lin, fang]), f"{path}/batches/", body)
    if roll < 0.45:
        return post(wang, f"{path}/rush/answer/", {"answer": "soon"})
    if roll < 0.7:
        return post(dice.choice([lin, fang, anyone]), f"{path}/{dice.choice(ORDER_STEPS)}/")
    line, name = dice.choice(list(order.lines.all())), dice.choice(LINE_STEPS)
    return post(fang if name in ("void", "fire") else wang, f"kitchen/lines/{line.pk}/{name}/")


def line_of(dice, order):
    return {"line": dice.choice(list(order.lines.all())).pk, "quantity": 1}


@pytest.mark.parametrize("seed", range(1))
def test_the_log_says_what_the_rows_say(seed, store, menu, table, lin, fang, wang):
    type(store).objects.update(pay_first=bool(seed % 2))
    dice = Random(seed)
    succeeded = 0
    for _ in range(120):
        answer = step(dice, lin, fang, wang, menu, table)
        assert answer.status_code in (200, 201, 403, 404, 409), answer.content
        succeeded += answer.status_code < 300
    assert succeeded > 30
    for order in Order.objects.all():
        check_log(order)
        check_sums(order)
    check_stock()


def check_log(order):
    """Versions without a hole; the newest event's card is the one that a snapshot would build."""
    events = list(Event.objects.filter(key=order.key).order_by("version"))
    assert [event.version for event in events] == list(range(1, order.version + 1))
    assert [orjson.loads(event.body)["version"] for event in events] == [event.version for event in events]
    key, version, card = queries.card_of(order.no)
    assert (key, version) == (order.key, order.version)
    assert orjson.loads(events[-1].body) == orjson.loads(orjson.dumps(card))


def check_sums(order):
    if order.status not in ("cancelled", "rejected"):
        live = Line.objects.filter(order=order).exclude(state=VOIDED)
        assert sum(line.amount_fen for line in live) - order.discount_fen == order.total_fen
    assert 0 <= order.credited_fen <= order.refunded_fen <= order.paid_fen
    if order.status in ("cancelled", "rejected"):
        assert order.refunded_fen == order.paid_fen
    if order.status == "completed":
        assert order.due_fen == 0


def check_stock():
    """What is left and what live lines hold is what there was."""
    for dish in Dish.objects.filter(remaining__isnull=False):
        held = sum(line.quantity for line in Line.objects.filter(dish=dish).exclude(state=VOIDED))
        assert dish.remaining + held == PORTIONS
