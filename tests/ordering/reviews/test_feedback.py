"""Feedback: between its writer and the store's managers, and nobody else."""

import pytest

from ordering.reviews.models import Feedback
from tests import factories
from tests.ordering.orders.trips import refused
from tests.ordering.reviews.conftest import tap

pytestmark = pytest.mark.django_db

SAID = {"store": "demo", "kind": "complaint", "text": "空调太冷 🥶", "contact": "13800000000"}


@pytest.fixture
def told(store, lin):
    """What lin told the store."""
    answer = tap(lin, "feedback/", **SAID)
    assert answer.status_code == 201, answer.content
    return answer.json()


def listed(who, query=""):
    answer = who.api.get(f"/api/v1/feedback/{query}")
    assert answer.status_code == 200, answer.content
    return answer.json()["results"]


@pytest.mark.both
def test_from_open_to_closed(told, lin, ma):
    times = {"created_at": told["created_at"], "replied_at": None, "closed_at": None}
    assert told == {"id": told["id"], **SAID, "status": "open", "reply": "", **times}
    answered = tap(ma, f"feedback/{told['id']}/reply/", reply="已调高").json()
    assert (answered["status"], answered["reply"]) == ("in_progress", "已调高")
    assert answered["author"] == {"name": "lin", "avatar": ""}
    closed = tap(ma, f"feedback/{told['id']}/close/").json()
    assert closed["status"] == "closed" and closed["closed_at"]
    assert tap(ma, f"feedback/{told['id']}/close/").json() == closed
    late = tap(ma, f"feedback/{told['id']}/reply/", reply="再答")
    assert refused(late) == (409, "feedback.closed")
    closed.pop("author")
    assert listed(lin) == [closed]


def test_who_reads_it(told, lin, zhao, fang, ma, tablet, other_store, anonymous):
    stranger = factories.staff("wu", other_store, "manager")
    assert [row["id"] for row in listed(lin)] == [told["id"]]
    assert listed(lin, "?status=closed") == []
    assert listed(zhao) == listed(ma) == []
    assert [row["id"] for row in listed(ma, "?store=demo&status=open")] == [told["id"]]
    assert listed(ma, "?store=demo&status=closed") == []
    assert listed(stranger, "?store=other") == []
    for who in (lin, zhao, fang, stranger):
        assert refused(who.api.get("/api/v1/feedback/?store=demo")) == (403, "auth.forbidden")
    assert refused(ma.api.get("/api/v1/feedback/?store=nowhere")) == (404, "resource.not_found")
    assert refused(ma.api.get("/api/v1/feedback/?store=demo&status=x")) == (400, "body.invalid")
    assert tablet.api.get("/api/v1/feedback/").status_code == 403
    assert anonymous.get("/api/v1/feedback/").status_code == 401


@pytest.mark.parametrize("move", ["reply", "close"])
def test_who_works_on_it(told, lin, zhao, fang, ma, other_store, move):
    stranger = factories.staff("wu", other_store, "manager")
    for who, status in ((lin, 404), (zhao, 404), (stranger, 404), (fang, 403)):
        assert tap(who, f"feedback/{told['id']}/{move}/", reply="好").status_code == status
    assert tap(ma, f"feedback/{told['id'] + 1}/{move}/", reply="好").status_code == 404
    assert Feedback.objects.values_list("status", "reply").get() == ("open", "")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("text", ""), ("text", "x" * 501), ("text", 7), ("kind", "spam"), ("kind", None),
        ("contact", "x" * 65), ("store", 7), ("store", None),
    ],
)  # fmt: skip
def test_nonsense_is_refused_by_field(store, lin, field, value):
    answer = tap(lin, "feedback/", **SAID | {field: value})
    assert refused(answer) == (400, "body.invalid")
    assert [row["field"] for row in answer.json()["errors"]] == [field]
    assert refused(tap(lin, "feedback/", **SAID | {"store": "nowhere"})) == (404, "resource.not_found")
    assert not Feedback.objects.exists()
