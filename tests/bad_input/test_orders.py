"""Orders that are wrong: each gets its documented problem, nothing is written, no traceback."""

import json

import pytest

from hub.transactions import transact
from ordering.orders.models import Order
from ordering.restaurant import sessions as table_sessions
from ordering.restaurant import tokens as table_tokens
from tests import factories
from tests.bad_input.spoiled import line, post

pytestmark = pytest.mark.django_db


def test_the_basket_itself_is_right(lin, basket):
    assert post(lin.api, "orders/", basket).status_code == 201


LINE_FAULTS = {
    "unknown dish": ({"dish": 10**9}, "dish.not_found"),
    "foreign option": ({"options": [10**9]}, "option.invalid"),
    "option twice": (None, "option.invalid"),
    "option missing": ({"options": []}, "option.required"),
    **{
        f"quantity {value!r}": ({"quantity": value}, "body.invalid")
        for value in (0, 100, -1, 1.5, "2", True, None, [], {}, 10**30, "")
    },
    **{
        f"dish {value!r}": ({"dish": value}, "body.invalid")
        for value in (0, -1, "1", 1.0, None, [], 2**63, {})
    },
    **{
        f"options {value!r}": ({"options": value}, "body.invalid") for value in ("1", [None], [1.5], 7, [[1]])
    },
    "remark too long": ({"remark": "长" * 81}, "body.invalid"),
    "remark no text": ({"remark": 5}, "body.invalid"),
}


@pytest.mark.both
@pytest.mark.parametrize("name", LINE_FAULTS)
def test_a_line_that_is_wrong(name, lin, basket, refused):
    fields, code = LINE_FAULTS[name]
    if fields is None:
        fields = {"options": basket["lines"][0]["options"] * 2}
    body = refused(400, code, lambda: post(lin.api, "orders/", line(basket, **fields))).json()
    assert body["errors"] and body["errors"][0]["field"].startswith("lines.0")
    refused(400, code, lambda: post(lin.api, "orders/", line(basket, **fields)))


@pytest.mark.both
@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"store": "nowhere"}, 404, "resource.not_found"),
        ({"store": ""}, 400, "body.invalid"),
        ({"store": 7}, 400, "body.invalid"),
        ({"store": "x" * 33}, 400, "body.invalid"),
        ({"store": "demo\x00"}, 400, "body.invalid"),
        ({"kind": "delivery"}, 400, "body.invalid"),
        ({"kind": None}, 400, "body.invalid"),
        ({"kind": []}, 400, "body.invalid"),
        ({"lines": []}, 400, "body.invalid"),
        ({"lines": None}, 400, "body.invalid"),
        ({"lines": {}}, 400, "body.invalid"),
        ({"lines": [7]}, 400, "body.invalid"),
        ({"lines": "x"}, 400, "body.invalid"),
        ({"coupon": 7}, 400, "coupon.not_found"),
        ({"coupon": "7"}, 400, "body.invalid"),
        ({"remark": "长" * 201}, 400, "body.invalid"),
        ({"remark": "a\x00b"}, 400, "body.invalid"),
        ({"kind": "dine_in"}, 400, "table.token_required"),
        ({"kind": "dine_in", "table_token": "x"}, 403, "table.token_invalid"),
        ({"kind": "dine_in", "table_token": 7}, 400, "body.invalid"),
        ({"kind": "dine_in", "table_token": "x" * 500}, 400, "body.invalid"),
    ],
)
def test_an_order_that_is_wrong(lin, basket, refused, fields, status, code):
    refused(status, code, lambda: post(lin.api, "orders/", {**basket, **fields}))


def test_fifty_one_lines(lin, basket, refused):
    refused(400, "body.invalid", lambda: post(lin.api, "orders/", {**basket, "lines": basket["lines"] * 51}))
    assert post(lin.api, "orders/", {**basket, "lines": basket["lines"] * 50}).status_code == 201


def test_another_dishs_option_is_foreign(lin, store, basket, refused):
    other = factories.dish(store, "鱼香肉丝")
    foreign = factories.group(other, "份量", {"大": 500}).options.get().pk
    refused(400, "option.invalid", lambda: post(lin.api, "orders/", line(basket, options=[foreign])))


