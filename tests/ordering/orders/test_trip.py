"""The whole trip of an order over REST, and what each step leaves in the log."""

import pytest

from hub.models import Event
from tests import factories
from tests.ordering.orders.trips import basket, cook, move, post, submit

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both]

CONTRACT = {
    *("no", "store", "kind", "table", "status", "payment_status", "version", "pickup_no", "lines"),
    *(
        "subtotal_fen",
        "discount_fen",
        "total_fen",
        "paid_fen",
        "refunded_fen",
        "coupon",
        "remark",
        "rush_count",
    ),
    *("submitted_at", "expires_at", "paid_at", "accepted_at", "ready_at", "completed_at", "cancelled_at"),
    *("cancel_kind", "cancel_reason", "allowed_actions"),
}
LINE = {
    *(
        "id",
        "batch",
        "dish",
        "name",
        "options",
        "quantity",
        "unit_price_fen",
        "amount_fen",
        "station",
        "state",
    ),
    *("version", "remark"),
}


@pytest.fixture
def dishes(store):
    """宫保鸡丁 at the wok and 拍黄瓜 at the cold station."""
    return factories.dish(store), factories.dish(store, "拍黄瓜", 1200, station="cold")


def kinds(no):
    """The order's events by version."""
    rows = Event.objects.filter(key=f"order:{no}").order_by("version")
    assert [row.version for row in rows] == list(range(1, len(rows) + 1))
    return [row.kind for row in rows]


def test_from_menu_to_completed(store, dishes, table, lin, fang, wang):
    order = submit(lin, basket(*dishes, table=table, quantity=2))
    assert order["status"] == "pending_payment"
    assert order["total_fen"] == 2 * 3800 + 2 * 1200
    assert order["pickup_no"] is None
    assert order["expires_at"]
    assert order["allowed_actions"] == ["pay", "cancel", "reorder"]
    no = order["no"]
    paid = post(fang, f"orders/{no}/pay/", {"channel": "cash"})
    assert paid.status_code == 200
    assert paid.json()["params"] is None
    assert paid.json()["payment"]["amount_fen"] == 10000
    assert paid.json()["payment"]["state"] == "succeeded"
    accepted = move(fang, no, "accept", version=3 - 1)
    assert (accepted["status"], accepted["pickup_no"], accepted["payment_status"]) == (
        "accepted",
        "A001",
        "paid",
    )
    wok, cold = [line["id"] for line in accepted["lines"]]
    assert cook(wang, wok, "start", version=1)["status"] == "preparing"
    assert cook(wang, wok, "ready")["status"] == "preparing"
    assert cook(wang, cold, "ready")["status"] == "ready"
    done = move(lin, no, "complete")
    assert (done["status"], done["allowed_actions"]) == ("completed", ["reorder"])
    assert kinds(no) == [
        "order.submitted",
        "order.paid",
        "order.accepted",
        "line.started",
        "order.preparing",
        "line.ready",
        "line.ready",
        "order.ready",
        "order.completed",
    ]


def test_the_body_of_an_order_is_the_contract(store, dishes, table, lin):
    order = submit(lin, basket(dishes[0], table=table, remark="少油"))
    assert set(order) >= CONTRACT
    assert set(order["lines"][0]) == {*LINE, "combo", "ahead", "queued_at", "started_at", "ready_at"}
    assert order["table"] == {"code": "t1", "name": "1号桌"}
    assert order["submitted_at"].endswith("+08:00")
    assert lin.api.get(f"/api/v1/orders/{order['no']}/").json() == order


def test_an_order_shows_its_events(store, dishes, lin, fang):
    no = submit(lin, basket(dishes[0]))["no"]
    post(fang, f"orders/{no}/pay/", {"channel": "cash"})
    page = fang.api.get(f"/api/v1/orders/{no}/events/?after=1").json()
    assert page["next"] is None
    [frame] = page["results"]
    assert (frame["event"], frame["prev"], frame["seq"], frame["version"]) == ("order.paid", 1, 2, 2)
    assert (frame["stream"], frame["key"]) == (f"order:{no}", f"order:{no}")
    assert (frame["actor"], frame["actor_name"]) == (f"staff:{fang.user.uid}", str(fang.user))
    first = fang.api.get(f"/api/v1/orders/{no}/events/").json()["results"][0]
    assert (first["actor"], first["actor_name"]) == (f"diner:{lin.user.uid}", "")
    assert "allowed_actions" not in frame["data"]
    assert frame["data"]["status"] == "placed"
    [told] = lin.api.get(f"/api/v1/orders/{no}/events/?after=1").json()["results"]
    assert (told["actor"], told["actor_name"]) == ("staff", "")
    assert fang.api.get(f"/api/v1/orders/{no}/events/?after=x").status_code == 400
