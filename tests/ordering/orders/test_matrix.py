"""Every state × move × role, as the product promises it; spelled out here, not read from the code's table."""

import pytest

from ordering.orders.models import Order
from ordering.orders.states import OrderStatus
from tests import factories
from tests.ordering.orders.cells import undone
from tests.ordering.orders.trips import basket, move, post, submit, untouched

pytestmark = pytest.mark.django_db

KITCHEN = {"accepted", "preparing", "ready"}
HAS_MONEY = {"placed", *KITCHEN, "completed"}
ALL = {str(status) for status in OrderStatus}
# move → role → states in which it succeeds; a role that is not named may never (403)
MATRIX = {
    "pay": {"counter": {"pending_payment"}},
    "accept": {"counter": {"placed"}},
    "reject": {"counter": {"placed"}},
    "cancel": {
        "owner": {"pending_payment", "placed"},
        "counter": {"pending_payment", "placed", *KITCHEN},
    },
    "request-cancel": {"owner": KITCHEN},
    "request-cancel/approve": {"counter": KITCHEN},
    "request-cancel/refuse": {"counter": KITCHEN},
    "batches": {
        "owner": {"placed", *KITCHEN},
        "mate": {"placed", *KITCHEN},
        "counter": {"placed", *KITCHEN},
    },
    "rush": {"owner": KITCHEN, "counter": KITCHEN},
    "rush/answer": {"kitchen": KITCHEN},
    "complete": {"owner": {"ready"}, "counter": {"ready"}},
    "refunds": {"counter": HAS_MONEY},
    "reorder": {"owner": ALL},
}
BODIES = {
    "pay": {"channel": "cash"},
    "rush/answer": {"answer": "soon"},
    "refunds": {"amount_fen": 1, "reason": "慢"},
}
STRANGERS = ("stranger", "other_store")
PREPARED_BY = {
    "request-cancel/approve": "request-cancel",
    "request-cancel/refuse": "request-cancel",
    "rush/answer": "rush",
}


@pytest.fixture
def cast(order_in, store, other_store, lin, zhao, fang, wang, ma, boss, chicken, table):
    mate = factories.person("mei")
    submit(mate, basket(chicken, table=table))
    return {
        "owner": lin,
        "mate": mate,
        "stranger": zhao,
        "counter": fang,
        "manager": ma,
        "boss": boss,
        "kitchen": wang,
        "tablet": factories.screen(store, "kitchen", "wok"),
        "desk": factories.screen(store, "counter"),
        "board": factories.screen(store, "board"),
        "other_store": factories.staff("ding", other_store, "owner"),
    }


# Roles contain each other, and a device is its kind's one role.
AS = {"manager": "counter", "boss": "counter", "desk": "counter", "tablet": "kitchen"}


def expected(name, role, status):
    allowed = MATRIX[name]
    role = AS.get(role, role)
    if role in STRANGERS or (role == "mate" and "mate" not in allowed):
        return 404
    if role not in allowed:
        return 403
    if status not in allowed[role]:
        return 409
    return 201 if name in ("batches", "refunds", "reorder") else 200


@pytest.mark.parametrize("status", sorted(ALL))
def test_every_move_of_every_role(status, order_in, cast, chicken):
    order = order_in(status)
    no = order["no"]
    bodies = BODIES | {"batches": {"lines": [{"dish": chicken.pk, "quantity": 1}]}}
    wrong, at_first = [], untouched(no)
    for name in MATRIX:
        for role, who in cast.items():
            with undone():
                before = at_first
                if name in PREPARED_BY and status in KITCHEN:
                    move(cast["owner"], no, PREPARED_BY[name])
                    before = untouched(no)
                answer = post(who, f"orders/{no}/{name}/", bodies.get(name))
                if answer.status_code != expected(name, role, status):
                    wrong.append(
                        (name, role, answer.status_code, expected(name, role, status), answer.content)
                    )
                if answer.status_code >= 400 and untouched(no) != before:
                    wrong.append((name, role, "changed the order though refused"))
    assert wrong == []


@pytest.mark.parametrize("status", sorted(ALL))
def test_allowed_actions_are_exactly_what_succeeds(status, order_in, cast, chicken):
    no = order_in(status)["no"]
    bodies = BODIES | {"batches": {"lines": [{"dish": chicken.pk, "quantity": 1}]}}
    for role in ("owner", "counter", "kitchen"):
        offered = cast[role].api.get(f"/api/v1/orders/{no}/").json()["allowed_actions"]
        for name in MATRIX:
            with undone():
                answer = post(cast[role], f"orders/{no}/{name}/", bodies.get(name))
                if (role, name) == ("owner", "pay"):
                    continue  # offered while money is due, by a channel of the diner's own
                assert (answer.status_code < 300) == (name in offered), (role, name, answer.content)


def test_reading_is_for_those_concerned(order_in, cast):
    no = order_in("accepted")["no"]
    seen = {
        role: [who.api.get(f"/api/v1/orders/{no}/{path}").status_code for path in ("", "events/")]
        for role, who in cast.items()
    }
    readers = {"owner", "counter", "manager", "boss", "kitchen", "tablet", "desk"}
    assert seen == {
        role: [200, 200] if role in readers else [403, 403] if role == "board" else [404, 404]
        for role in cast
    }


def test_a_foreign_order_answers_exactly_like_an_absent_one(order_in, zhao):
    no = order_in("placed")["no"]
    absent = "0" * 26
    for path in ("", "events/"):
        foreign, nothing = (zhao.api.get(f"/api/v1/orders/{which}/{path}") for which in (no, absent))
        assert same(foreign) == same(nothing)
    for name in MATRIX:
        foreign, nothing = (post(zhao, f"orders/{which}/{name}/") for which in (no, absent))
        assert same(foreign) == same(nothing)


def same(answer):
    body = answer.json()
    body.pop("request_id")
    return answer.status_code, body


def test_without_a_token_nothing_is_answered(order_in, anonymous):
    no = order_in("placed")["no"]
    assert anonymous.get(f"/api/v1/orders/{no}/").status_code == 401
    for name in MATRIX:
        assert anonymous.post(f"/api/v1/orders/{no}/{name}/").status_code == 401
    assert Order.objects.get(no=no).status == "placed"


def test_a_refused_move_tells_where_the_order_stands(order_in, fang):
    order = order_in("completed")
    answer = post(fang, f"orders/{order['no']}/accept/")
    body = answer.json()
    assert (answer.status_code, body["code"], body["status"]) == (409, "order.transition_refused", 409)
    assert (body["state"], body["version"]) == ("completed", order["version"])
    assert body["allowed_actions"] == ["refunds"]


def test_a_stale_version_is_refused(order_in, fang):
    order = order_in("placed")
    answer = post(fang, f"orders/{order['no']}/accept/", {"version": order["version"] - 1})
    assert (answer.status_code, answer.json()["code"]) == (409, "order.version_conflict")
    assert answer.json()["version"] == order["version"]
    assert post(fang, f"orders/{order['no']}/accept/", {"version": order["version"]}).status_code == 200
