"""Replay equals snapshot, for every action and in every view; random walks and a tour over all of them."""

from datetime import timedelta

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from hub import eventlog
from hub.errors import Refusal
from hub.events import vocabulary
from hub.transactions import transact
from kitchen import actions as line
from kitchen import receipts
from ordering.carts import actions as carts
from ordering.dishes import actions as dishes
from ordering.dishes import edges
from ordering.orders import actions, batches, expiry, forecast, payment, speeds
from ordering.orders.models import Line, Order
from ordering.restaurant import actions as stores
from ordering.restaurant import sessions
from ordering.restaurant.models import Store
from tests.ordering.dishes.sheets.books import dish as dish_row
from tests.walk import Walk
from tests.world import World

# What this release cannot bring about: courses are not held back, and no gateway answers late or fails.
NOT_YET = {"line.fired", "payment.late", "refund.failed"}
AUTH = {name for name, kind in vocabulary().items() if kind.scope == "auth"}


@pytest.fixture
def world(db):
    return World()


pytestmark = pytest.mark.django_db


@pytest.mark.both
def test_a_tour_of_every_action(db):
    """Everything once, in an order in which it can be done; every event of the vocabulary is seen."""
    seen = set()
    for tour in (
        tour_of_orders,
        tour_of_lines,
        tour_of_ends,
        tour_of_the_house,
        tour_of_a_cart,
        tour_of_timers,
    ):
        world = World()  # a new one for each: all its orders are looked at after every step
        tour(world)
        seen |= world.seen
    assert seen == set(vocabulary()) - AUTH - NOT_YET


def tour_of_orders(world):
    guest, clerk, cook = world.guests[0], world.clerk, world.cook
    no = world.submit(guest, (0, 2), (1, 1), (4, 1), table=0)
    assert world.move(actions.accept, no, clerk) == "order.transition_refused"
    assert world.pay(no, guest) == "auth.forbidden"
    world.pay(no)
    assert world.pay(no) == "order.already_paid"
    assert world.move(actions.accept, no, world.stranger) == "resource.not_found"
    world.move(actions.accept, no, clerk)
    world.move(batches.add, no, guest, lines=world.lines((2, 1), (3, 1)))
    world.move(actions.rush, no, guest)
    assert world.move(actions.rush, no, guest) == "order.rushed_recently"
    assert world.move(actions.answer_rush, no, clerk, answer="soon") == "auth.forbidden"
    world.move(actions.answer_rush, no, cook, answer="soon")
    world.move(actions.request_cancel, no, guest, reason="等太久")
    world.move(actions.refuse_cancel, no, clerk)
    for pk in world.line_ids(no):
        world.tap(line.ready, pk)
    assert world.move(actions.complete, no, guest) == "order.unsettled"
    world.pay(no)
    world.move(actions.complete, no, guest)
    world.move(payment.refund, no, clerk, reason="味道不好", amount_fen=100)
    pk = world.line_ids(no)[0]
    world.move(payment.refund, no, clerk, reason="退", lines=[{"line": pk, "quantity": 1}])
    world.move(payment.refund, no, clerk, reason="全退")
    assert world.move(payment.refund, no, clerk, reason="再退") == "refund.exceeds_paid"


def tour_of_lines(world):
    no = world.accepted((0, 1), (1, 1), (2, 1))
    first, second, third = world.line_ids(no)
    world.tap(line.start, first)
    assert world.tap(line.start, first) == "line.transition_refused"
    assert world.tap(line.start, first, version=99) == "line.version_conflict"
    assert world.tap(line.start, second, world.clerk) == "auth.forbidden"
    assert world.tap(line.ready, second, world.tablet.actor) == "auth.forbidden"
    world.tap(line.ready, first, world.tablet.actor)
    world.tap(line.recall, first)
    world.ticket(no, "wok")
    world.ticket(no, "cold")
    world.tap(line.void, third, world.clerk, reason="没有了")
    world.tap(line.recall, second)
    world.tap(line.ready, second)
    world.tap(line.serve, first)
    world.tap(line.serve, second)
    assert world.tap(line.recall, second) == "line.transition_refused"
    assert world.tap(line.fire, second, world.clerk) == "line.transition_refused"
    world.move(actions.complete, no, world.clerk)


def tour_of_ends(world):
    guest, clerk = world.guests[0], world.clerk
    world.move(actions.cancel, world.submit(guest, (0, 1)), guest)
    world.move(actions.cancel, world.placed(), guest)
    world.move(actions.reject, world.placed(), clerk, reason="打烊了")
    world.move(actions.cancel, world.accepted(), clerk, reason="停电")
    no = world.accepted((4, 1))
    world.move(actions.request_cancel, no, guest, reason="不要了")
    world.move(actions.approve_cancel, no, clerk)
    assert world.move(actions.cancel, no, clerk) == "order.transition_refused"
    world.submit(guest, (3, 1))


def hot_row(name, price=58, **more):
    """A row of a menu's workbook in the category that the world's dishes have."""
    return dish_row(name, price, "招牌菜", **more)


