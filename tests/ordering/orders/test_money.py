"""Money of an order: cash, dues, refunds whole, in part and per line, voids; the sums always hold."""

from uuid import uuid4

import pytest

from hub.models import Event
from ordering.orders.models import Line, Order
from ordering.payments.models import Payment, Refund
from tests import factories
from tests.ordering.orders.trips import basket, cook, move, post, refused, submit

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both]


def pay(who, no, channel="cash"):
    return post(who, f"orders/{no}/pay/", {"channel": channel})


def give_back(who, no, **body):
    return post(who, f"orders/{no}/refunds/", {"reason": "客人不满意", **body})


def books(no):
    order = Order.objects.get(no=no)
    received = sum(p.amount_fen for p in Payment.objects.filter(order_no=no, state="succeeded"))
    returned = sum(r.amount_fen for r in Refund.objects.filter(order_no=no, state="succeeded"))
    assert (order.paid_fen, order.refunded_fen) == (received, returned)
    assert returned <= received
    return received, returned


def test_cash_is_the_counter_s(order_in, lin, fang, wang):
    no = order_in("pending_payment")["no"]
    assert refused(pay(lin, no)) == (403, "auth.forbidden")
    assert refused(pay(wang, no)) == (403, "auth.forbidden")
    assert refused(pay(fang, no, "wechat_jsapi")) == (403, "auth.forbidden")
    assert refused(pay(lin, no, "wechat_jsapi")) == (409, "payment.channel_unavailable")
    assert refused(pay(lin, no, "shells")) == (400, "body.invalid")
    assert not Payment.objects.exists()
    payment = pay(fang, no).json()["payment"]
    assert len(payment["out_trade_no"]) == 23
    assert refused(pay(fang, no)) == (409, "order.already_paid")
    assert books(no) == (5000, 0)


def test_pay_needs_its_key_and_books_once(order_in, fang, at_once):
    no = order_in("pending_payment")["no"]
    path = f"/api/v1/orders/{no}/pay/"
    assert refused(fang.api.post(path, {"channel": "cash"})) == (400, "idempotency.key_required")
    apis = [fang.api for _ in range(8)]
    at_once(lambda i: apis[i].post(path, {"channel": "cash"}, HTTP_IDEMPOTENCY_KEY=f"k{i}"), 8)
    assert Payment.objects.count() == 1
    assert books(no) == (5000, 0)


def test_sync_tells_how_the_payment_stands(order_in, lin, zhao, fang):
    no = order_in("pending_payment")["no"]
    unpaid = {"status": "pending_payment", "payment_status": "unpaid", "payment": None}
    assert post(lin, f"orders/{no}/payment/sync/").json() == unpaid
    assert refused(post(fang, f"orders/{no}/payment/sync/")) == (403, "auth.forbidden")
    assert refused(post(zhao, f"orders/{no}/payment/sync/")) == (404, "resource.not_found")
    pay(fang, no)
    assert post(lin, f"orders/{no}/payment/sync/").json()["payment"]["state"] == "succeeded"


def test_the_gateway_s_callback_is_refused_without_a_gateway(anonymous):
    for body in ({}, {"id": "x"}, b"\xff\x00"):
        answer = anonymous.post("/api/payments/wechat/notify/", body, content_type="application/json")
        assert refused(answer) == (401, "payment.signature_invalid")


def test_everything_goes_back_when_a_paid_order_is_rejected(store, lin, fang):
    dish = factories.dish(store, remaining=5)
    no = submit(lin, basket(dish, quantity=2))["no"]
    pay(fang, no)
    order = move(fang, no, "reject", reason="卖完了")
    assert (order["payment_status"], order["refunded_fen"]) == ("refunded", 7600)
    assert (order["cancel_reason"], order["lines"][0]["state"]) == ("卖完了", "voided")
    assert books(no) == (7600, 7600)
    dish.refresh_from_db()
    assert dish.remaining == 5
    kinds = Event.objects.filter(key=f"order:{no}").order_by("version").values_list("kind", flat=True)
    assert list(kinds)[-3:] == ["order.rejected", "refund.requested", "refund.succeeded"]


def test_an_approved_request_to_cancel_returns_everything(order_in, lin, fang):
    no = order_in("preparing")["no"]
    asked = move(lin, no, "request-cancel", reason="等太久")
    assert asked["cancel_requested_at"]
    assert refused(post(lin, f"orders/{no}/request-cancel/")) == (409, "order.transition_refused")
    assert move(fang, no, "request-cancel/refuse")["cancel_requested_at"] is None
    refusal = post(fang, f"orders/{no}/request-cancel/approve/")
    assert refused(refusal) == (409, "order.no_cancel_request")
    move(lin, no, "request-cancel", reason="真的等太久")
    order = move(fang, no, "request-cancel/approve")
    assert (order["status"], order["cancel_kind"], order["cancel_reason"]) == (
        "cancelled",
        "diner",
        "真的等太久",
    )
    assert books(no) == (5000, 5000)


