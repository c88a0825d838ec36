"""Managers keep their store: settings, opening hours, stations and tables."""

import pytest

from hub import eventlog
from hub.transactions import transact
from ordering.restaurant import sessions
from ordering.restaurant.models import DiningTable, Station, Store
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def news(store):
    """news() → the kinds on the menu's stream so far."""
    return lambda: [event.kind for event in eventlog.read_after(store.menu_stream, 0)]


@pytest.fixture
def boss_next_door(other_store):
    return factories.staff("wu", other_store, "owner")


def problem(answer):
    return answer.status_code, answer.json()["code"]


@pytest.mark.both
def test_settings(ma, store, news):
    told = {"name": "新开饭", "notice": "", "pay_first": False}
    body = {
        **told,
        "auto_accept": True,
        "auto_complete_hours": 6,
        "cutover_hour": 3,
        "two_step": True,
        "tells_eta": False,
        "code": "x",
        "version": 9,
    }
    answer = ma.api.patch("/api/v1/stores/demo/", body)
    expected = {**body, "code": "demo", "is_open": True, "opening_hours": []}
    expected.pop("version")
    assert (answer.status_code, answer.json()) == (200, expected)
    assert news() == ["menu.changed"]
    assert ma.api.patch("/api/v1/stores/demo/", {**told, "auto_accept": False}).status_code == 200
    assert news() == ["menu.changed"], "the menu shows the same"
    assert ma.api.patch("/api/v1/stores/demo/", {}).json()["auto_accept"] is False


@pytest.mark.parametrize(
    "body",
    [
        {"name": " "},
        {"name": "长" * 65},
        {"notice": "长" * 201},
        {"pay_first": 1},
        {"auto_accept": None},
        {"two_step": "yes"},
        {"auto_complete_hours": 0},
        {"auto_complete_hours": 73},
        {"cutover_hour": 24},
        {"cutover_hour": "4"},
        {"name": "好", "cutover_hour": -1},
    ],
    ids=str,
)
def test_settings_that_are_wrong(body, ma, store, news):
    assert problem(ma.api.patch("/api/v1/stores/demo/", body)) == (400, "body.invalid")
    assert (Store.objects.get().name, news()) == ("开饭小馆", [])


@pytest.mark.both
def test_opening_hours_are_replaced_whole(ma, fang, store, news):
    path = "/api/v1/stores/demo/opening-hours/"
    rows = [{"weekday": day, "opens": "10:30", "closes": "02:00"} for day in (0, 6)]
    assert ma.api.put(path, {"opening_hours": rows}).json() == {"opening_hours": rows}
    assert fang.api.get(path).json() == {"opening_hours": rows}
    assert ma.api.put(path, {"opening_hours": rows[:1]}).json() == {"opening_hours": rows[:1]}
    for wrong in ([{**rows[0], "weekday": 7}], [{**rows[0], "opens": "25:00"}], [1], {}, None, rows * 26):
        assert problem(ma.api.put(path, {"opening_hours": wrong})) == (400, "body.invalid")
    assert problem(ma.api.put(path, {})) == (400, "body.invalid")
    assert fang.api.get(path).json() == {"opening_hours": rows[:1]}
    assert news() == ["menu.changed"] * 2


@pytest.mark.both
def test_stations(ma, wang, store, news):
    path = "/api/v1/stores/demo/stations/"
    made = ma.api.post(path, {"code": "grill", "name": "烧烤", "sort": 9})
    pk = made.json()["id"]
    row = {"id": pk, "code": "grill", "name": "烧烤", "sort": 9, "warn_minutes": 5, "late_minutes": 8}
    assert (made.status_code, made.json()) == (201, row)
    changed = ma.api.patch(f"/api/v1/stations/{pk}/", {"name": "烤炉", "code": "other"})
    assert changed.json() == {**row, "name": "烤炉"}
    assert [row["code"] for row in wang.api.get(path).json()["results"]] == ["wok", "cold", "bar", "grill"]
    assert problem(ma.api.post(path, {"code": "grill", "name": "x"})) == (409, "station.code_taken")
    for code in ("", "a b", "热", "a/b", "x" * 33, 5):
        assert problem(ma.api.post(path, {"code": code, "name": "x"})) == (400, "body.invalid")
    assert ma.api.delete(f"/api/v1/stations/{pk}/").status_code == 204
    assert (Station.objects.filter(code="grill").count(), news()) == (0, [])


def test_a_station_that_is_named_stays(ma, store):
    factories.dish(store, station="bar")
    factories.screen(store, "kitchen", "wok")
    for code in ("bar", "wok"):
        pk = Station.objects.get(code=code).pk
        assert problem(ma.api.delete(f"/api/v1/stations/{pk}/")) == (409, "station.in_use")
    assert Station.objects.count() == 3