def test_another_stores_dish_is_unknown(lin, other_store, basket, refused):
    foreign = factories.dish(other_store).pk
    refused(400, "dish.not_found", lambda: post(lin.api, "orders/", line(basket, dish=foreign, options=[])))


def test_a_closed_store(lin, store, basket, refused):
    store.is_open = False
    store.save()
    refused(409, "store.closed", lambda: post(lin.api, "orders/", basket))


def test_sold_out(lin, dish, basket, refused):
    dish.remaining = 1
    dish.save()
    body = refused(409, "stock.sold_out", lambda: post(lin.api, "orders/", line(basket, quantity=2))).json()
    assert (body["dish"], body["remaining"]) == (dish.pk, 1)
    dish.sold_out = True
    dish.save()
    refused(409, "stock.sold_out", lambda: post(lin.api, "orders/", basket))


def test_prices_in_the_body_are_ignored(lin, basket):
    cheap = line(basket, unit_price_fen=1, price_fen=1, amount_fen=1) | {"total_fen": 1, "discount_fen": 3799}
    answer = post(lin.api, "orders/", cheap)
    assert (answer.status_code, answer.json()["total_fen"]) == (201, 3800)


def at_table(basket, token):
    return {**basket, "kind": "dine_in", "table_token": token}


def test_table_tokens(lin, other_store, table, basket, refused):
    foreign = table_tokens.write(other_store.tables.first())
    refused(403, "table.token_invalid", lambda: post(lin.api, "orders/", at_table(basket, foreign)))
    stale = table_tokens.write(table)
    table.token_version += 1
    table.save()
    refused(403, "table.token_stale", lambda: post(lin.api, "orders/", at_table(basket, stale)))
    refused(403, "table.token_stale", lambda: lin.api.get(f"/api/v1/tables/resolve/?token={stale}"))
    refused(403, "table.token_invalid", lambda: lin.api.get("/api/v1/tables/resolve/?token=%00"))
    refused(403, "table.token_invalid", lambda: lin.api.get("/api/v1/tables/resolve/"))


def test_a_table_session_that_is_over(lin, table, basket, refused):
    order = post(lin.api, "orders/", at_table(basket, table_tokens.write(table))).json()
    Order.objects.filter(no=order["no"]).update(status="placed")
    transact(lambda tx: table_sessions.close(tx, table), actor="tests")
    more = {"lines": basket["lines"]}
    refused(409, "table.session_closed", lambda: post(lin.api, f"orders/{order['no']}/batches/", more))


def test_a_guest_whose_session_is_over(table, basket, anonymous, refused):
    token = table_tokens.write(table)
    guest = post(anonymous, "auth/guest/", {"table_token": token}).json()["access"]
    transact(lambda tx: table_sessions.close(tx, table), actor="tests")
    api = factories.client(guest)
    refused(401, "auth.token_invalid", lambda: post(api, "orders/", at_table(basket, token)))


def test_wrong_state_and_wrong_version(lin, fang, order, refused):
    path = f"orders/{order['no']}"
    body = refused(409, "order.transition_refused", lambda: post(fang.api, f"{path}/accept/", {})).json()
    assert (body["state"], body["version"]) == ("pending_payment", order["version"])
    body = refused(
        409, "order.version_conflict", lambda: post(lin.api, f"{path}/cancel/", {"version": 99})
    ).json()
    assert body["version"] == order["version"]
    pk = order["lines"][0]["id"]
    refused(403, "auth.forbidden", lambda: post(lin.api, f"kitchen/lines/{pk}/start/", {}))


@pytest.mark.parametrize(
    "body",
    [
        {"version": "1"}, {"version": 1.5}, {"version": -1}, {"version": 10**20}, {"version": True},
        {"op_id": "x"}, {"op_id": 7}, {"op_id": []}, {"reason": 7}, {"reason": "长" * 81}, [], "x", 7, None,
    ],
)  # fmt: skip
def test_a_move_that_is_wrong(fang, order, refused, body):
    refused(
        400,
        "body.invalid",
        lambda: post(fang.api, f"orders/{order['no']}/cancel/", json.dumps(body).encode()),
    )