def test_refunds_in_part_and_per_line_stop_at_what_was_paid(order_in, fang, lin):
    order = order_in("completed")
    no, cold = order["no"], order["lines"][1]["id"]
    answer = give_back(fang, no, lines=[{"line": cold, "quantity": 1}])
    assert answer.status_code == 201
    assert set(answer.json()) == {"id", "state", "amount_fen", "lines", "reason", "requested_at"}
    assert (answer.json()["amount_fen"], answer.json()["state"]) == (1200, "succeeded")
    again = give_back(fang, no, lines=[{"line": cold, "quantity": 1}])
    assert refused(again) == (409, "refund.exceeds_paid")
    assert give_back(fang, no, lines=[{"line": 10**9, "quantity": 1}]).status_code == 400
    assert give_back(fang, no, amount_fen=800).status_code == 201
    assert refused(give_back(fang, no, amount_fen=3001)) == (409, "refund.exceeds_paid")
    assert lin.api.get(f"/api/v1/orders/{no}/").json()["payment_status"] == "partly_refunded"
    assert give_back(fang, no).json()["amount_fen"] == 3000
    assert refused(give_back(fang, no)) == (409, "refund.exceeds_paid")
    assert books(no) == (5000, 5000)


@pytest.mark.parametrize(
    "body",
    [
        {"amount_fen": 0},
        {"amount_fen": -1},
        {"amount_fen": "5"},
        {"reason": ""},
        {"reason": None},
        {"lines": []},
        {"lines": [{"line": 1, "quantity": 0}]},
    ],
)
def test_a_malformed_refund_is_refused(order_in, fang, body):
    no = order_in("placed")["no"]
    assert give_back(fang, no, **body).status_code == 400
    assert books(no) == (5000, 0)


def test_a_hundred_refunds_at_once_never_exceed_what_was_paid(order_in, fang, at_once):
    no = order_in("placed")["no"]
    apis = [fang.api for _ in range(20)]
    body = {"amount_fen": 700, "reason": "慢"}
    answers = at_once(
        lambda i: apis[i].post(f"/api/v1/orders/{no}/refunds/", body, HTTP_IDEMPOTENCY_KEY=uuid4().hex), 20
    )
    assert sorted(answer.status_code for answer in answers) == [201] * 7 + [409] * 13
    assert books(no) == (5000, 4900)


def test_a_void_leaves_the_bill_and_returns_what_was_overpaid(order_in, fang, lin):
    order = order_in("preparing")
    no, cold = order["no"], order["lines"][1]["id"]
    order = cook(fang, cold, "void", reason="没有了")
    assert (order["total_fen"], order["refunded_fen"], order["due_fen"]) == (3800, 1200, 0)
    assert (order["payment_status"], order["status"]) == ("partly_refunded", "ready")
    assert books(no) == (5000, 1200)
    assert Line.objects.get(pk=cold).state == "voided"
    assert refused(post(fang, f"kitchen/lines/{cold}/void/")) == (409, "line.transition_refused")


def test_nobody_gets_the_money_of_one_dish_twice(order_in, fang):
    order = order_in("preparing")
    no, cold = order["no"], order["lines"][1]["id"]
    give_back(fang, no, lines=[{"line": cold, "quantity": 1}])
    order = cook(fang, cold, "void")
    assert (order["total_fen"], order["refunded_fen"], order["due_fen"]) == (3800, 1200, 0)
    assert books(no) == (5000, 1200)


def test_dues_after_void_and_more_dishes(order_in, chicken, lin, fang):
    order = order_in("preparing")
    no, cold = order["no"], order["lines"][1]["id"]
    cook(fang, cold, "void")
    more = {"lines": [{"dish": chicken.pk, "quantity": 1}]}
    order = post(lin, f"orders/{no}/batches/", more).json()
    assert (order["total_fen"], order["due_fen"], order["payment_status"]) == (7600, 3800, "unpaid")
    assert pay(fang, no).json()["payment"]["amount_fen"] == 3800
    order = lin.api.get(f"/api/v1/orders/{no}/").json()
    assert (order["due_fen"], order["payment_status"]) == (0, "partly_refunded")
    assert books(no) == (8800, 1200)


def test_an_unsettled_order_is_not_completed(store, chicken, table, lin, fang, wang):
    type(store).objects.update(pay_first=False)
    order = submit(lin, basket(chicken, table=table))
    no = order["no"]
    move(fang, no, "accept")
    ready = cook(wang, order["lines"][0]["id"], "ready")
    assert ready["status"] == "ready"
    refusal = post(fang, f"orders/{no}/complete/")
    assert refused(refusal) == (409, "order.unsettled")
    assert "complete" not in refusal.json()["allowed_actions"]
    pay(fang, no)
    assert move(fang, no, "complete")["status"] == "completed"


def test_a_voided_combo_gives_its_portions_back_once(store, chicken, lin, fang):
    rice = factories.dish(store, "米饭", 200, remaining=10)
    soup = factories.dish(store, "汤", 300, remaining=10)
    meal = factories.combo(store, {rice: 2, soup: 1}, price_fen=2500)
    type(meal).objects.filter(pk=meal.pk).update(remaining=5)
    no = submit(lin, basket(meal, quantity=2))["no"]
    assert [left(dish) for dish in (meal, rice, soup)] == [3, 6, 8]
    pay(fang, no)
    order = move(fang, no, "accept")
    cook(fang, order["lines"][0]["id"], "void")
    assert [left(dish) for dish in (meal, rice, soup)] == [3, 10, 8]
    cook(fang, order["lines"][1]["id"], "void")
    assert [left(dish) for dish in (meal, rice, soup)] == [5, 10, 10]
    move(fang, no, "cancel")
    assert [left(dish) for dish in (meal, rice, soup)] == [5, 10, 10]
    assert books(no) == (5000, 5000)


def left(dish):
    dish.refresh_from_db()
    return dish.remaining
