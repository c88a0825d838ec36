"""The restaurant in the admin: what the menu shows is told, codes stay, nothing is deleted."""

import pytest

from hub import eventlog
from hub.models import Stream
from ordering.restaurant import tokens
from ordering.restaurant.models import DiningTable, Station, Store
from ordering.users.models import User

pytestmark = pytest.mark.django_db
AGES = {"warn_minutes": 5, "late_minutes": 8}


@pytest.fixture
def desk(client):
    client.force_login(User.objects.create_superuser("root", "secret"))
    return client


@pytest.fixture
def news(store):
    return lambda: [event.kind for event in eventlog.read_after(store.menu_stream, 0)]


def form(store, hours=0, **changes):
    fields = {"name": store.name, "notice": "", "auto_complete_hours": 4, "cutover_hour": 4}
    fields |= {"is_open": "on", "pay_first": "on"}
    fields |= {"opening_hours-TOTAL_FORMS": hours, "opening_hours-INITIAL_FORMS": 0}
    return {**fields, **changes}


def test_what_the_menu_shows_is_told_once(desk, store, news):
    address = f"/admin/restaurant/store/{store.pk}/change/"
    row = {
        f"opening_hours-0-{name}": v for name, v in {"weekday": 0, "opens": "9:00", "closes": "21:00"}.items()
    }
    assert desk.post(address, form(store, cutover_hour=5)).status_code == 302
    assert news() == []
    assert desk.post(address, form(store, 1, cutover_hour=5, notice="新菜上市", **row)).status_code == 302
    assert news() == ["menu.changed"]
    assert Store.objects.values_list("cutover_hour", "notice", "menu_version").get() == (5, "新菜上市", 1)
    assert store.opening_hours.count() == 1


def test_places(desk, store):
    fields = {"store": store.pk, "code": "grill", "name": "烧烤", "sort": 4, **AGES}
    assert desk.post("/admin/restaurant/station/add/", fields).status_code == 302
    station = Station.objects.get(code="grill")
    assert desk.post("/admin/restaurant/station/add/", fields).status_code == 200, "the code is taken"
    address = f"/admin/restaurant/station/{station.pk}/change/"
    assert desk.post(address, {"code": "x", "name": "烤炉", "sort": 4, **AGES}).status_code == 302
    assert Station.objects.values_list("code", "name").get(pk=station.pk) == ("grill", "烤炉")
    hasty = {"name": "烤炉", "sort": 4, "warn_minutes": 9, "late_minutes": 8}
    assert "超时不能早于提醒" in desk.post(address, hasty).content.decode()
    fields = {"store": store.pk, "code": "vip", "name": "包间", "seats": 12}
    assert desk.post("/admin/restaurant/diningtable/add/", fields).status_code == 302
    assert DiningTable.objects.get(code="vip").uid
    assert desk.post(f"/admin/restaurant/station/{station.pk}/delete/", {"post": "yes"}).status_code == 403


def test_a_new_store_has_its_streams(desk):
    fields = form(Store(name="河畔小馆"), code="river")
    assert desk.post("/admin/restaurant/store/add/", fields).status_code == 302
    river = Store.objects.get(code="river")
    assert {river.stream, river.menu_stream} <= set(Stream.objects.values_list("key", flat=True))


def test_a_sheet_of_codes_names_each_tables_own_address(desk, store):
    ids = list(store.tables.values_list("pk", flat=True)[:2])
    page = desk.post(
        "/admin/restaurant/diningtable/", {"action": "print_codes", "_selected_action": ids}
    ).content.decode()
    for table in store.tables.all():
        address = f"http://testserver/t/{tokens.write(table)}/"
        assert page.count(address) == (table.pk in ids)
    assert page.count("data:image/svg+xml") == 2


@pytest.mark.parametrize("page", ["store", "station", "diningtable", "tablesession"])
def test_every_list_answers(desk, store, page):
    assert desk.get(f"/admin/restaurant/{page}/", {"q": "t1"}).status_code == 200
