"""Submitting: what is refused and leaves nothing behind, who owns the order, how many statements it takes."""

from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from hub.models import Event, IdempotencyKey
from hub.transactions import transact
from ordering.orders.models import Batch, Line, Order, PickupCounter
from ordering.restaurant import actions as restaurant
from ordering.restaurant import sessions
from tests import factories
from tests.ordering.orders.trips import basket, post, refused, submit

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both]


def nothing_written():
    return not (
        Order.objects.exists()
        or Line.objects.exists()
        or Batch.objects.exists()
        or IdempotencyKey.objects.exists()
        or PickupCounter.objects.exists()
        or Event.objects.filter(key__startswith="order:").exists()
    )


def lines(*rows):
    return [{"dish": 1, "quantity": 1, **row} for row in rows]


@pytest.mark.parametrize(
    "change",
    [
        {"lines": []},
        {"lines": lines(*[{}] * 51)},
        {"lines": lines({"quantity": 0})},
        {"lines": lines({"quantity": 100})},
        {"lines": lines({"quantity": -1})},
        {"lines": lines({"quantity": 1.5})},
        {"lines": lines({"quantity": "2"})},
        {"lines": lines({"quantity": True})},
        {"lines": lines({"dish": "1"})},
        {"lines": lines({"dish": 2**63})},
        {"lines": lines({"remark": "长" * 81})},
        {"lines": lines({"options": [1.5]})},
        {"lines": "x"},
        {"remark": "长" * 201},
        {"remark": 5},
        {"kind": "delivery"},
        {"store": None},
    ],
)
def test_a_malformed_basket_is_refused(store, chicken, lin, change):
    assert refused(post(lin, "orders/", {**basket(chicken), **change})) == (400, "body.invalid")
    assert refused(post(lin, "orders/quote/", {**basket(chicken), **change})) == (400, "body.invalid")
    assert nothing_written()


def test_what_the_store_does_not_offer_is_refused(store, other_store, chicken, table, lin):
    foreign = factories.dish(other_store, "隔壁鸭")
    gone = factories.dish(store, "下架菜", is_active=False)
    empty = factories.dish(store, "例汤", remaining=0)
    few = factories.dish(store, "佛跳墙", remaining=2)
    cases = [
        (basket(foreign), 400, "dish.not_found"),
        (basket(gone), 400, "dish.not_found"),
        (basket(empty), 409, "stock.sold_out"),
        (basket(few, quantity=3), 409, "stock.sold_out"),
        (basket(chicken, store="nowhere"), 404, "resource.not_found"),
        (basket(chicken, coupon=5), 400, "coupon.not_found"),
        (basket(chicken, kind="dine_in"), 400, "table.token_required"),
        (basket(chicken, kind="dine_in", table_token="x" * 28), 403, "table.token_invalid"),
    ]
    for body, status, code in cases:
        assert refused(post(lin, "orders/", body)) == (status, code)
    problem = post(lin, "orders/", basket(chicken, few, quantity=3)).json()
    assert (problem["dish"], problem["remaining"]) == (few.pk, 2)
    problem = post(lin, "orders/", basket(chicken, foreign)).json()
    assert problem["errors"][0]["field"] == "lines.1.dish"
    assert nothing_written()


def test_table_tokens_must_be_this_store_s_and_current(store, other_store, chicken, table, lin):
    body = basket(chicken, table=other_store.tables.first())
    assert refused(post(lin, "orders/", body)) == (403, "table.token_invalid")
    body = basket(chicken, table=table)
    transact(lambda tx: sessions.rotate_token(tx, table), actor="staff:x")
    assert refused(post(lin, "orders/", body)) == (403, "table.token_stale")
    assert nothing_written()


def test_a_closed_store_takes_no_orders(store, chicken, lin):
    transact(lambda tx: restaurant.pause_store(tx, store), actor="staff:x")
    assert refused(post(lin, "orders/", basket(chicken))) == (409, "store.closed")
    assert nothing_written()


