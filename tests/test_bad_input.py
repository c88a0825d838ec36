"""Bad input over REST: each gets its documented problem, nothing is written, nobody sees a traceback."""

import json
import logging
from datetime import timedelta
from itertools import count

import orjson
import pytest
from django.apps import apps
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub import clock
from hub.models import Stream
from hub.transactions import transact
from ordering.orders.models import Order
from ordering.restaurant import sessions as table_sessions
from ordering.restaurant import tokens as table_tokens
from ordering.users import tokens
from tests import factories

pytestmark = pytest.mark.django_db

PROBLEM = {"type", "title", "status", "detail", "code", "errors", "request_id"}
ABSENT = "01J9ZZZZZZZZZZZZZZZZZZZZZZ"
keys = count(1)


def written():
    """How many rows each table has, and where each stream stands."""
    counts = {model._meta.label: model.objects.count() for model in apps.get_models() if model._meta.managed}
    return counts, sorted(Stream.objects.values_list("key", "seq", "tag"))


def post(api, path, body, key=True, **headers):
    """POST below /api/v1/, with an Idempotency-Key of its own."""
    if key:
        headers["HTTP_IDEMPOTENCY_KEY"] = f"k{next(keys)}"
    if isinstance(body, bytes):
        return api.post(f"/api/v1/{path}", body, content_type="application/json", **headers)
    return api.post(f"/api/v1/{path}", body, format="json", **headers)


@pytest.fixture
def refused(caplog):
    """``refused(status, code, request)``: the answer is that problem and nothing was written."""

    def check(status, code, request):
        before = written()
        caplog.clear()
        response = request()
        assert (response.status_code, response.json().get("code")) == (status, code), response.content[:500]
        problem_of(response)
        assert written() == before
        assert [r for r in caplog.records if r.exc_info or r.levelno >= logging.ERROR] == []
        assert b"Traceback" not in response.content
        return response

    return check


def problem_of(response):
    """The body of a problem, checked for its shape."""
    assert response["Content-Type"] == "application/problem+json"
    body = response.json()
    assert body.keys() >= PROBLEM
    assert body["status"] == response.status_code and body["type"] == f"/problems/{body['code']}"
    assert body["detail"] and body["title"]
    assert body["request_id"] == response["X-Request-ID"]
    assert all(row.keys() == {"field", "code", "detail"} for row in body["errors"])
    return body


@pytest.fixture
def dish(store):
    """A dish with a choice."""
    made = factories.dish(store)
    factories.group(made, "辣度", {"不辣": 0, "特辣": 100}, required=True, min=1, max=1)
    return made


@pytest.fixture
def basket(store, dish):
    """A submit body that is right, to be spoiled."""
    option = dish.option_groups.get().options.first().pk
    line = {"dish": dish.pk, "quantity": 1, "options": [option]}
    return {"store": store.code, "kind": "pickup", "lines": [line]}


@pytest.fixture
def order(lin, basket):
    """lin's unpaid order."""
    return post(lin.api, "orders/", basket).json()


def line(basket, **fields):
    return {**basket, "lines": [{**basket["lines"][0], **fields}]}


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


@pytest.mark.parametrize("name", LINE_FAULTS)
def test_a_line_that_is_wrong(name, lin, basket, refused):
    fields, code = LINE_FAULTS[name]
    if fields is None:
        fields = {"options": basket["lines"][0]["options"] * 2}
    body = refused(400, code, lambda: post(lin.api, "orders/", line(basket, **fields))).json()
    assert body["errors"] and body["errors"][0]["field"].startswith("lines.0")
    refused(400, code, lambda: post(lin.api, "orders/", line(basket, **fields)))


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


@pytest.mark.parametrize(
    "body",
    [b"{", b"", b"nul", b"[1,]", b'{"a":NaN}', b'{"a":Infinity}', b"\xff\xfe", b'{"a":"\xed\xa0\x80"}',
     b"{'a':1}", b"[" * 100_000, b'{"a":' * 5000, b'{"store":"\\ud800"}'],
    ids=lambda body: repr(body[:12]),
)  # fmt: skip
def test_malformed_json(lin, basket, refused, body):
    code = "body.malformed" if body else "body.invalid"
    response = post(lin.api, "orders/", body)
    refused(400, response.json()["code"] if body == b"" else code, lambda: post(lin.api, "orders/", body))


def test_a_body_of_another_type(lin, refused):
    def send(kind, body):
        return lin.api.generic("POST", "/api/v1/orders/", body, content_type=kind, HTTP_IDEMPOTENCY_KEY="a")

    for kind in (
        "text/plain",
        "application/xml",
        "multipart/form-data; boundary=x",
        "application/x-www-form-urlencoded",
    ):
        refused(415, "request.unsupported_media_type", lambda kind=kind: send(kind, "a=1"))


def test_a_huge_body(lin, basket, refused):
    huge = orjson.dumps({**basket, "remark": "x" * (2 * 1024 * 1024)})
    refused(413, "body.too_large", lambda: post(lin.api, "orders/", huge))


def test_four_byte_text_comes_back_as_it_was(lin, fang, basket):
    text = "不要辣🌶️👩‍🍳𠮷野家 <b>&amp;"
    made = post(lin.api, "orders/", {**line(basket, remark=text), "remark": text}).json()
    assert (made["remark"], made["lines"][0]["remark"]) == (text, text)
    again = lin.api.get(f"/api/v1/orders/{made['no']}/").json()
    assert again == made
    ended = post(fang.api, f"orders/{made['no']}/cancel/", {"reason": text}).json()
    assert ended["cancel_reason"] == text
    longest = post(lin.api, "orders/", {**basket, "remark": "🌶" * 200})
    assert longest.status_code == 201 and longest.json()["remark"] == "🌶" * 200


