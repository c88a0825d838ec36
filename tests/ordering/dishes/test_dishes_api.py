"""The addresses of the menu: who may do what, what is refused, and what an answer holds."""

from datetime import timedelta
from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from hub import clock
from hub.transactions import transact
from ordering.dishes import menu
from ordering.dishes.models import Dish
from ordering.restaurant.actions import create_store
from ordering.users.actors import Actor, expanded
from ordering.users.authentication import DEVICE_PREFIX, digest
from ordering.users.models import Device, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def screen(store):
    """screen("kitchen") → a client with the token of such a device of the store."""

    def make(kind, at=store):
        token = DEVICE_PREFIX + uuid4().hex + "x" * 11
        Device.objects.create(store=at, kind=kind, name=kind, token_hash=digest(token))
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
        return client

    return make


@pytest.fixture
def manager(store):
    client = APIClient()
    user = User.objects.create_user("zhang", "secret")
    client.force_authenticate(user, Actor("staff:zhang", user, roles=expanded([(store.code, "manager")])))
    return client


@pytest.fixture
def stranger(screen):
    """The kitchen of another restaurant."""
    other = transact(lambda tx: create_store(tx, code="other", name="别家"), actor="system")
    return screen("kitchen", other)


def post(client, dish, move, body=None):
    return client.post(f"/api/v1/dishes/{dish.pk}/{move}/", body or {}, format="json")


def state(dish):
    found = Dish.objects.get(pk=dish.pk)
    return found.sold_out, found.remaining, found.version


@pytest.mark.both
def test_kitchen_counter_and_manager_sell_out_and_restore(store, cook, events, screen, manager):
    dish = cook("红烧肉")
    for client in (screen("kitchen"), screen("counter"), manager):
        answer = post(client, dish, "sell-out")
        assert answer.status_code == 200
        assert answer.json() == {
            "id": dish.pk,
            "name": "红烧肉",
            "category": {"id": dish.category_id, "name": "热菜"},
            "station": "wok",
            "price_fen": 1000,
            "image": None,
            "is_active": True,
            "sold_out": True,
            "sold_out_by_hand": True,
            "sold_out_until": None,
            "remaining": None,
            "version": answer.json()["version"],
        }
        assert post(client, dish, "restore").json()["sold_out"] is False
    assert [(kind, version) for kind, _, version, _ in events()] == [
        (kind, version) for version, kind in enumerate(["dish.sold_out", "dish.restored"] * 3, start=1)
    ]


def test_selling_out_twice_is_told_once(cook, events, manager):
    dish = cook("红烧肉")
    post(manager, dish, "sell-out")
    assert post(manager, dish, "sell-out").status_code == 200
    assert [kind for kind, *_ in events()] == ["dish.sold_out"]


def test_stock_never_lifts_a_sell_out_by_hand(cook, events, manager):
    dish = cook("红烧肉", sold_out=True)
    answer = post(manager, dish, "stock", {"remaining": 50})
    assert (answer.json()["sold_out"], answer.json()["remaining"]) == (True, 50)
    assert events() == []
    assert post(manager, dish, "restore").json()["sold_out"] is False


def test_a_restored_dish_without_portions_stays_sold_out(cook, manager):
    dish = cook("红烧肉", remaining=0, sold_out=True)
    answer = post(manager, dish, "restore").json()
    assert (answer["sold_out"], answer["sold_out_by_hand"]) == (True, False)
    assert post(manager, dish, "stock", {"remaining": None}).json()["sold_out"] is False


def test_sell_out_until(cook, manager, store):
    dish = cook("红烧肉")
    until = clock.now() + timedelta(hours=2)
    assert post(manager, dish, "sell-out", {"until": until.isoformat()}).status_code == 200
    assert Dish.objects.get().sold_out_until == until
    answer = post(manager, dish, "sell-out", {"until": "next_day"}).json()
    tomorrow = clock.business_day(clock.now(), store.cutover_hour) + timedelta(days=1)
    assert answer["sold_out_until"] == f"{tomorrow}T04:00:00.000+08:00"


