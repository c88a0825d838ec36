"""A cart that a table shares: whose lines they are, who may do what, what is refused."""

import pytest

from hub.models import Event, Stream
from hub.transactions import transact
from ordering.carts.models import CartLine
from ordering.dishes import actions as dishes
from ordering.restaurant import tokens
from ordering.restaurant.models import TableDiner, TableSession
from tests import factories
from tests.factories import client
from tests.ordering.carts.conftest import guest, join
from tests.ordering.orders.trips import basket, post, refused, submit

pytestmark = pytest.mark.django_db


def told(shared):
    rows = Event.objects.filter(stream_id=shared.session.stream).order_by("seq")
    return [(row.kind, row.key.split(":")[0], row.version) for row in rows]


@pytest.mark.both
def test_everybody_sees_whose_line_it_is(shared, lin, chen):
    group = factories.group(shared.chicken, "辣度", {"微辣": 0, "加花生": 200}, max=2)
    nuts = group.options.get(name="加花生").pk
    first = shared.put(lin, quantity=2, options=[nuts], remark="不要葱", price_fen=1)
    assert first == {
        "id": first["id"],
        "owner": {"id": lin.user.uid, "name": "lin"},
        "dish": shared.chicken.pk,
        "name": "宫保鸡丁",
        "options": [{"id": nuts, "name": "加花生", "price_delta_fen": 200}],
        "unit_price_fen": 4000,
        "quantity": 2,
        "amount_fen": 8000,
        "remark": "不要葱",
        "version": 1,
    }
    second = shared.put(chen, shared.cucumber)
    assert (
        shared.see(lin)
        == shared.see(chen)
        == {
            "stream": f"table:{shared.session.no}",
            "session": shared.session.no,
            "order": None,
            "orders": [],
            "lines": [first, second],
            "subtotal_fen": 9200,
        }
    )


@pytest.mark.both
def test_a_line_is_changed_by_its_owner_and_taken_out_by_anybody(shared, lin, chen):
    line = shared.put(lin)
    path = f"/api/v1/{shared.path}lines/{line['id']}/"
    assert refused(chen.api.patch(path, {"quantity": 9})) == (403, "auth.forbidden")
    changed = lin.api.patch(path, {"quantity": 3, "remark": "少盐"})
    assert changed.json() == {**line, "quantity": 3, "remark": "少盐", "amount_fen": 11400, "version": 2}
    assert lin.api.patch(path, {"quantity": 3}).json()["version"] == 2, "nothing changed, nothing is told"
    assert lin.api.patch(path, {}).json() == changed.json()
    assert chen.api.delete(path).status_code == 204
    assert (refused(chen.api.delete(path)), refused(lin.api.patch(path, {"quantity": 1}))) == (
        (404, "resource.not_found"),
        (404, "resource.not_found"),
    )
    line = "cart-line"
    assert told(shared) == [
        ("cart.line_added", line, 1), ("cart.line_changed", line, 2), ("cart.line_removed", line, 3)
    ]  # fmt: skip


def post_or(method, api, path, body):
    return getattr(api, method)(path, body, HTTP_IDEMPOTENCY_KEY="k")


def test_a_foreign_session_answers_like_an_absent_one(shared, store, lin, zhao, tablet, wang, other_store):
    line = shared.put(lin)
    join(zhao, store.tables.select_related("store").get(code="t2"))
    hu = factories.staff("hu", other_store, "counter")
    body = {"dish": shared.chicken.pk, "quantity": 1}
    for who in (zhao, hu):
        for method, path in (
            ("get", "lines/"), ("post", "lines/"), ("post", "submit/"),
            ("patch", f"lines/{line['id']}/"), ("delete", f"lines/{line['id']}/"),
        ):  # fmt: skip
            answers = [
                getattr(who.api, method)(
                    f"/api/v1/table-sessions/{no}/cart/{path}", body, HTTP_IDEMPOTENCY_KEY="k"
                )
                for no in (shared.session.no, "01J9ZZZZZZZZZZZZZZZZZZZZZZ", "x" * 200)
            ]
            assert [refused(answer) for answer in answers] == [(404, "resource.not_found")] * 3
    for who in (wang, tablet):
        assert refused(who.api.get(f"/api/v1/{shared.path}lines/")) == (403, "auth.forbidden")
    assert refused(client().get(f"/api/v1/{shared.path}lines/")) == (401, "auth.required")
    assert [row["id"] for row in shared.see(lin)["lines"]] == [line["id"]]