def test_prices_in_the_body_are_ignored(store, chicken, lin):
    body = basket(chicken, total_fen=1)
    body["lines"][0] |= {"price_fen": 1, "amount_fen": 1, "unit_price_fen": 1}
    assert submit(lin, body)["total_fen"] == 3800


def test_text_survives_whole(store, chicken, lin):
    text = "🍜𠮷 مرحبا 不要辣"
    body = basket(chicken, remark=text)
    body["lines"][0]["remark"] = text
    order = submit(lin, body)
    assert (order["remark"], order["lines"][0]["remark"]) == (text, text)


def test_a_quote_prices_every_line_and_writes_nothing(store, chicken, lin):
    few = factories.dish(store, "佛跳墙", 9900, remaining=1)
    quote = post(lin, "orders/quote/", basket(chicken, few, quantity=2)).json()
    assert quote == {
        "lines": [
            {"dish": chicken.pk, "quantity": 2, "unit_price_fen": 3800, "amount_fen": 7600, "refusal": None},
            {
                "dish": few.pk,
                "quantity": 2,
                "unit_price_fen": 0,
                "amount_fen": 0,
                "refusal": "stock.sold_out",
            },
        ],
        "subtotal_fen": 7600,
        "discount_fen": 0,
        "total_fen": 7600,
        "coupons": [],
        "eta_minutes": {"low": 8, "high": 12},
    }
    assert nothing_written()


def test_the_key_is_required_and_told_apart(store, chicken, lin, zhao):
    assert refused(lin.api.post("/api/v1/orders/", basket(chicken))) == (400, "idempotency.key_required")
    key = uuid4().hex
    first = post(lin, "orders/", basket(chicken), key=key)
    again = post(lin, "orders/", basket(chicken), key=key)
    assert again.content == first.content
    assert again["Idempotency-Replayed"] == "true"
    assert refused(post(lin, "orders/", basket(chicken, quantity=2), key=key)) == (
        422,
        "idempotency.key_reused",
    )
    assert post(zhao, "orders/", basket(chicken), key=key).json()["no"] != first.json()["no"]
    assert Order.objects.count() == 2


def test_a_refused_submit_does_not_burn_its_key(store, chicken, lin):
    key = uuid4().hex
    transact(lambda tx: restaurant.pause_store(tx, store), actor="staff:x")
    assert post(lin, "orders/", basket(chicken), key=key).status_code == 409
    transact(lambda tx: restaurant.open_store(tx, store), actor="staff:x")
    assert post(lin, "orders/", basket(chicken), key=key).status_code == 201


def test_the_counter_orders_for_a_table_and_owns_nothing(store, chicken, table, fang, wang, tablet):
    order = submit(fang, basket(chicken, table=table))
    assert Order.objects.get(no=order["no"]).diner is None
    assert order["allowed_actions"] == ["pay", "cancel"]
    assert refused(post(tablet, "orders/", basket(chicken))) == (403, "auth.forbidden")
    assert submit(wang, basket(chicken))["status"] == "pending_payment", "a cook may be hungry"


def test_pay_later_goes_straight_to_the_counter(store, chicken, table, lin, fang):
    type(store).objects.update(pay_first=False)
    order = submit(lin, basket(chicken, table=table))
    assert (order["status"], order["pickup_no"], order["expires_at"]) == ("placed", "A001", None)
    assert submit(lin, basket(chicken))["status"] == "pending_payment", "pickup is paid first"
    assert submit(fang, basket(chicken))["pickup_no"] == "A002"


def test_an_automatic_store_takes_the_order_in_the_same_transaction(store, chicken, table, lin):
    type(store).objects.update(pay_first=False, auto_accept=True)
    order = submit(lin, basket(chicken, table=table))
    assert (order["status"], order["version"]) == ("accepted", 2)
    assert Line.objects.get().queued_at is not None
    assert [e.kind for e in Event.objects.filter(key=f"order:{order['no']}")] == [
        "order.submitted",
        "order.accepted",
    ]


