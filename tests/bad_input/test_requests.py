"""Requests that are wrong before anybody looks at the order: bodies, tokens, keys, addresses."""

import json
from datetime import timedelta

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub import clock
from ordering.users import tokens
from tests import factories
from tests.bad_input.spoiled import ABSENT, line, post, problem_of, written

pytestmark = pytest.mark.django_db


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


@pytest.mark.parametrize("charset", ["utf-16", "hex", "base64", "idna", "nonsense"])
def test_the_body_is_utf_8_whatever_the_header_claims(lin, basket, charset):
    kind = f"application/json; charset={charset}"
    headers = {"HTTP_IDEMPOTENCY_KEY": "a"}
    answer = lin.api.generic("POST", "/api/v1/orders/", orjson.dumps(basket), content_type=kind, **headers)
    assert answer.status_code == 201


def test_a_huge_body(lin, basket, refused):
    huge = orjson.dumps({**basket, "remark": "x" * (2 * 1024 * 1024)})
    refused(413, "body.too_large", lambda: post(lin.api, "orders/", huge))


@pytest.mark.both
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


@pytest.mark.parametrize(
    ("method", "path", "body"), [pytest.param(*WAYS[0], marks=pytest.mark.both), *WAYS[1:]]
)
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


@pytest.mark.both
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


@pytest.mark.both
def test_numbers_beyond_all_rows(ma, wang, store, refused):
    huge = 10**30
    for path in (f"dishes/{huge}/restore/", f"tables/{huge}/open/", f"kitchen/lines/{huge}/void/"):
        refused(404, "resource.not_found", lambda path=path: post(ma.api, path, {}))
    path = f"kitchen/tickets/{huge}.wok/ready/"
    refused(404, "resource.not_found", lambda: post(wang.api, path, {}))
    refused(404, "resource.not_found", lambda: ma.api.delete(f"/api/v1/devices/{huge}/"))
    for query in (f"category={huge}", "category=1e20", "category=NaN", "category=x"):
        refused(400, "body.invalid", lambda query=query: ma.api.get(f"/api/v1/stores/demo/dishes/?{query}"))
    refused(404, "resource.not_found", lambda: ma.api.get(f"/api/v1/stores/demo/tables/?page={huge}"))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**80), 2**80) | st.text(max_size=20)
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip
SUBMIT = ["store", "kind", "table_token", "lines", "coupon", "remark"]
LINE = ["dish", "quantity", "options", "remark"]


@pytest.mark.both
@settings(
    max_examples=80, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)
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