def test_a_line_of_another_table_is_not_there(shared, store, lin, zhao):
    line = shared.put(lin)
    other = join(zhao, store.tables.select_related("store").get(code="t2"))
    path = f"/api/v1/table-sessions/{other}/cart/lines/{line['id']}/"
    assert refused(zhao.api.delete(path)) == (404, "resource.not_found")
    assert refused(zhao.api.patch(path, {"quantity": 2})) == (404, "resource.not_found")
    assert CartLine.objects.get().quantity == 1


def test_who_is_a_diner_of_the_table(shared, store, lin, zhao):
    """Whoever scanned its code with a log-in, ordered there, or is its guest."""
    other = store.tables.select_related("store").get(code="t2")
    submit(zhao, basket(shared.chicken, table=other))
    no = TableSession.objects.get(table=other).no
    assert zhao.api.get(f"/api/v1/table-sessions/{no}/cart/lines/").status_code == 200
    assert refused(lin.api.get(f"/api/v1/table-sessions/{no}/cart/lines/"))[0] == 404
    client().get("/api/v1/tables/resolve/", {"token": tokens.write(other)})
    assert join(lin, other) == no
    assert join(lin, other) == no
    assert lin.api.get(f"/api/v1/table-sessions/{no}/cart/lines/").status_code == 200
    assert TableDiner.objects.filter(session__no=no).count() == 1


def test_a_guest_shares_one_table_alone(shared, store, lin):
    pair = guest(shared.table)
    api = client(pair["access"])
    answer = api.post(f"/api/v1/{shared.path}lines/", {"dish": shared.chicken.pk, "quantity": 1})
    assert answer.json()["owner"] == {"id": pair["user"]["id"], "name": "访客"}
    other = store.tables.select_related("store").get(code="t2")
    no = api.get("/api/v1/tables/resolve/", {"token": tokens.write(other)}).json()["session"]["id"]
    assert refused(api.get(f"/api/v1/table-sessions/{no}/cart/lines/")) == (404, "resource.not_found")
    assert [row["owner"]["name"] for row in shared.see(lin)["lines"]] == ["访客"]


@pytest.mark.both
def test_the_cart_goes_with_the_guests(shared, lin, chen, fang):
    shared.put(lin)
    shared.put(chen)
    api = client(guest(shared.table)["access"])
    assert post(fang, f"tables/{shared.table.pk}/settle/").status_code == 200
    late = post(lin, f"{shared.path}lines/", {"dish": shared.chicken.pk, "quantity": 1})
    assert refused(late) == (409, "table.session_closed")
    assert len(shared.see(chen)["lines"]) == 2, "they may still look at what they did not order"
    assert post(fang, f"tables/{shared.table.pk}/close/").json()["state"] == "closed"
    assert not CartLine.objects.exists()
    assert told(shared)[2:] == [
        ("cart.line_removed", "cart-line", 2),
        ("cart.line_removed", "cart-line", 2),
        ("cart.closed", "cart", 1),
    ]
    assert refused(lin.api.get(f"/api/v1/{shared.path}lines/")) == (404, "resource.not_found")
    assert refused(api.get(f"/api/v1/{shared.path}lines/")) == (401, "auth.token_invalid")
    assert refused(shared.submit(lin)) == (404, "resource.not_found")
    assert join(lin, shared.table) != shared.session.no


