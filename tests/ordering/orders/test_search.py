"""The counter finds an order by what a guest says: the number, the table, the end of the phone number."""

from datetime import timedelta

import pytest

from hub import clock
from ordering.orders.models import Order
from ordering.users.models import User
from tests import factories
from tests.ordering.orders.trips import basket, post, submit

pytestmark = [pytest.mark.django_db, pytest.mark.both]


@pytest.fixture
def day(store, chicken, table, lin, zhao, fang):
    """Two orders with numbers: lin's at the table, zhao's for pickup; their numbers by name."""
    for who, phone in ((lin, "13800001234"), (zhao, "+86 13912345678")):
        User.objects.filter(pk=who.user.pk).update(phone=phone)
    nos = {
        "lin": submit(lin, basket(chicken, table=table))["no"],
        "zhao": submit(zhao, basket(chicken))["no"],
    }
    for no in nos.values():
        assert post(fang, f"orders/{no}/pay/", {"channel": "cash"}).status_code == 200
    return nos


def found(who, search, **more):
    answer = who.api.get("/api/v1/orders/", {"store": "demo", "search": search, **more})
    assert answer.status_code == 200, answer.content
    assert "1234" not in answer.content.decode().replace(search, "")
    return [row["no"] for row in answer.json()["results"]]


def test_what_finds_an_order(day, fang):
    lin, zhao = day["lin"], day["zhao"]
    for said in ("A001", "a001", "001", "1", "t1", "T1", "1号", "00001234", "1234", lin, lin.lower()):
        assert found(fang, said) == [lin], said
    for said in ("A002", "2", " 2 ", "5678", "12345678"):
        assert found(fang, said) == [zhao], said
    for said in ("A", "A00", "3", "234", "678", "%", "_", "t", "lin", "1380000", "0" * 26):
        assert found(fang, said) == [], said
    assert found(fang, "") == [zhao, lin]
    assert found(fang, "1234", status="placed") == [lin]
    assert found(fang, "1234", status="accepted") == []


def test_a_search_keeps_to_a_business_day(day, fang):
    today = Order.objects.get(no=day["lin"]).business_day
    Order.objects.filter(no=day["lin"]).update(business_day=today - timedelta(days=1))
    assert today == clock.business_day(clock.now(), 4)
    assert found(fang, "1234") == found(fang, "A001") == []
    assert found(fang, "1234", day=str(today - timedelta(days=1))) == [day["lin"]]


def test_nobody_else_learns_of_a_phone(day, wang, lin, zhao, fang, other_store):
    assert found(wang, "1") == [day["lin"]]
    assert found(wang, "1234") == [], "the kitchen has no business with phones"
    assert lin.api.get("/api/v1/orders/", {"store": "demo", "search": "5678"}).status_code == 403
    assert lin.api.get("/api/v1/orders/", {"search": "5678"}).json()["results"][0]["no"] == day["lin"]
    hu = factories.staff("hu", other_store, "counter")
    assert hu.api.get("/api/v1/orders/", {"store": "other", "search": "1234"}).json()["results"] == []


@pytest.mark.parametrize("search", ["x" * 27, "\x00"])
def test_searches_that_are_none(search, store, fang):
    answer = fang.api.get("/api/v1/orders/", {"store": "demo", "search": search})
    assert (answer.status_code, answer.json()["code"]) == (400, "body.invalid")


def test_a_search_costs_what_a_list_costs(day, fang, django_assert_num_queries):
    with django_assert_num_queries(5):
        found(fang, "1234")
