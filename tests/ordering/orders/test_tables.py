"""A table with its orders: guests change tables, one bill for all, the counter's map."""

import threading

import pytest

from hub import clock
from hub.models import Event
from hub.transactions import transact
from ordering.orders import batches, change, tables
from ordering.orders.models import Order
from ordering.payments.models import Payment
from ordering.restaurant import sessions
from ordering.restaurant.models import Store, TableSession
from tests import factories
from tests.ordering.orders.trips import basket, cook, move, post, refused, submit, untouched

pytestmark = pytest.mark.django_db


@pytest.fixture
def later(store):
    """The store lets its tables pay at the end."""
    Store.objects.update(pay_first=False)


def at(who, no):
    return who.api.get(f"/api/v1/orders/{no}/").json()["table"]


@pytest.mark.both
def test_live_orders_go_with_their_guests(later, table, lin, zhao, fang, chicken):
    nos = [submit(who, basket(chicken, table=table))["no"] for who in (lin, zhao)]
    over = submit(lin, basket(chicken, table=table))["no"]
    move(fang, over, "reject")
    elsewhere = submit(zhao, basket(chicken))["no"]
    before = untouched(elsewhere), untouched(over)
    assert post(fang, f"tables/{table.pk}/move/", {"to": "t3"}).status_code == 200
    assert [at(lin, nos[0]), at(zhao, nos[1])] == [{"code": "t3", "name": "3号桌"}] * 2
    assert at(lin, over)["code"] == "t1", "what is over stays where it was eaten"
    assert (untouched(elsewhere), untouched(over)) == before
    moved = Event.objects.filter(kind="order.moved").order_by("seq")
    assert [event.key for event in moved] == [f"order:{no}" for no in nos]
    assert [Order.objects.get(no=no).version for no in nos] == [event.version for event in moved]
    assert move(fang, nos[0], "accept")["table"]["code"] == "t3"


def test_a_move_that_is_refused_moves_no_order(later, store, table, lin, fang, chicken):
    no = submit(lin, basket(chicken, table=table))["no"]
    other = store.tables.select_related("store").get(code="t2")
    transact(lambda tx: sessions.join(tx, other), actor="tests")
    before = untouched(no)
    assert refused(post(fang, f"tables/{table.pk}/move/", {"to": "t2"})) == (409, "table.occupied")
    assert (untouched(no), at(lin, no)["code"]) == (before, "t1")


@pytest.mark.mariadb
@pytest.mark.django_db(transaction=True)
def test_lines_added_during_a_move_are_at_the_new_table(later, table, lin, fang, chicken, monkeypatch):
    no = submit(lin, basket(chicken, table=table))["no"]
    assert added_during_a_move(no, table, lin, fang, chicken, monkeypatch)["table"]["code"] == "t3"


@pytest.mark.mariadb
@pytest.mark.django_db(transaction=True)
def test_control_without_a_second_look_they_are_at_the_old_one(later, table, lin, fang, chicken, monkeypatch):
    plain = change.lock

    def as_seen(tx, seen, who):
        seen_then, locked = seen.table, plain(tx, seen, who)
        locked.order.table = seen_then
        locked.remember()
        return locked

    monkeypatch.setattr(batches, "lock", as_seen)
    no = submit(lin, basket(chicken, table=table))["no"]
    assert added_during_a_move(no, table, lin, fang, chicken, monkeypatch)["table"]["code"] == "t1"


def added_during_a_move(no, table, lin, fang, chicken, monkeypatch):
    """lin's 加菜 has seen the order when the counter moves the table."""
    seen, moved, answers = threading.Event(), threading.Event(), []
    plain = batches._check_table

    def late(*said):
        seen.set()
        moved.wait(10)
        plain(*said)

    monkeypatch.setattr(batches, "_check_table", late)
    more = {"lines": [{"dish": chicken.pk, "quantity": 1}]}
    thread = threading.Thread(target=lambda: answers.append(post(lin, f"orders/{no}/batches/", more).json()))
    thread.start()
    assert seen.wait(10)
    assert post(fang, f"tables/{table.pk}/move/", {"to": "t3"}).status_code == 200
    moved.set()
    thread.join(10)
    return answers[0]