WAYS = [
    ("get", "", None), ("get", "events/", None), ("post", "cancel/", {}), ("post", "accept/", {}),
    ("post", "pay/", {"channel": "cash"}), ("post", "batches/", {"lines": []}), ("post", "rush/", {}),
    ("post", "refunds/", {}), ("post", "reorder/", {}), ("post", "payment/sync/", {}),
    ("post", "request-cancel/", {}), ("post", "request-cancel/approve/", {}), ("post", "rush/answer/", {}),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path", "body"), WAYS)
def test_a_foreign_order_answers_like_an_absent_one(zhao, order, refused, method, path, body):
    def ask(no):
        if method == "get":
            return zhao.api.get(f"/api/v1/orders/{no}/{path}")
        return post(zhao.api, f"orders/{no}/{path}", body)

    numbers = [order["no"], ABSENT, "x", "0" * 200, order["no"].lower(), "%00", "号"]
    answers = [refused(404, "resource.not_found", lambda no=no: ask(no)).json() for no in numbers]
    for answer in answers:
        answer.pop("request_id")
    assert all(answer == answers[0] for answer in answers)


def test_tokens(lin, tablet, refused, settings):
    claims = tokens.read(lin.token, "access")
    past = clock.now() - timedelta(seconds=settings.ACCESS_TOKEN_SECONDS + tokens.LEEWAY_SECONDS + 5)
    old = tokens.sign("access", uid=claims.uid, sid=claims.sid, gen=claims.gen, issued_at=past)

    def me(header):
        return factories.client().get(
            "/api/v1/me/", **({} if header is None else {"HTTP_AUTHORIZATION": header})
        )

    table = {
        None: "auth.required",
        f"Bearer {lin.refresh}": "auth.token_invalid",
        f"Bearer {old}": "auth.token_expired",
        f"Basic {lin.token}": "auth.token_invalid",
        f"Bearer {lin.token}x": "auth.token_invalid",
        f"Bearer {tablet.token}x": "auth.token_invalid",
        f"Bearer dev_{'x' * 43}": "auth.token_invalid",
        "Bearer ": "auth.token_invalid",
        "Bearer": "auth.token_invalid",
        "": "auth.token_invalid",
        "Bearer a.b.c": "auth.token_invalid",
        f"Bearer {'x' * 10_000}": "auth.token_invalid",
        "Bearer \xff\xfe": "auth.token_invalid",
    }
    for header, code in table.items():
        response = refused(401, code, lambda header=header: me(header))
        assert response["WWW-Authenticate"] == "Bearer"


def test_idempotency_keys(lin, basket, refused):
    def submit(**headers):
        return post(lin.api, "orders/", basket, key=False, **headers)

    refused(400, "idempotency.key_required", submit)
    for key in ("", "a b", "x" * 65, "号", "a\x7f"):
        refused(400, "idempotency.key_invalid", lambda key=key: submit(HTTP_IDEMPOTENCY_KEY=key))
    assert submit(HTTP_IDEMPOTENCY_KEY="once").status_code == 201
    other = {**basket, "remark": "另一个"}
    refused(
        422,
        "idempotency.key_reused",
        lambda: post(lin.api, "orders/", other, key=False, HTTP_IDEMPOTENCY_KEY="once"),
    )


def test_addresses_and_methods(lin, refused):
    refused(404, "resource.not_found", lambda: lin.api.get("/api/v1/nothing/"))
    refused(404, "resource.not_found", lambda: lin.api.get("/api/v1/orders"))
    refused(405, "request.method_not_allowed", lambda: lin.api.delete("/api/v1/orders/"))
    refused(405, "request.method_not_allowed", lambda: lin.api.put("/api/v1/me/", {}))
    refused(406, "request.not_acceptable", lambda: lin.api.get("/api/v1/me/", HTTP_ACCEPT="text/csv"))


def test_queries(lin, fang, order, refused):
    def ask(query, api=fang.api):
        return api.get(f"/api/v1/orders/?{query}")

    for query in ("store=demo&status=eaten", "store=demo&day=yesterday", "store=demo&table=" + "x" * 20):
        refused(400, "body.invalid", lambda query=query: ask(query))
    refused(404, "resource.not_found", lambda: ask("store=nowhere"))
    refused(403, "auth.forbidden", lambda: ask("store=demo", lin.api))
    refused(404, "resource.not_found", lambda: ask("store=demo&cursor=garbage"))
    refused(400, "body.invalid", lambda: lin.api.get(f"/api/v1/orders/{order['no']}/events/?after=x"))
    refused(404, "resource.not_found", lambda: fang.api.get("/api/v1/stores/demo/tables/?page=0"))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**80), 2**80) | st.text(max_size=20)
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip
SUBMIT = ["store", "kind", "table_token", "lines", "coupon", "remark"]
LINE = ["dish", "quantity", "options", "remark"]


@settings(max_examples=120, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(
    spoiled=st.dictionaries(st.sampled_from(SUBMIT), JSON, max_size=3),
    spoiled_line=st.dictionaries(st.sampled_from(LINE), JSON, max_size=3),
)
def test_whatever_is_in_the_body_it_is_no_fault_of_ours(lin, basket, caplog, spoiled, spoiled_line):
    body = json.dumps({**line(basket, **spoiled_line), **spoiled}).encode()
    before = written()
    response = post(lin.api, "orders/", body)
    assert response.status_code in (201, 400, 403, 404, 409), response.content
    if response.status_code != 201:
        problem_of(response)
        assert written() == before
    assert [r for r in caplog.records if r.exc_info] == []