@pytest.mark.parametrize(
    ("move", "body"),
    [
        ("sell-out", {"until": "tomorrow"}),
        ("sell-out", {"until": 5}),
        ("sell-out", {"until": "2020-01-01T00:00:00+08:00"}),
        ("sell-out", {"op_id": "no uuid"}),
        ("restore", {"op_id": 1}),
        ("restore", ["list"]),
        ("stock", {}),
        ("stock", {"remaining": -1}),
        ("stock", {"remaining": 1.5}),
        ("stock", {"remaining": "2"}),
        ("stock", {"remaining": True}),
        ("stock", {"remaining": 10**30}),
    ],
)
def test_bad_bodies_are_400_and_change_nothing(cook, events, manager, move, body):
    dish = cook("红烧肉", remaining=5)
    answer = post(manager, dish, move, body)
    assert (answer.status_code, answer.json()["code"]) == (400, "body.invalid")
    assert (state(dish), events()) == ((False, 5, 0), [])


@pytest.mark.parametrize("move", ["sell-out", "restore", "stock"])
def test_foreign_and_absent_dishes_are_404_and_wrong_roles_403(cook, screen, stranger, move):
    dish = cook("红烧肉", remaining=5)
    bad = {"remaining": "nonsense", "until": "nonsense"}
    foreign, absent = post(stranger, dish, move, bad), post(stranger, Dish(pk=10**30), move, bad)
    assert (foreign.status_code, absent.status_code) == (404, 404)
    assert foreign.json()["code"] == absent.json()["code"] == "resource.not_found"
    assert post(screen("board"), dish, move, bad).json()["code"] == "auth.forbidden"
    nobody = post(APIClient(), dish, move, bad)
    assert (nobody.status_code, nobody.json()["code"]) == (401, "auth.required")
    assert state(dish) == (False, 5, 0)


@pytest.mark.both
def test_a_tap_counts_once(cook, screen, events):
    dish, kitchen, op_id = cook("红烧肉"), screen("kitchen"), str(uuid4())
    first = post(kitchen, dish, "sell-out", {"op_id": op_id})
    post(kitchen, dish, "restore")
    again = post(kitchen, dish, "sell-out", {"op_id": op_id})
    assert again.json() == first.json()
    assert again.headers["Idempotency-Replayed"] == "true"
    assert state(dish) == (False, None, 2)


def test_staff_see_exact_portions_and_filter(cook, screen, stranger, category):
    cook("红烧肉", remaining=57, sort=1)
    cook("汤", remaining=0, sort=2)
    cook("米饭", is_active=False, sort=3)
    kitchen = screen("kitchen")

    def names(query=""):
        answer = kitchen.get(f"/api/v1/stores/teahouse/dishes/{query}")
        assert answer.status_code == 200
        return [(row["name"], row["remaining"]) for row in answer.json()["results"]]

    assert names() == [("红烧肉", 57), ("汤", 0), ("米饭", None)]
    assert names("?sold_out=true") == [("汤", 0)]
    assert names("?sold_out=false&is_active=true") == [("红烧肉", 57)]
    assert names(f"?category={category.pk}&station=wok&name=汤") == [("汤", 0)]
    assert names("?station=cold") == []
    assert names("?page_size=1&page=2") == [("汤", 0)]
    assert stranger.get("/api/v1/stores/teahouse/dishes/").json()["code"] == "auth.forbidden"
    assert kitchen.get("/api/v1/stores/nobody/dishes/").json()["code"] == "resource.not_found"
    assert APIClient().get("/api/v1/stores/teahouse/dishes/").status_code == 401
    assert kitchen.get("/api/v1/stores/teahouse/dishes/?category=x").status_code == 400


@pytest.mark.both
def test_the_menu_by_way_of_django(store, cook):
    cook("红烧肉")
    answer = APIClient().get("/api/v1/stores/teahouse/menu/")
    document = menu.document(store)
    assert (answer.status_code, answer.content) == (200, document.body)
    assert answer.headers["Content-Type"] == "application/json"
    assert (answer.headers["ETag"], answer.headers["Cache-Control"]) == (document.etag, "no-cache")
    again = APIClient().get("/api/v1/stores/teahouse/menu/", HTTP_IF_NONE_MATCH=document.etag)
    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", document.etag)
    assert APIClient().head("/api/v1/stores/teahouse/menu/").status_code == 200
    absent = APIClient().get("/api/v1/stores/nobody/menu/")
    assert (absent.status_code, absent.json()["code"]) == (404, "resource.not_found")
