"""下单 for a table: one order or one batch of it, whoever presses and how many at once."""

import time

import pytest

from hub.models import Event
from hub.transactions import Transaction, transact
from ordering.carts import actions as carts
from ordering.carts.models import CartLine
from ordering.dishes import actions as dishes
from ordering.orders.models import Batch, Line, Order
from ordering.restaurant import tokens
from tests import factories
from tests.factories import client
from tests.ordering.carts.conftest import guest
from tests.ordering.orders.trips import cook, move, post, refused, untouched

pytestmark = pytest.mark.django_db


def written():
    return [sorted(model.objects.values_list("pk")) for model in (Order, Batch, Line, CartLine)]


@pytest.mark.both
def test_pay_first_every_submit_is_an_order_of_who_pressed(shared, lin, chen, fang):
    shared.put(lin, quantity=2)
    shared.put(chen, shared.cucumber, remark="少醋")
    answer = shared.submit(chen, remark="一起上")
    order = answer.json()
    assert (answer.status_code, order["status"], order["kind"]) == (201, "pending_payment", "dine_in")
    assert (order["table"]["code"], order["total_fen"], order["remark"]) == ("t1", 8800, "一起上")
    assert [(row["name"], row["quantity"], row["remark"]) for row in order["lines"]] == [
        ("宫保鸡丁", 2, ""),
        ("拍黄瓜", 1, "少醋"),
    ]
    assert "pay" in order["allowed_actions"]
    assert shared.see(lin) == {
        "stream": shared.session.stream,
        "session": shared.session.no,
        "order": order["no"],
        "orders": [order["no"]],
        "lines": [],
        "subtotal_fen": 0,
    }
    assert post(fang, f"orders/{order['no']}/pay/", {"channel": "cash"}).status_code == 200
    shared.put(lin)
    second = shared.submit(lin).json()["no"]
    assert shared.see(chen)["orders"] == [order["no"], second] and second != order["no"]
    submitted = Event.objects.filter(kind="cart.submitted").order_by("seq")
    assert [row.version for row in submitted] == [1, 2]


@pytest.mark.both
def test_pay_later_it_is_one_order_with_batches(shared, later, lin, chen, fang, wang):
    shared.put(lin)
    no = shared.submit(lin, remark="先上").json()["no"]
    for line in move(fang, no, "accept")["lines"]:
        cook(wang, line["id"], "ready")
    shared.put(chen, shared.cucumber)
    again = shared.submit(chen, remark="慢慢来")
    order = again.json()
    assert (again.status_code, order["no"], order["status"]) == (201, no, "preparing")
    assert (order["total_fen"], order["remark"], order["allowed_actions"]) == (
        5000,
        "先上;慢慢来",
        ["batches"],
    )
    assert Batch.objects.filter(order__no=no).count() == 2
    for line in order["lines"]:
        if line["state"] != "ready":
            cook(wang, line["id"], "ready")
    post(fang, f"tables/{shared.table.pk}/pay/", {"amount_fen": 5000})
    move(fang, no, "complete")
    shared.put(chen)
    new = shared.submit(chen).json()
    assert (new["no"] != no, new["status"]) == (True, "placed")
    assert shared.see(lin)["orders"] == [no, new["no"]]


def test_an_order_of_somebody_s_own_is_left_alone(shared, later, lin, chen):
    body = {"store": "demo", "kind": "dine_in", "lines": [{"dish": shared.chicken.pk, "quantity": 1}]}
    own = post(lin, "orders/", {**body, "table_token": tokens.write(shared.table)}).json()["no"]
    before = untouched(own)
    shared.put(chen)
    assert shared.submit(chen).json()["no"] != own
    assert untouched(own) == before


@pytest.mark.both
def test_what_a_friend_may_do_with_the_shared_order(shared, later, lin, chen, zhao, fang):
    shared.put(lin)
    no = shared.submit(lin).json()["no"]
    pair = guest(shared.table)
    for api in (chen.api, client(pair["access"])):
        seen = api.get(f"/api/v1/orders/{no}/").json()
        assert (seen["no"], seen["allowed_actions"]) == (no, ["batches"])
        [event, *_] = api.get(f"/api/v1/orders/{no}/events/").json()["results"]
        assert (event["event"], event["actor"]) == ("order.submitted", "diner"), "not who exactly"
        for name in ("cancel", "pay", "rush", "complete", "reorder", "accept", "request-cancel"):
            answer = api.post(f"/api/v1/orders/{no}/{name}/", {"channel": "cash"}, HTTP_IDEMPOTENCY_KEY="k")
            assert refused(answer) == (403, "auth.forbidden"), name
        assert api.get("/api/v1/orders/").json()["results"] == [], "it is not their order"
    assert refused(zhao.api.get(f"/api/v1/orders/{no}/")) == (404, "resource.not_found")
    more = {"lines": [{"dish": shared.cucumber.pk, "quantity": 1}]}
    assert post(chen, f"orders/{no}/batches/", more).status_code == 201
    post(fang, f"tables/{shared.table.pk}/close/")
    assert refused(chen.api.get(f"/api/v1/orders/{no}/")) == (404, "resource.not_found")
    assert lin.api.get(f"/api/v1/orders/{no}/").status_code == 200


