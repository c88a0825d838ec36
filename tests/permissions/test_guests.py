"""A guest at a table, known by its QR code alone: may order and add, and sees nothing of the others'."""

import pytest

from hub.transactions import transact
from ordering.restaurant import sessions, tokens
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.both]


def post(api, path, body, key):
    return api.post(f"/api/v1/{path}", body, format="json", HTTP_IDEMPOTENCY_KEY=key)


def test_a_guest_at_the_table_may_only_add(house):
    token = tokens.write(house.table)
    guest = factories.client().post("/api/v1/auth/guest/", {"table_token": token}, format="json").json()
    api = factories.client(guest["access"])
    assert api.get(f"/api/v1/orders/{house.no}/").status_code == 404
    at_table = {**house.basket(), "kind": "dine_in", "table_token": token}
    assert post(api, "orders/", at_table, "a").status_code == 201
    more = post(api, f"orders/{house.no}/batches/", {"lines": at_table["lines"]}, "b")
    assert more.status_code == 201, "guests of one table order together"
    assert api.get(f"/api/v1/orders/{house.no}/").status_code == 404
    assert post(api, "orders/", house.basket(), "c").json()["code"] == "auth.forbidden"
    transact(lambda tx: sessions.close(tx, house.table), actor="tests")
    assert api.get("/api/v1/orders/").status_code == 401
