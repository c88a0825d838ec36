"""Lines in the kitchen: every state × move × role, versions, stations, tickets, recall, the snapshot."""

from datetime import timedelta
from uuid import uuid4

import pytest

from hub.models import Event
from hub.views import SKIP
from kitchen import tickets
from ordering.orders import queries
from ordering.orders.models import Line
from tests import factories
from tests.ordering.orders.cells import undone
from tests.ordering.orders.conftest import chicken, cucumber, order_in  # noqa: F401
from tests.ordering.orders.trips import cook, post, refused

pytestmark = pytest.mark.django_db

LINE_MATRIX = {
    "start": ("kitchen", {"queued": "cooking"}),
    "ready": ("kitchen", {"queued": "ready", "cooking": "ready"}),
    "recall": ("kitchen", {"ready": "queued"}),
    "serve": ("kitchen", {"ready": "served"}),
    "fire": ("counter", {"held": "queued"}),
    "void": ("counter", dict.fromkeys(("held", "queued", "cooking", "ready"), "voided")),
}
STATES = ("held", "queued", "cooking", "ready", "served", "voided")


@pytest.fixture
def cast(store, other_store, lin, zhao, fang, ma, wang):
    return {
        "owner": lin,
        "stranger": zhao,
        "counter": fang,
        "manager": ma,
        "kitchen": wang,
        "wok_tablet": factories.screen(store, "kitchen", "wok"),
        "cold_tablet": factories.screen(store, "kitchen", "cold"),
        "board": factories.screen(store, "board"),
        "other_kitchen": factories.staff("ding", other_store, "kitchen"),
    }


AS = {"manager": "counter", "wok_tablet": "kitchen"}


def expected(name, role, state):
    who, moves = LINE_MATRIX[name]
    if role in ("stranger", "other_kitchen"):
        return 404
    if AS.get(role, role) != who:
        return 403
    return 200 if state in moves else 409


@pytest.mark.parametrize("state", STATES)
def test_every_move_of_every_role(state, order_in, cast):  # noqa: F811
    wok = order_in("accepted")["lines"][0]["id"]
    Line.objects.filter(pk=wok).update(state=state)
    for name, (_, moves) in LINE_MATRIX.items():
        for role, who in cast.items():
            with undone():
                answer = post(who, f"kitchen/lines/{wok}/{name}/")
                assert answer.status_code == expected(name, role, state), (name, role, answer.content)
                line = Line.objects.get(pk=wok)
                moved = answer.status_code == 200
                assert (line.state, line.version) == ((moves[state], 2) if moved else (state, 1))


@pytest.mark.parametrize("status", ["pending_payment", "placed", "completed", "rejected", "cancelled"])
def test_lines_move_only_while_the_kitchen_has_the_order(status, order_in, wang, fang):  # noqa: F811
    wok = order_in(status)["lines"][0]["id"]
    for who, name in ((wang, "start"), (wang, "ready"), (wang, "recall"), (fang, "void"), (fang, "fire")):
        assert refused(post(who, f"kitchen/lines/{wok}/{name}/")) == (409, "line.transition_refused")


def test_the_version_is_the_line_s(order_in, wang):  # noqa: F811
    wok = order_in("accepted")["lines"][0]["id"]
    order = cook(wang, wok, "start", version=1)
    assert order["lines"][0]["version"] == 2
    problem = post(wang, f"kitchen/lines/{wok}/ready/", {"version": 1})
    assert refused(problem) == (409, "line.version_conflict")
    facts = problem.json()
    assert (facts["line"], facts["state"], facts["version"]) == (wok, "cooking", 2)
    assert facts["allowed_actions"] == ["ready"]
    assert cook(wang, wok, "ready", version=2)["lines"][0]["state"] == "ready"


def test_a_repeated_tap_cooks_once(order_in, wang):  # noqa: F811
    order = order_in("accepted")
    tap, path = {"op_id": str(uuid4())}, f"/api/v1/kitchen/lines/{order['lines'][0]['id']}/start/"
    assert wang.api.post(path, tap).content == wang.api.post(path, tap).content
    assert Event.objects.filter(key=f"order:{order['no']}", kind="line.started").count() == 1