@pytest.mark.both
def test_one_bill_for_all(later, store, table, lin, zhao, fang, wang, chicken, cucumber):
    first, second = submit(lin, basket(chicken, table=table)), submit(zhao, basket(cucumber, table=table))
    assert post(fang, f"orders/{second['no']}/pay/", {"channel": "cash"}).status_code == 200
    third = submit(zhao, basket(cucumber, table=table, quantity=2))
    path = f"tables/{table.pk}/pay/"
    due = first["total_fen"] + third["total_fen"]
    for wrong in (1, due - 1, due + second["total_fen"]):
        answer = post(fang, path, {"amount_fen": wrong})
        assert (*refused(answer), answer.json()["due_fen"]) == (409, "table.due_changed", due)
    assert Payment.objects.count() == 1
    answer = post(fang, path, {"amount_fen": due}, key="bill")
    body = answer.json()
    assert (answer.status_code, body["paid_fen"], body["session"]["state"]) == (200, due, "open")
    assert [(o["no"], o["due_fen"], o["payment_status"]) for o in body["orders"]] == [
        (first["no"], 0, "paid"),
        (third["no"], 0, "paid"),
    ]
    again = post(fang, path, {"amount_fen": due}, key="bill")
    assert (again.json(), again["Idempotency-Replayed"]) == (body, "true")
    assert refused(post(fang, path, {"amount_fen": due})) == (409, "table.nothing_due")
    assert sum(Payment.objects.values_list("amount_fen", flat=True)) == due + second["total_fen"]
    paid = Event.objects.filter(kind="order.paid", key__in=[f"order:{o['no']}" for o in (first, third)])
    assert paid.count() == 2


def test_what_waits_for_payment_is_on_the_bill_too(store, table, lin, zhao, fang, chicken):
    nos = [submit(who, basket(chicken, table=table))["no"] for who in (lin, zhao)]
    answer = post(fang, f"tables/{table.pk}/pay/", {"amount_fen": 7600})
    assert [(order["status"], order["pickup_no"]) for order in answer.json()["orders"]] == [
        ("placed", "A001"),
        ("placed", "A002"),
    ]
    assert [Order.objects.get(no=no).paid_fen for no in nos] == [3800, 3800]


@pytest.mark.both
@pytest.mark.django_db(transaction=True)
def test_two_clerks_take_the_money_once(later, store, table, lin, zhao, fang, chicken, at_once):
    for who in (lin, zhao):
        submit(who, basket(chicken, table=table))
    answers = at_once(lambda i: post(fang, f"tables/{table.pk}/pay/", {"amount_fen": 7600}), 2)
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert sorted(Payment.objects.values_list("amount_fen", flat=True)) == [3800, 3800]


def test_bills_that_are_none(later, store, table, lin, fang, wang, tablet, chicken, other_store):
    path = f"tables/{table.pk}/pay/"
    assert refused(post(fang, path, {"amount_fen": 100})) == (409, "table.not_open")
    submit(lin, basket(chicken, table=table))
    for body in (
        {},
        {"amount_fen": 0},
        {"amount_fen": "3800"},
        {"amount_fen": 2**31},
        [],
        {"amount_fen": None},
    ):
        assert refused(post(fang, path, body)) == (400, "body.invalid")
    missing = fang.api.post(f"/api/v1/{path}", {"amount_fen": 3800})
    assert refused(missing) == (400, "idempotency.key_required")
    stranger = factories.staff("hu", other_store, "counter")
    answers = [post(who, path, {"amount_fen": 3800}).status_code for who in (lin, stranger, wang, tablet)]
    assert answers == [404, 404, 403, 403]
    assert not Payment.objects.exists()


def row(who, code="t1"):
    rows = who.api.get("/api/v1/stores/demo/table-map/").json()["tables"]
    return next(row for row in rows if row["code"] == code)


def test_the_map_tells_what_a_table_owes_and_how_long_it_waits(
    later, table, lin, fang, wang, chicken, cucumber
):
    free = row(fang)
    assert {**free, "id": 0, "seats": 4} == {
        "id": 0,
        "code": "t1",
        "name": "1号桌",
        "seats": 4,
        "version": 0,
        "session": None,
        "state": "free",
        "orders": 0,
        "due_fen": 0,
        "waiting_since": None,
    }

    def told():
        now = row(fang)
        return now["state"], now["orders"], now["due_fen"], now["waiting_since"]

    order = submit(lin, basket(chicken, cucumber, table=table))
    placed_at = clock.iso(Order.objects.get().placed_at)
    assert told() == ("open", 1, 5000, placed_at)
    lines = move(fang, order["no"], "accept")["lines"]
    assert told() == ("open", 1, 5000, lines[0]["queued_at"])
    for line in lines:
        cook(wang, line["id"], "ready")
    assert told() == ("open", 1, 5000, None)
    post(fang, f"tables/{table.pk}/settle/")
    post(fang, f"tables/{table.pk}/pay/", {"amount_fen": 5000})
    assert told() == ("settling", 1, 0, None)
    move(fang, order["no"], "complete")
    assert told() == ("settling", 0, 0, None)
    post(fang, f"tables/{table.pk}/close/")
    assert (told(), TableSession.objects.get().state) == (("free", 0, 0, None), "closed")


def test_the_map_costs_the_same_for_any_number_of_orders(
    later, store, table, lin, fang, chicken, django_assert_num_queries
):
    def ask():
        with django_assert_num_queries(7):
            row(fang)

    submit(lin, basket(chicken, table=table))
    ask()
    for place in store.tables.select_related("store"):
        submit(lin, basket(chicken, table=place))
    ask()
    assert [line["orders"] for line in tables.table_map(store)] == [2, 1, 1, 1]