@pytest.mark.both
def test_tables(ma, fang, store):
    path = "/api/v1/stores/demo/tables/"
    made = ma.api.post(path, {"code": "vip-1", "name": "包间", "seats": 12}).json()
    assert len(made["table_token"]) == 28
    found = fang.api.get("/api/v1/tables/resolve/", {"token": made["table_token"]}).json()
    assert found["table"] == {"code": "vip-1", "name": "包间"}
    changed = ma.api.patch(f"/api/v1/tables/{made['id']}/", {"seats": 10}).json()
    assert changed == {**made, "seats": 10}
    assert problem(ma.api.delete(f"/api/v1/tables/{made['id']}/")) == (409, "table.in_use")
    assert problem(ma.api.post(path, {"code": "vip-1", "name": "x"})) == (409, "table.code_taken")
    for seats in (0, 201, "4", None):
        assert problem(ma.api.patch(f"/api/v1/tables/{made['id']}/", {"seats": seats})) == (
            400,
            "body.invalid",
        )
    unused = DiningTable.objects.get(code="t4")
    assert ma.api.delete(f"/api/v1/tables/{unused.pk}/").status_code == 204
    assert problem(ma.api.delete(f"/api/v1/tables/{unused.pk}/")) == (404, "resource.not_found")
    assert DiningTable.objects.count() == 4


def test_who_may(ma, wang, fang, zhao, boss_next_door, anonymous, store, table):
    things = [f"/api/v1/stations/{store.stations.first().pk}/", f"/api/v1/tables/{table.pk}/"]
    places = ["/api/v1/stores/demo/stations/", "/api/v1/stores/demo/tables/"]
    for who in (wang, fang):
        assert {who.api.patch(path, {}).status_code for path in things} == {403}
    for who in (zhao, boss_next_door):
        assert {who.api.delete(path).status_code for path in things} == {404}
        assert {who.api.post(path, {}).status_code for path in places} == {403}
        assert who.api.patch("/api/v1/stores/demo/", {}).status_code == 403
        assert who.api.put("/api/v1/stores/demo/opening-hours/", {}).status_code == 403
    assert anonymous.patch("/api/v1/stores/demo/", {}).status_code == 401
    assert anonymous.get("/api/v1/stores/demo/").status_code == 200
    assert ma.api.patch("/api/v1/stores/nowhere/", {}).status_code == 404


@pytest.mark.both
@pytest.mark.django_db(transaction=True)
def test_guests_who_sit_down_while_a_table_goes(store, table, ma, at_once):
    """Either they sit and the table stays, or it is gone and they are told so; never a 500."""

    def act(index):
        if index % 2:
            return ma.api.delete(f"/api/v1/tables/{table.pk}/").status_code
        try:
            return transact(lambda tx: sessions.join(tx, table), actor="tests").table_id
        except Exception as error:
            return getattr(error, "status", repr(error))

    found = at_once(act, 6)
    there = DiningTable.objects.filter(pk=table.pk).exists()
    assert set(found[::2]) == {table.pk if there else 404}
    assert set(found[1::2]) <= ({409} if there else {204, 404})


@pytest.mark.both
def test_when_a_station_calls_its_tickets_old(ma, store):
    path = f"/api/v1/stations/{store.stations.get(code='wok').pk}/"
    slow = {"warn_minutes": 10, "late_minutes": 20}
    assert ma.api.patch(path, slow).json()["late_minutes"] == 20
    for wrong in ({"late_minutes": 9}, {"warn_minutes": 21}, {"warn_minutes": 0}, {"late_minutes": 241}):
        answer = ma.api.patch(path, wrong)
        assert problem(answer) == (400, "body.invalid")
        assert [row["field"] for row in answer.json()["errors"]] == [*wrong] or wrong == {"warn_minutes": 21}
    assert ma.api.patch(path, {"warn_minutes": 20}).status_code == 200
    new = {"code": "grill", "name": "烧烤", "late_minutes": 4}
    assert problem(ma.api.post("/api/v1/stores/demo/stations/", new)) == (400, "body.invalid")
    assert not Station.objects.filter(code="grill").exists()


def test_a_tablet_reads_what_its_screen_is_set_to(ma, tablet, store):
    ma.api.patch("/api/v1/stores/demo/", {"two_step": True})
    assert tablet.api.get("/api/v1/stores/demo/").json()["two_step"] is True
    rows = tablet.api.get("/api/v1/stores/demo/stations/").json()["results"]
    ages = [(row["code"], row["warn_minutes"], row["late_minutes"]) for row in rows]
    assert ages == [("wok", 5, 8), ("cold", 5, 8), ("bar", 5, 8)]
