"""A refusal is said in the language of whoever reads it, on every way by which one can come."""

import json

import pytest
from django.test import Client
from django.utils import translation

from hub import admission, errors, languages, problem
from hub.transactions import transact
from ordering.dishes import stock
from tests import factories
from tests.bad_input.spoiled import post, problem_of

ENGLISH = {"HTTP_ACCEPT_LANGUAGE": "en-GB,en;q=0.9,zh;q=0.5"}


def details(response):
    """The sentences of a problem."""
    body = problem_of(response)
    return body["detail"], [row["detail"] for row in body["errors"]]


@pytest.mark.django_db
def test_a_view_refuses_in_the_language_of_the_request(anonymous):
    assert details(anonymous.get("/api/v1/me/", **ENGLISH))[0] == "Log in first"
    assert details(anonymous.get("/api/v1/me/"))[0] == "请先登录"
    assert details(anonymous.get("/api/v1/me/", HTTP_ACCEPT_LANGUAGE="fr"))[0] == "请先登录"
    for chinese in ("zh-CN", "zh-TW", "zh", "zh-Hans-CN;q=0.9, en;q=0.1"):
        assert details(anonymous.get("/api/v1/me/", HTTP_ACCEPT_LANGUAGE=chinese))[0] == "请先登录"


@pytest.mark.django_db
def test_rows_of_a_refusal_are_said_in_it_too(lin, store):
    body = {"store": "demo", "kind": "pickup", "lines": [{"dish": "x", "quantity": 0}]}
    said = details(post(lin.api, "orders/", body, **ENGLISH))
    assert said == (
        "The request is not valid",
        ["Must be a whole number", "Ensure this value is greater than or equal to 1."],
    )
    assert details(post(lin.api, "orders/", body)) == (
        "请求内容有误",
        ["必须是整数", "请确保该值大于或者等于 1。"],
    )


@pytest.mark.django_db(transaction=True)
def test_a_sentence_with_a_name_in_it(store):
    dish = factories.dish(store, name="宫保鸡丁", remaining=2)
    with pytest.raises(errors.Refusal) as refused:
        transact(lambda tx: stock.take(tx, store, {dish.pk: 3}), actor="tests")
    assert problem.document(refused.value)["detail"] == "「宫保鸡丁」仅剩 2 份"
    with translation.override("en"):
        assert problem.document(refused.value)["detail"] == "Only 2 of 宫保鸡丁 left"


@pytest.mark.django_db
def test_what_somebody_set_wins_over_the_header_and_the_browser_over_both(lin):
    lin.user.language = "en"
    lin.user.save(update_fields=["language"])
    api = lin.api
    absent = "/api/v1/orders/01J9ZZZZZZZZZZZZZZZZZZZZZZ/"
    assert details(api.get(absent, HTTP_ACCEPT_LANGUAGE="zh-CN"))[0] == "Not found"
    api.cookies["django_language"] = "zh-hans"
    assert details(api.get(absent, **ENGLISH))[0] == "找不到该资源"
    api.cookies["django_language"] = "en"
    assert details(api.get(absent, HTTP_ACCEPT_LANGUAGE="zh-CN"))[0] == "Not found"


@pytest.mark.django_db
def test_the_next_request_starts_from_its_own_language(lin, anonymous):
    lin.user.language = "en"
    lin.user.save(update_fields=["language"])
    assert lin.api.get("/api/v1/me/").status_code == 200
    assert details(anonymous.get("/api/v1/me/"))[0] == "请先登录"


@pytest.mark.django_db
def test_refusals_before_any_view(anonymous, settings):
    assert details(anonymous.get("/nowhere", **ENGLISH))[0] == "Not found"
    settings.ALLOWED_HOSTS = ["kaifan.example"]
    hostile = Client(HTTP_HOST="evil.example")
    assert details(hostile.get("/api/v1/", **ENGLISH))[0] == "The request is refused"
    assert details(hostile.get("/api/v1/"))[0] == "请求被拒绝"


async def refused_ahead(headers):
    """The detail of a refusal by the admission in front of Django."""
    sent = []

    async def send(message):
        sent.append(message)

    await admission.refuse({"type": "http", "headers": headers}, send, errors.unavailable())
    return json.loads(sent[1]["body"])["detail"]


async def test_refusals_ahead_of_django():
    english = "The service is not available for the moment; try again soon"
    assert await refused_ahead([(b"accept-language", b"en")]) == english
    assert await refused_ahead([]) == "服务暂时不可用,请稍后重试"
    cookie = [(b"accept-language", b"zh"), (b"cookie", b"a=b; django_language=en")]
    assert await refused_ahead(cookie) == english
    assert await refused_ahead([(b"accept-language", b"\xff\xfe;q=x,,;")]) == "服务暂时不可用,请稍后重试"


def test_words_leave_alone_what_is_no_message():
    with translation.override("en"):
        assert [languages.words(text) for text in ("", None, "Not Chinese", "请先登录")] == [
            "",
            "None",
            "Not Chinese",
            "Log in first",
        ]