def tour_of_the_house(world):
    world.dish(dishes.sell_out, 1)
    assert world.submit(world.guests[0], (1, 1)) == "stock.sold_out"
    world.dish(dishes.restore, 1)
    world.dish(dishes.set_stock, 1, 12)
    world.dish(dishes.set_stock, 1, 9)
    world.dish(dishes.set_stock, 1, 0)
    world.dish(dishes.set_stock, 1, None)
    world.menu(菜品=[hot_row("拍黄瓜", 9), hot_row("新菜"), hot_row("限量菜", 每日份数=5)])
    assert world.menu(菜品=[hot_row("拍黄瓜", 10), hot_row("坏菜", -1)]) == "menu.import_invalid"
    world.switch(stores.pause_store)
    assert world.submit(world.guests[0], (1, 1)) == "store.closed"
    world.switch(stores.pause_store)
    world.switch(stores.open_store)
    world.table(sessions.join, 1)
    no = world.submit(world.guests[0], (1, 1), table=1)
    world.move_table(1, "t3")
    assert Order.objects.get(no=no).table.code == "t3"
    assert world.close_table(1) == "table.not_open"
    world.table(sessions.settle, 2)
    world.close_table(2)


def tour_of_a_cart(world):
    """Two people share table 4, in a store that is paid first and in one that is paid later."""
    lin, chen = world.guests
    world.table(sessions.join, 3)
    first, second = world.put(3, lin, 0), world.put(3, chen, 4, 2)
    assert world.put(3, chen, 2, 9) == "stock.sold_out"
    world.cart(3, carts.change, first, actor=lin, fields={"quantity": 3, "remark": "少辣"})
    assert world.cart(3, carts.change, second, actor=lin, fields={"quantity": 1}) == "auth.forbidden"
    world.cart(3, carts.remove, second)
    assert world.cart(3, carts.remove, second) == "resource.not_found"
    no = world.order_cart(3, chen, remark="一起上")
    assert world.order_cart(3, lin) == "cart.empty"
    world.pay(no)
    Store.objects.filter(pk=world.store.pk).update(pay_first=False)
    world.put(3, lin, 1)
    world.dish(dishes.sell_out, 1)
    assert world.order_cart(3, lin) == "cart.unavailable"
    world.dish(dishes.restore, 1)
    assert world.order_cart(3, lin) == no, "a batch of the order that is open"
    world.put(3, lin, 1)
    world.table(sessions.settle, 3)
    assert world.order_cart(3, lin) == "table.session_closed"
    world.close_table(3)
    Store.objects.filter(pk=world.store.pk).update(pay_first=True)


def tour_of_timers(world):
    past = timezone.now() - timedelta(days=1)
    no = world.submit(world.guests[1], (0, 1))
    Order.objects.filter(no=no).update(expires_at=past)
    world.state = world._look()
    assert world.watch(expiry.expire_due) == 1
    no = world.accepted()
    for pk in world.line_ids(no):
        world.tap(line.ready, pk)
    Order.objects.filter(no=no).update(ready_at=past)
    world.state = world._look()
    assert world.watch(expiry.complete_due) == 1
    world.dish(dishes.sell_out, 1, past)
    assert world.watch(edges.restore_due) == 1
    no = world.accepted((0, 1))
    Line.objects.filter(order__no=no).update(queued_at=past)
    world.state = world._look()
    assert world.watch(receipts.watch) == 1
    batch = Line.objects.filter(order__no=no).values_list("batch_id", flat=True).get()
    receipts.insert([(batch, "wok", world.tablet.device.pk)])
    assert world.watch(receipts.watch) == 1
    assert world.watch(receipts.watch) == 0
    no = world.accepted()
    Order.objects.filter(no=no).update(eta_at=past, eta_told_at=past)
    world.state = world._look()
    assert world.watch(forecast.follow_due) == 1
    assert world.watch(forecast.follow_due) == 0
    assert world.watch(speeds.learn_due) == 1


def walk(walks, steps, by_chance=False):
    """Random walks over all actions."""
    run_state_machine_as_test(
        Walk,
        settings=settings(
            max_examples=walks,
            stateful_step_count=steps,
            deadline=None,
            derandomize=not by_chance,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_random_walks_over_all_actions(db):
    walk(5, 40)


@pytest.mark.soak
def test_many_random_walks_over_all_actions(db):
    walk(150, 60, by_chance=True)


# Controls: what these comparisons would notice


def forgetful(monkeypatch, kind):
    """A log whose readers never hear of events of this kind."""
    real = eventlog.read_after
    monkeypatch.setattr(eventlog, "read_after", lambda *a: [e for e in real(*a) if e.kind != kind])


@pytest.mark.parametrize("kind", ["order.accepted", "line.started", "order.completed", "dish.sold_out"])
def test_control_an_event_that_is_dropped_is_noticed(world, monkeypatch, kind):
    forgetful(monkeypatch, kind)
    with pytest.raises(AssertionError):
        tour_of_lines(world)
        tour_of_the_house(world)


def test_control_a_change_without_an_event_is_noticed(world):
    no = world.accepted()
    with pytest.raises(AssertionError):
        world.do(lambda tx: Order.objects.filter(no=no).update(remark="偷改") and None)


def test_control_a_refusal_that_wrote_is_noticed(world):
    def half(tx):
        Order.objects.filter(no=no).update(remark="半途")
        return

    def work():
        transact(half, actor="tests")
        raise Refusal("order.transition_refused", 409, "")

    no = world.accepted()
    with pytest.raises(AssertionError, match="a refusal changes nothing"):
        world.watch(work)
