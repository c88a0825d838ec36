"""Reports over REST: who may read them, which days they are about, in which form they come."""

from pathlib import Path

import pytest
import time_machine
from django.test import AsyncClient

from hub import clock
from ordering.orders.models import Order
from ordering.reports.catalogue import REPORTS
from tests import factories
from tests.ordering.orders.trips import basket, cook, move, post, refused, submit

NAMES = [report.name for report in REPORTS]


def ask(who, name="turnover", **query):
    return who.api.get(f"/api/v1/reports/{name}/", {"store": "demo", **query})


@pytest.fixture
def day(store):
    """The store's business day."""
    return clock.business_day(clock.now(), store.cutover_hour)


@pytest.mark.django_db
@pytest.mark.parametrize("name", NAMES)
def test_reports_are_for_the_stores_managers(name, ma, boss, fang, wang, lin, tablet, other_store, anonymous):
    next_door = factories.staff("wu", other_store, "manager")
    path = f"/api/v1/reports/{name}/?store=demo"
    assert refused(anonymous.get(path)) == (401, "auth.required")
    for who in (fang, wang, lin, tablet, next_door):
        assert refused(who.api.get(path + "&from=never")) == (403, "auth.forbidden")
    for who in (ma, boss):
        assert ask(who, name).status_code == 200
    assert refused(ask(ma, name, store="nowhere", to="never")) == (404, "resource.not_found")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("query", "field", "code"),
    [
        ({"from": "1.3.2026"}, "from", "invalid"),
        ({"from": "2026-02-30"}, "from", "invalid"),
        ({"to": "2026-03-01T00:00:00"}, "to", "invalid"),
        ({"to": ""}, "to", "invalid"),
        ({"to": "0001-01-01"}, "to", "out_of_range"),
        ({"from": "9999-12-31"}, "from", "out_of_range"),
        ({"from": "2026-03-02", "to": "2026-03-01"}, "from", "order"),
        ({"from": "2025-03-01", "to": "2026-03-02"}, "to", "too_long"),
        ({"format": "xml"}, "format", "invalid_choice"),
        ({"format": ""}, "format", "invalid_choice"),
        ({"store": ""}, "store", "blank"),
        ({"store": "d\x00mo"}, "store", "null_characters_not_allowed"),
        ({"store": "x" * 33}, "store", "max_length"),
    ],
)
def test_what_makes_no_sense_is_refused(query, field, code, ma):
    answer = ask(ma, **query)
    assert refused(answer) == (400, "body.invalid")
    assert [(row["field"], row["code"]) for row in answer.json()["errors"]] == [(field, code)]


@pytest.mark.django_db
def test_without_a_store_there_is_no_report(ma):
    answer = ma.api.get("/api/v1/reports/turnover/")
    assert refused(answer) == (400, "body.invalid")
    assert [row["field"] for row in answer.json()["errors"]] == ["store"]


@pytest.mark.django_db
@time_machine.travel("2026-03-10T01:30:00+08:00", tick=False)
def test_the_last_seven_business_days_unless_said(store):
    """At half past one it still is the ninth."""
    manager = factories.staff("mo", store, "manager")

    def days(**query):
        body = ask(manager, **query).json()
        return body["from"], body["to"]

    assert days() == ("2026-03-03", "2026-03-09")
    assert days(to="2026-01-07") == ("2026-01-01", "2026-01-07")
    assert days(**{"from": "2026-03-08"}) == ("2026-03-08", "2026-03-09")
    assert days(**{"from": "2026-04-01"}) == ("2026-04-01", "2026-04-01")
    assert days(**{"from": "2025-03-01", "to": "2026-03-01"}) == ("2025-03-01", "2026-03-01")