@pytest.mark.both
def test_what_cannot_be_had_is_named_and_nothing_is_written(shared, lin, chen, store):
    tea = factories.dish(store, "酸梅汤", 600, remaining=3, station="bar")
    gone, kept = shared.put(lin), shared.put(chen, shared.cucumber)
    few, more = shared.put(lin, tea, 2), shared.put(chen, tea, 2)
    transact(lambda tx: dishes.sell_out(tx, shared.chicken.pk), actor="tests")
    before, cart = written(), shared.see(lin)
    answer = shared.submit(chen)
    assert refused(answer) == (409, "cart.unavailable")
    assert [(row["field"], row["code"]) for row in answer.json()["errors"]] == [
        (f"lines.{gone['id']}", "stock.sold_out"),
        (f"lines.{more['id']}", "stock.sold_out"),
    ]
    assert (written(), shared.see(lin)) == (before, cart)
    for row in (gone, more):
        assert lin.api.delete(f"/api/v1/{shared.path}lines/{row['id']}/").status_code == 204
    assert [row["name"] for row in shared.submit(chen).json()["lines"]] == ["拍黄瓜", "酸梅汤"]
    assert {few["name"], kept["name"]} == {"酸梅汤", "拍黄瓜"}
    tea.refresh_from_db()
    assert tea.remaining == 1


def test_submits_that_are_refused(shared, later, store, lin, chen, fang):
    assert refused(shared.submit(lin)) == (409, "cart.empty")
    shared.put(lin)
    missing = lin.api.post(f"/api/v1/{shared.path}submit/", {})
    assert refused(missing) == (400, "idempotency.key_required")
    before = written()
    for body in ({"remark": "长" * 201}, {"remark": 1}, {"coupon": "x"}, {"coupon": 0}, {"op_id": 4}):
        assert refused(shared.submit(lin, **body)) == (400, "body.invalid")
    assert refused(shared.submit(lin, coupon=10**9)) == (400, "coupon.not_found")
    post(fang, "stores/demo/pause/")
    assert refused(shared.submit(lin)) == (409, "store.closed")
    post(fang, "stores/demo/open/")
    assert written() == before
    no = shared.submit(lin, key="once").json()["no"]
    again = shared.submit(lin, key="once")
    assert (again.json()["no"], again["Idempotency-Replayed"]) == (no, "true")
    answer = shared.submit(chen)
    assert (*refused(answer), answer.json()["order"]) == (409, "cart.empty", no)


@pytest.mark.both
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("pay_first", [True, False])
def test_two_people_press_at_once(shared, store, lin, chen, at_once, pay_first):
    type(store).objects.update(pay_first=pay_first)
    for _ in range(4):
        for who in (lin, chen):
            shared.put(who, quantity=2)
        before = Batch.objects.count()
        answers = at_once(lambda i: shared.submit((lin, chen)[i]), 2)
        assert sorted(answer.status_code for answer in answers) == [201, 409]
        [won] = [answer.json() for answer in answers if answer.status_code == 201]
        [lost] = [answer.json() for answer in answers if answer.status_code == 409]
        assert (lost["code"], lost["order"]) == ("cart.empty", won["no"])
        assert (Batch.objects.count(), CartLine.objects.count()) == (before + 1, 0)
    assert Line.objects.count() == 8
    assert Order.objects.count() == (4 if pay_first else 1)


@pytest.mark.mariadb
@pytest.mark.django_db(transaction=True)
def test_control_without_the_lock_the_kitchen_cooks_twice(shared, later, lin, chen, at_once, monkeypatch):
    monkeypatch.setattr(Transaction, "lock", lambda self, rank, rows: list(rows.order_by("pk")))
    plain = carts.take_all

    def slow(tx, session):
        taken = list(carts.queries.lines(session))
        time.sleep(0.2)
        plain(tx, session)
        return taken

    monkeypatch.setattr(carts, "take_all", slow)
    monkeypatch.setattr(carts, "announce", lambda *said: None)
    monkeypatch.setattr(carts, "_drop", lambda tx, session, gone: None)
    shared.put(lin)
    answers = at_once(lambda i: shared.submit((lin, chen)[i]), 2)
    assert [answer.status_code for answer in answers] == [201, 201]
    assert Batch.objects.count() == 2


@pytest.mark.both
@pytest.mark.django_db(transaction=True)
def test_a_line_that_comes_during_a_submit_is_ordered_or_stays(shared, later, lin, chen, at_once):
    for _ in range(4):
        shared.put(lin)
        acts = [lambda: shared.submit(lin), lambda: shared.put(chen, shared.cucumber)]
        at_once(lambda i, acts=acts: acts[i](), 2)
    left = CartLine.objects.count()
    assert Line.objects.filter(name="拍黄瓜").count() + left == 4
    assert Line.objects.filter(name="宫保鸡丁").count() == 4