def test_what_costs_nothing_is_paid(store, lin):
    order = submit(lin, basket(factories.dish(store, "白开水", 0)))
    assert (order["status"], order["payment_status"], order["pickup_no"]) == ("placed", "paid", "A001")


def test_five_unpaid_orders_at_once(store, chicken, lin, settings, at_once):
    settings.RATE_LIMIT_SCALE = 1
    api = [lin.api for _ in range(8)]
    answers = at_once(
        lambda i: api[i].post("/api/v1/orders/", basket(chicken), HTTP_IDEMPOTENCY_KEY=f"k{i}"), 8
    )
    assert sorted(answer.status_code for answer in answers) == [201] * 5 + [429] * 3
    assert refused(post(lin, "orders/", basket(chicken))) == (429, "order.too_many_unpaid")
    assert Order.objects.count() == 5


def test_fifty_submits_with_one_key_make_one_order(store, lin, at_once):
    dish = factories.dish(store, remaining=100)
    apis = [lin.api for _ in range(50)]
    answers = at_once(lambda i: apis[i].post("/api/v1/orders/", basket(dish), HTTP_IDEMPOTENCY_KEY="one"), 50)
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert Order.objects.count() == 1
    dish.refresh_from_db()
    assert dish.remaining == 99


def test_fifty_submits_without_a_common_key_make_fifty_orders(store, lin, at_once):
    dish = factories.dish(store, remaining=100)
    apis = [lin.api for _ in range(20)]
    at_once(lambda i: apis[i].post("/api/v1/orders/", basket(dish), HTTP_IDEMPOTENCY_KEY=f"k{i}"), 20)
    assert Order.objects.count() == 20


@pytest.mark.parametrize("pay_first", [True, False])
def test_the_number_of_statements_does_not_grow_with_the_lines(store, table, lin, pay_first):
    type(store).objects.update(pay_first=pay_first, auto_accept=True)
    dishes = [factories.dish(store, f"菜{i}", remaining=50, station="wok") for i in range(50)]
    for dish in dishes:
        factories.group(dish, "辣度", {"微辣": 0, "特辣": 100})
    submit(lin, basket(dishes[0], table=table))
    assert statements(lin, basket(dishes[0], table=table)) == statements(lin, basket(*dishes, table=table))


def test_a_combo_costs_no_more_statements(store, lin):
    rice = factories.dish(store, "米饭", 200, remaining=99)
    combos = [factories.combo(store, {rice: 2}, f"套餐{i}", 2000) for i in range(20)]
    assert statements(lin, basket(combos[0])) == statements(lin, basket(*combos))


def statements(who, body):
    api = who.api
    with CaptureQueriesContext(connection) as caught:
        answer = api.post("/api/v1/orders/", body, HTTP_IDEMPOTENCY_KEY=uuid4().hex)
    assert answer.status_code == 201, answer.content
    return len(caught)


def test_a_combo_is_many_lines_and_one_price(store, chicken, cucumber, lin):
    meal = factories.combo(store, {chicken: 1, cucumber: 2}, price_fen=5001)
    order = submit(lin, basket(meal, quantity=2))
    assert [(line["name"], line["quantity"], line["station"]) for line in order["lines"]] == [
        ("宫保鸡丁", 2, "wok"),
        ("拍黄瓜", 4, "cold"),
    ]
    assert sum(line["amount_fen"] for line in order["lines"]) == order["total_fen"] == 10002
    assert {line["combo"]["name"] for line in order["lines"]} == {"双人套餐"}
    cart = post(lin, f"orders/{order['no']}/reorder/")
    assert cart.status_code == 201
    assert [(line["dish"], line["quantity"]) for line in cart.json()["lines"]] == [(meal.pk, 2)]
    assert cart.json()["total_fen"] == 10002


def test_too_many_lines_for_one_card(store, lin):
    parts = {factories.dish(store, f"菜{i}", 100): 1 for i in range(5)}
    meal = factories.combo(store, parts)
    assert refused(post(lin, "orders/", basket(*[meal] * 21))) == (409, "order.too_many_lines")
    assert nothing_written()