BAD = [
    *({"quantity": wrong} for wrong in (0, 100, "1", 1.5, True, None, -1, 2**70)),
    *({"remark": wrong} for wrong in ("长" * 81, 5, "\x00", None, [])),
    *({"dish": wrong} for wrong in ("x", None, -1, 0, 2**63)),
    *({"options": wrong} for wrong in ("3", [0], [1] * 51, {}, [None])),
    {"op_id": "x"},
]


@pytest.mark.parametrize("wrong", BAD, ids=str)
def test_bodies_that_are_none(wrong, shared, lin):
    body = {"dish": shared.chicken.pk, "quantity": 1}
    assert refused(post(lin, f"{shared.path}lines/", {**body, **wrong})) == (400, "body.invalid")
    line = shared.put(lin)
    if not set(wrong) & {"dish", "options"}:
        path = f"/api/v1/{shared.path}lines/{line['id']}/"
        assert refused(lin.api.patch(path, wrong)) == (400, "body.invalid")
    assert [(row.quantity, row.version) for row in CartLine.objects.all()] == [(1, 1)]


@pytest.mark.parametrize("body", [{}, {"dish": 1}, {"quantity": 1}, [], "x", None, 5])
def test_bodies_that_lack_something(body, shared, lin):
    answer = lin.api.post(f"/api/v1/{shared.path}lines/", body, format="json")
    assert refused(answer) == (400, "body.invalid")
    assert not CartLine.objects.exists()


def test_dishes_that_cannot_be_put_in(shared, lin, other_store):
    group = factories.group(shared.cucumber, "份量", {"小": 0}, required=True, min=1)
    foreign = factories.dish(other_store)
    transact(lambda tx: dishes.sell_out(tx, shared.chicken.pk), actor="tests")
    asked = {
        "stock.sold_out": {"dish": shared.chicken.pk},
        "dish.not_found": {"dish": foreign.pk},
        "option.required": {"dish": shared.cucumber.pk},
        "option.invalid": {"dish": shared.cucumber.pk, "options": [group.options.get().pk, 10**9]},
    }
    for code, body in asked.items():
        assert refused(post(lin, f"{shared.path}lines/", {"quantity": 1, **body}))[1] == code
    assert not CartLine.objects.exists() and told(shared) == []


def test_fifty_lines_and_no_more(shared, lin, chen):
    row = shared.put(lin)
    made = CartLine.objects.get(pk=row["id"])
    CartLine.objects.bulk_create(
        CartLine(session=made.session, owner=made.owner, owner_name="x", dish=made.dish, name="x",
                 unit_price_fen=1, quantity=1)
        for _ in range(49)
    )  # fmt: skip
    answer = post(chen, f"{shared.path}lines/", {"dish": shared.chicken.pk, "quantity": 1})
    assert (*refused(answer), answer.json()["limit"]) == (409, "cart.too_many_lines", 50)


def test_a_tap_counts_once(shared, lin):
    body = {"dish": shared.chicken.pk, "quantity": 1, "op_id": "4b6d8f3e-3d1c-4b5e-9c61-0e9f0b9a7a11"}
    answers = [post(lin, f"{shared.path}lines/", body) for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    assert CartLine.objects.count() == 1


def test_everybody_has_a_limit_of_their_own(shared, lin, chen, settings):
    settings.RATE_LIMIT_SCALE = 1
    settings.THROTTLES = {**settings.THROTTLES, "cart": "3/m"}
    for _ in range(3):
        shared.put(lin)
    assert refused(post(lin, f"{shared.path}lines/", {"dish": shared.chicken.pk, "quantity": 1}))[0] == 429
    shared.put(chen)


def test_a_session_that_opens_has_its_stream(store, table, lin):
    no = join(lin, table)
    assert Stream.objects.get(key=f"table:{no}").seq == 0
