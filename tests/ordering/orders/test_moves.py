"""Moves in detail: taps, rush, batches, lists, the admin."""

from datetime import timedelta
from uuid import uuid4

import pytest

from hub.models import Event
from hub.transactions import transact
from ordering.orders.models import Batch, Order
from ordering.restaurant import sessions
from tests import factories
from tests.ordering.orders.trips import basket, cook, move, post, refused, submit

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both]


def test_a_repeated_tap_gets_the_first_result(order_in, fang):
    no = order_in("placed")["no"]
    tap = {"op_id": str(uuid4())}
    first, again = (fang.api.post(f"/api/v1/orders/{no}/accept/", tap) for _ in range(2))
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.content == first.content
    assert again["Idempotency-Replayed"] == "true"
    assert Event.objects.filter(key=f"order:{no}", kind="order.accepted").count() == 1
    assert refused(fang.api.post(f"/api/v1/orders/{no}/accept/", {"op_id": "x"})) == (400, "body.invalid")


def test_the_reason_has_a_limit_and_is_kept(order_in, fang, lin):
    no = order_in("placed")["no"]
    assert refused(post(fang, f"orders/{no}/reject/", {"reason": "长" * 81})) == (400, "body.invalid")
    assert move(lin, no, "cancel", reason="点错了")["cancel_reason"] == "点错了"
    order = Order.objects.get(no=no)
    assert (order.cancel_kind, order.status) == ("diner", "cancelled")


def test_malformed_json_and_no_body(order_in, fang):
    no = order_in("placed")["no"]
    path = f"/api/v1/orders/{no}/accept/"
    answer = fang.api.post(path, b'{"version":', content_type="application/json")
    assert refused(answer) == (400, "body.malformed")
    assert refused(fang.api.post(path, [1], format="json")) == (400, "body.invalid")
    assert refused(fang.api.post(path, {"version": "2"}, format="json")) == (400, "body.invalid")
    assert fang.api.post(path).status_code == 200


def test_rush_once_a_minute_and_its_answer(order_in, lin, wang, fang):
    no = order_in("accepted")["no"]
    assert refused(post(wang, f"orders/{no}/rush/answer/", {"answer": "soon"})) == (409, "order.not_rushed")
    assert move(lin, no, "rush")["rush_count"] == 1
    refusal = post(lin, f"orders/{no}/rush/")
    assert refused(refusal) == (409, "order.rushed_recently")
    assert 0 < int(refusal["Retry-After"]) <= 61
    bad = post(wang, f"orders/{no}/rush/answer/", {"answer": "later"})
    assert refused(bad) == (400, "body.invalid")
    assert move(wang, no, "rush/answer", answer="five_minutes")["rush_answer"] == "five_minutes"
    Order.objects.filter(no=no).update(
        last_rush_at=Order.objects.get(no=no).last_rush_at - timedelta(seconds=61)
    )
    again = move(fang, no, "rush")
    assert (again["rush_count"], again["rush_answer"]) == (2, None)


def test_a_batch_goes_to_the_kitchen_and_takes_the_order_back_to_work(order_in, chicken, lin, wang, table):
    order = order_in("ready")
    no = order["no"]
    added = post(lin, f"orders/{no}/batches/", {"lines": [{"dish": chicken.pk, "quantity": 2}]})
    assert added.status_code == 201
    order = added.json()
    assert (order["status"], order["ready_at"], order["due_fen"]) == ("preparing", None, 7600)
    assert [batch.number for batch in Batch.objects.filter(order__no=no).order_by("pk")] == [1, 2]
    kinds = Event.objects.filter(key=f"order:{no}").order_by("version").values_list("kind", flat=True)
    assert list(kinds)[-2:] == ["order.batch_added", "order.preparing"]
    assert sum(line["amount_fen"] for line in order["lines"]) == order["total_fen"]
    cook(wang, order["lines"][-1]["id"], "start")


def test_a_batch_needs_its_key_an_open_table_and_open_doors(order_in, chicken, lin, fang, table, store):
    no = order_in("accepted")["no"]
    body = {"lines": [{"dish": chicken.pk, "quantity": 1}]}
    path = f"/api/v1/orders/{no}/batches/"
    assert refused(lin.api.post(path, body)) == (400, "idempotency.key_required")
    assert refused(post(lin, f"orders/{no}/batches/", {"lines": []})) == (400, "body.invalid")
    transact(lambda tx: sessions.close(tx, table), actor=fang.actor.label)
    assert refused(post(lin, f"orders/{no}/batches/", body)) == (409, "table.session_closed")
    assert Batch.objects.filter(order__no=no).count() == 1