def test_a_recall_takes_the_line_back_to_where_it_was_and_the_order_to_work(order_in, wang):  # noqa: F811
    order = order_in("ready")
    wok, cold = [line["id"] for line in order["lines"]]
    back = cook(wang, wok, "recall")
    assert (back["status"], back["ready_at"], back["lines"][0]["state"]) == ("preparing", None, "queued")
    cook(wang, wok, "start")
    cook(wang, wok, "ready")
    assert cook(wang, wok, "recall")["lines"][0]["state"] == "cooking"
    Line.objects.filter(pk=cold).update(ready_at=Line.objects.get(pk=cold).ready_at - timedelta(minutes=31))
    assert refused(post(wang, f"kitchen/lines/{cold}/recall/")) == (409, "line.recall_too_late")


def test_a_ticket_is_bumped_at_once(order_in, store, wang):  # noqa: F811
    order = order_in("accepted")
    batch = order["lines"][0]["batch"]
    cold = factories.screen(store, "kitchen", "cold")
    path = f"kitchen/tickets/{batch}.wok/ready/"
    assert refused(post(cold, path)) == (403, "auth.forbidden")
    assert refused(post(wang, f"kitchen/tickets/{batch}.bar/ready/")) == (404, "resource.not_found")
    assert refused(post(wang, f"kitchen/tickets/{batch + 99}.wok/ready/")) == (404, "resource.not_found")
    done = post(wang, path, {"version": order["version"]})
    assert done.status_code == 200
    assert [line["state"] for line in done.json()["lines"]] == ["ready", "queued"]
    assert refused(post(wang, path)) == (409, "line.transition_refused")
    assert post(cold, f"kitchen/tickets/{batch}.cold/ready/").json()["status"] == "ready"


def test_no_such_line(order_in, wang):  # noqa: F811
    for pk in (0, 10**6, 2**70):
        assert refused(post(wang, f"kitchen/lines/{pk}/start/")) == (404, "resource.not_found")


def test_each_station_sees_its_own_lines_without_prices(order_in, wang):  # noqa: F811
    no = order_in("accepted")["no"]
    _, _, card = queries.card_of(no)
    row = tickets.project(card, frozenset({"wok"}))
    assert set(row) == {*tickets.ORDER_FIELDS, "lines"}
    [line] = row["lines"]
    assert (line["station"], line["state"]) == ("wok", "queued")
    assert line["queued_at"]
    assert not [name for name in line if name.endswith("_fen")]
    assert tickets.project(card, frozenset({"bar"})) is SKIP
    assert len(tickets.project(card, None)["lines"]) == 2
    assert tickets.shown(row) == ((line["batch"], "wok"),)
    served = {**card, "lines": [{**line, "state": "served"} for line in card["lines"]]}
    assert tickets.project(served, frozenset({"wok"})) is None
    assert tickets.project({**card, "status": "completed"}, frozenset({"wok"})) is None


def test_the_tickets_over_rest(order_in, store, wang, fang, zhao):  # noqa: F811
    order_in("placed")
    order = order_in("accepted")
    answer = wang.api.get("/api/v1/kitchen/demo/tickets/?station=wok,cold").json()
    assert set(answer) == {"stream", "seq", "cursor", "rows"}
    assert [row["key"] for row in answer["rows"]] == [f"order:{order['no']}"]
    assert len(answer["rows"][0]["data"]["lines"]) == 2
    wok = factories.screen(store, "kitchen", "wok")
    assert [
        line["station"]
        for row in wok.api.get("/api/v1/kitchen/demo/tickets/").json()["rows"]
        for line in row["data"]["lines"]
    ] == ["wok"]
    assert refused(wok.api.get("/api/v1/kitchen/demo/tickets/?station=cold")) == (403, "auth.forbidden")
    for stranger in (fang, zhao):
        assert refused(stranger.api.get("/api/v1/kitchen/demo/tickets/")) == (403, "auth.forbidden")
    assert refused(wang.api.get("/api/v1/kitchen/nowhere/tickets/")) == (404, "resource.not_found")
