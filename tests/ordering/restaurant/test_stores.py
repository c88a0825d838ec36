"""Restaurants: what everybody may know, the switch at the counter, and the demo."""

import pytest

from hub.models import Event, Stream
from ordering.restaurant import demo
from ordering.restaurant.models import DiningTable, Station, Store
from ordering.users import demo as people
from ordering.users.models import Membership
from tests import factories

pytestmark = pytest.mark.django_db
DEMO = {
    "code": "demo",
    "name": "开饭小馆",
    "notice": "",
    "is_open": True,
    "pay_first": True,
    "two_step": False,
    "opening_hours": [],
}


def test_everybody_may_read_about_restaurants(store, other_store, anonymous):
    assert anonymous.get("/api/v1/stores/demo/").json() == DEMO
    page = anonymous.get("/api/v1/stores/").json()
    assert (page["count"], [row["code"] for row in page["results"]]) == (2, ["demo", "other"])
    absent = anonymous.get("/api/v1/stores/nowhere/")
    assert (absent.status_code, absent.json()["code"]) == (404, "resource.not_found")


def test_pausing_and_opening_tell_the_counter_and_the_menu(store, fang):
    assert fang.api.post("/api/v1/stores/demo/open/").json() == DEMO
    assert not Event.objects.exists()
    assert fang.api.post("/api/v1/stores/demo/pause/").json() == {**DEMO, "is_open": False}
    assert fang.api.post("/api/v1/stores/demo/pause/").status_code == 200
    assert fang.api.post("/api/v1/stores/demo/open/").status_code == 200
    rows = Event.objects.order_by("stream_id", "seq").values_list("stream_id", "kind", "key", "version")
    assert list(rows) == [
        ("menu:demo", "menu.changed", "menu:demo", 1),
        ("menu:demo", "menu.changed", "menu:demo", 2),
        ("store:demo", "store.paused", "store:demo", 1),
        ("store:demo", "store.opened", "store:demo", 2),
    ]


@pytest.mark.parametrize("name", ["open", "pause"])
def test_who_may_switch(name, store, wang, lin, tablet, anonymous, other_store):
    stranger = factories.staff("hu", other_store, "owner")
    url = f"/api/v1/stores/demo/{name}/"
    assert anonymous.post(url).status_code == 401
    assert [who.api.post(url).status_code for who in (lin, stranger, wang, tablet)] == [403] * 4
    assert factories.screen(store, "counter").api.post(url).status_code == 200
    assert lin.api.post(f"/api/v1/stores/nowhere/{name}/").status_code == 404


def test_tables_for_staff_and_tokens_for_the_counter(store, fang, wang, lin, anonymous):
    url = "/api/v1/stores/demo/tables/"
    assert [anonymous.get(url).status_code, lin.api.get(url).status_code] == [401, 403]
    assert [row["code"] for row in wang.api.get(url).json()["results"]] == ["t1", "t2", "t3", "t4"]
    assert {row["table_token"] for row in wang.api.get(url).json()["results"]} == {None}
    assert len({row["table_token"] for row in fang.api.get(url).json()["results"]}) == 4
    assert lin.api.get("/api/v1/stores/demo/table-map/").status_code == 403


def test_the_demo_is_made_once(db):
    for _ in range(2):
        assert "demo" in demo.seed()
        assert "owner" in people.seed()
    store = Store.objects.get()
    assert (Station.objects.count(), DiningTable.objects.count()) == (3, 12)
    assert set(Stream.objects.values_list("key", flat=True)) >= {"store:demo", "menu:demo"}
    roles = Membership.objects.filter(store=store).values_list("user__username", "role")
    assert set(roles) == {(name, name) for name in ("owner", "manager", "counter", "kitchen")}
    answer = factories.client().post("/api/v1/auth/login/", {"username": "owner", "password": "demo"})
    assert answer.json()["user"]["roles"] == [{"store": "demo", "role": "owner"}]