@pytest.mark.django_db
def test_a_real_trip_is_in_every_report(store, lin, fang, wang, ma, day):
    """lin's two dishes: one is cooked and kept, the other is taken off the bill and paid back."""
    chicken, tea = factories.dish(store), factories.dish(store, "酸梅汤", 900, station="bar")
    with time_machine.travel(clock.now().replace(microsecond=0), tick=False) as clocks:
        no = submit(lin, basket(chicken, tea, quantity=2))["no"]
        assert post(fang, f"orders/{no}/pay/", {"channel": "cash"}).status_code == 200
        kept, gone = move(fang, no, "accept")["lines"]
        clocks.shift(60)
        cook(wang, kept["id"], "start")
        clocks.shift(200)
        cook(wang, kept["id"], "ready")
        cook(fang, gone["id"], "void", reason="卖完了")
        given_up = submit(lin, basket(chicken))["no"]
        move(lin, given_up, "cancel", reason="点错了")
    Order.objects.update(business_day=day)  # should the night have ended meanwhile
    span = {"from": str(day), "to": str(day)}
    found = {name: ask(ma, name, **span).json() for name in NAMES}
    money = {"received_fen": 9400, "refunded_fen": 1800, "turnover_fen": 7600}
    money |= {"cash_received_fen": 9400, "cash_refunded_fen": 1800}
    money |= {"wechat_received_fen": 0, "wechat_refunded_fen": 0}
    assert found["turnover"]["rows"] == [{"day": str(day), "orders": 1, **money}]
    assert found["turnover"]["total"] == {"day": None, "orders": 1, **money}
    assert found["average-ticket"]["total"] == {
        "day": None,
        "orders": 1,
        "turnover_fen": 7600,
        "average_fen": 7600,
    }
    sold = {"dish": chicken.pk, "name": "宫保鸡丁", "quantity": 2, "amount_fen": 7600}
    assert found["top-dishes"]["rows"] == [sold]
    prep = next(row for row in found["prep-time"]["rows"] if row["by"] == "station")
    assert (prep["key"], prep["name"], prep["prep_p95_seconds"], prep["cooking_p50_seconds"]) == (
        "wok",
        "热炒",
        260,
        200,
    )
    assert found["reasons"]["rows"] == [
        {"event": "cancelled", "kind": "diner", "reason": "点错了", "count": 1, "amount_fen": 3800},
        {"event": "refunded", "kind": "voided", "reason": "卖完了", "count": 1, "amount_fen": 1800},
    ]
    counted = {name: found["orders"]["total"][name] for name in ("orders", "pickup", "ready", "cancelled")}
    assert counted == {"orders": 2, "pickup": 2, "ready": 1, "cancelled": 1}
    assert found["coupons"]["rows"] == []
    assert [row["count"] for row in found["reviews"]["rows"]] == [0, 0]
    # Two lines of unknown speed were promised in 836 s; the one that was kept took 260 s.
    figures = {"orders": 1, "on_time": 1, "on_time_percent": 100, "error_seconds": 576}
    figures |= {"late_p50_seconds": -576, "late_p80_seconds": -576}
    assert found["eta"]["rows"][0] == {"by": "all", "key": None, "name": "", **figures}


@pytest.mark.django_db
@pytest.mark.parametrize("name", NAMES)
def test_every_report_comes_as_a_file_even_to_a_browsers_link(name, ma):
    span = {"from": "2026-03-01", "to": "2026-03-02"}
    for form, media in (("csv", "text/csv"), ("xlsx", "application/vnd.openxmlformats")):
        answer = ask(ma, name, format=form, **span)
        assert answer.status_code == 200
        assert answer["Content-Type"].startswith(media)
        wanted = f'attachment; filename="{name}-demo-2026-03-01-2026-03-02.{form}"'
        assert answer["Content-Disposition"] == wanted
        assert b"".join(answer.streaming_content)
    link = ma.api.get(f"/api/v1/reports/{name}/?store=demo&format=csv", HTTP_ACCEPT="text/html")
    assert link.status_code == 200


@pytest.mark.django_db
def test_a_refused_file_is_a_problem(fang):
    assert refused(ask(fang, format="xlsx")) == (403, "auth.forbidden")


@pytest.mark.django_db(transaction=True)
async def test_files_are_streamed_where_sockets_are_served(store, ma):
    """Under ASGI too, where a plain iterator would be gathered first (and warned about)."""
    query = {"store": "demo", "from": "2026-03-01", "to": "2026-03-02", "format": "csv"}
    headers = {"Authorization": f"Bearer {ma.token}"}
    answer = await AsyncClient().get("/api/v1/reports/turnover/", query, headers=headers)
    text = b"".join([piece async for piece in answer.streaming_content]).decode("utf-8-sig")
    assert text.splitlines()[1] == "2026-03-01,0,0.00,0.00,0.00,0.00,0.00,0.00,0.00"


def test_the_document_names_every_report_and_column():
    text = (Path(__file__).resolve().parents[3] / "docs/reports.md").read_text("utf-8")
    rows = {line.split("`")[1]: line for line in text.splitlines() if line.startswith("| `")}
    assert list(rows) == NAMES
    for report in REPORTS:
        columns = ", ".join(f"`{column.name}`" for column in report.columns)
        assert rows[report.name].endswith(f"| {columns} |")