def test_pickup_orders_grow_at_the_counter_only(chicken, lin, fang):
    no = submit(lin, basket(chicken))["no"]
    post(fang, f"orders/{no}/pay/", {"channel": "cash"})
    body = {"lines": [{"dish": chicken.pk, "quantity": 1}]}
    assert refused(post(lin, f"orders/{no}/batches/", body)) == (409, "order.not_at_table")
    assert post(fang, f"orders/{no}/batches/", body).status_code == 201


def test_a_batch_that_cannot_be_had_changes_nothing(order_in, store, lin):
    order = order_in("accepted")
    few = factories.dish(store, "佛跳墙", remaining=1)
    body = {"lines": [{"dish": few.pk, "quantity": 2}]}
    assert refused(post(lin, f"orders/{order['no']}/batches/", body)) == (409, "stock.sold_out")
    assert lin.api.get(f"/api/v1/orders/{order['no']}/").json() == order


def test_pickup_numbers_rise_per_store_and_day(store, chicken, lin, fang):
    numbers = []
    for _ in range(3):
        no = submit(lin, basket(chicken))["no"]
        post(fang, f"orders/{no}/pay/", {"channel": "cash"})
        numbers.append(lin.api.get(f"/api/v1/orders/{no}/").json()["pickup_no"])
    assert numbers == ["A001", "A002", "A003"]


def test_no_two_orders_share_a_pickup_number(store, chicken, table, at_once):
    type(store).objects.update(pay_first=False)
    people = [factories.person(f"guest{i}") for i in range(8)]
    bodies = [basket(chicken, table=store.tables.all()[i % 4]) for i in range(8)]
    orders = at_once(lambda i: submit(people[i], bodies[i]), 8)
    assert sorted(order["pickup_no"] for order in orders) == [f"A00{n}" for n in range(1, 9)]


def test_lists(order_in, store, chicken, table, lin, zhao, fang, wang):
    placed = order_in("placed")
    cancelled = order_in("cancelled")
    mine = lin.api.get("/api/v1/orders/?page_size=1").json()
    assert [order["no"] for order in mine["results"]] == [cancelled["no"]]
    following = lin.api.get(mine["next"]).json()
    assert [order["no"] for order in following["results"]] == [placed["no"]]
    assert zhao.api.get("/api/v1/orders/").json()["results"] == []
    assert refused(zhao.api.get("/api/v1/orders/?store=demo")) == (403, "auth.forbidden")
    assert refused(fang.api.get("/api/v1/orders/?store=nowhere")) == (404, "resource.not_found")
    assert refused(fang.api.get("/api/v1/orders/?store=demo&status=x")) == (400, "body.invalid")
    assert refused(fang.api.get("/api/v1/orders/?store=demo&day=x")) == (400, "body.invalid")

    def seen(query):
        return [order["no"] for order in fang.api.get(f"/api/v1/orders/?store=demo{query}").json()["results"]]

    assert seen("") == [cancelled["no"], placed["no"]]
    assert seen("&status=placed,accepted") == [placed["no"]]
    assert seen("&table=t2") == []
    assert seen(f"&day={Order.objects.first().business_day}&table=t1") == [cancelled["no"], placed["no"]]
    assert seen("&day=2001-01-01") == []
    actions = fang.api.get("/api/v1/orders/?store=demo&status=placed").json()["results"][0]["allowed_actions"]
    assert "accept" in actions


def test_history_is_read_only_in_the_admin(order_in, client, django_user_model):
    order_in("completed")
    root = django_user_model.objects.create_superuser("root", "demo")
    client.force_login(root)
    pk = Order.objects.get().pk
    for path in ("orders/order", "payments/payment", "payments/refund", "kitchen/receipt"):
        assert client.get(f"/admin/{path}/").status_code == 200
        assert client.get(f"/admin/{path}/add/").status_code == 403
    assert client.get(f"/admin/orders/order/{pk}/change/").status_code == 200
    assert client.post(f"/admin/orders/order/{pk}/change/", {"status": "placed"}).status_code == 403
    assert client.post(f"/admin/orders/order/{pk}/delete/", {"post": "yes"}).status_code == 403
