"""Differences for people: managers see their stores' rows, owners also nobody's; the admin settles them."""

from datetime import date

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.test import Client

from hub import clock
from ordering.payments.models import BillRun, Difference, GatewayEvent, Payment
from ordering.users.models import User
from tests import factories
from tests.ordering.orders.trips import refused

pytestmark = pytest.mark.django_db

PATH = "/api/v1/payments/differences/"
DAY = date(2026, 3, 1)


@pytest.fixture
def rows(store, other_store):
    """One of the store, resolved, one open; one of the neighbours; one of nobody."""

    def row(number, where, **more):
        facts = {
            "kind": "payment",
            "problem": "amount",
            "ours_fen": 3800,
            "theirs_fen": 3801,
            "advice": "核对",
        }
        return Difference.objects.create(day=DAY, number=number, store=where, **facts | more)

    return {
        "done": row("P1", store, resolved_at=clock.now()),
        "open": row("P2", store, order_no="01J9ZZZZZZZZZZZZZZZZZZZZZZ"),
        "theirs": row("P3", other_store),
        "nobodys": row("P4", None, problem="missing_here", ours_fen=None, theirs_fen=5),
    }


def numbers(who, **query):
    answer = who.api.get(PATH, query)
    assert answer.status_code == 200, answer.content
    return [row["number"] for row in answer.json()["results"]]


def test_a_manager_sees_the_rows_of_the_store(rows, ma):
    body = ma.api.get(PATH, {"resolved": "false"}).json()
    assert {name: body[name] for name in ("count", "next", "previous")} == {
        "count": 1,
        "next": None,
        "previous": None,
    }
    assert body["results"] == [
        {
            "id": rows["open"].pk,
            "day": "2026-03-01",
            "kind": "payment",
            "number": "P2",
            "problem": "amount",
            "store": "demo",
            "order_no": "01J9ZZZZZZZZZZZZZZZZZZZZZZ",
            "ours_fen": 3800,
            "theirs_fen": 3801,
            "advice": "核对",
            "found_at": clock.iso(rows["open"].found_at),
            "resolved_at": None,
        }
    ]
    assert numbers(ma) == ["P2", "P1"]
    assert numbers(ma, store="demo", resolved="true") == ["P1"]
    assert numbers(ma, day="2026-03-02") == []
    assert numbers(ma, page_size=1) == ["P2"]


def test_rows_of_no_store_are_for_owners(rows, boss, store):
    assert numbers(boss) == ["P4", "P2", "P1"]
    assert numbers(boss, store="demo") == ["P2", "P1"]
    both = factories.staff("both", store, "counter")
    assert refused(both.api.get(PATH))[0] == 403


def test_nobody_else_sees_any(rows, ma, fang, wang, lin, anonymous, tablet):
    assert refused(anonymous.get(PATH))[0] == 401
    for who in (fang, wang, lin, tablet):
        assert refused(who.api.get(PATH)) == (403, "auth.forbidden")
    assert refused(ma.api.get(PATH, {"store": "other"})) == (403, "auth.forbidden")
    assert refused(ma.api.get(PATH, {"store": "nowhere"})) == (404, "resource.not_found")


@pytest.mark.parametrize(
    "query",
    [{"day": "1.3.2026"}, {"day": "2026-02-30"}, {"resolved": "perhaps"}, {"store": "x" * 33}, {"store": ""}],
)
def test_a_filter_that_makes_no_sense_is_refused(query, ma):
    assert refused(ma.api.get(PATH, query)) == (400, "body.invalid")


# The admin


@pytest.fixture
def desk():
    client = Client()
    client.force_login(User.objects.create_superuser("root", "demo", name="root"))
    return client


def test_the_books_can_be_looked_at_in_yuan(rows, desk, store):
    GatewayEvent.objects.create(kind="TRANSACTION.SUCCESS", notify_id="n1", number="P1", result="booked")
    BillRun.objects.create(day=DAY, payments=3)
    Payment.objects.create(store=store, order_no="1", out_trade_no="P1", channel="cash", amount_fen=123456)
    for page in ("gatewayevent", "billrun", "difference", "payment", "refund"):
        answer = desk.get(f"/admin/payments/{page}/")
        assert answer.status_code == 200, page
        assert desk.get(f"/admin/payments/{page}/add/").status_code == 403
    assert "¥38.01" in desk.get("/admin/payments/difference/").content.decode()
    assert "¥1234.56" in desk.get("/admin/payments/payment/").content.decode()


def settle(client, *rows):
    chosen = {"action": "mark_resolved", "_selected_action": [row.pk for row in rows]}
    return client.post("/admin/payments/difference/", chosen)


def test_settling_says_who_did_it(rows, desk, caplog):
    before = rows["done"].resolved_at
    with caplog.at_level("INFO", "ordering.reconciliation"):
        assert settle(desk, rows["open"], rows["done"]).status_code == 302
    for row in rows.values():
        row.refresh_from_db()
    assert rows["open"].resolved_at
    assert (rows["done"].resolved_at, rows["theirs"].resolved_at) == (before, None)
    root = User.objects.get(username="root")
    [entry] = LogEntry.objects.all()
    assert (entry.user, entry.object_id, entry.change_message) == (root, str(rows["open"].pk), "标记为已解决")
    [line] = [record for record in caplog.records if record.message == "bill difference resolved"]
    assert (line.actor, line.number) == (f"staff:{root.uid}", "P2")


def test_who_may_only_look_cannot_settle(rows, desk):
    reader = User.objects.create_user("reader", "demo", name="reader", is_staff=True)
    reader.user_permissions.add(permission("view_difference"))
    client = Client()
    client.force_login(reader)
    assert client.get("/admin/payments/difference/").status_code == 200
    settle(client, rows["open"])
    rows["open"].refresh_from_db()
    assert rows["open"].resolved_at is None
    assert LogEntry.objects.count() == 0


def permission(codename):

    kind = ContentType.objects.get_for_model(Difference)
    return Permission.objects.get_or_create(
        content_type=kind, codename=codename, defaults={"name": codename}
    )[0]
