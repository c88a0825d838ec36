"""Who may call what: every address of the published matrix, asked by ten callers."""

import json
import re
from contextlib import contextmanager

import pytest
from django.db import transaction
from drf_spectacular.generators import SchemaGenerator

from ordering.users import permissions
from ordering.users.actors import Actor
from tests import factories
from tests.permissions.callers import CALLERS, COOK, COUNTER, DINER, MANAGER, STORE_LEVEL
from tests.permissions.matrix import MATRIX, fault, subjects

pytestmark = pytest.mark.django_db
SUBJECTS = subjects()
DOCUMENTS = SUBJECTS.pop("")
STRANGERS = ("cook next door", "manager next door", DINER)


@contextmanager
def undone():
    """What happens here has not happened afterwards."""
    point = transaction.savepoint()
    try:
        yield
    finally:
        transaction.savepoint_rollback(point)


def faults(house, rows):
    """Everything that is wrong with the answers to everybody."""
    for row in rows:
        for caller in CALLERS:
            with undone():
                found = fault(caller, row, house.ask(caller, row))
            if found:
                yield found


@pytest.mark.both
@pytest.mark.parametrize("subject", SUBJECTS)
def test_everybody_everywhere(house, subject):
    assert not (found := list(faults(house, SUBJECTS[subject]))), "\n".join(found)


def test_everybody_reads_the_documents(house, monkeypatch):
    """Roots, documents and what the gateway calls."""
    # It takes a third of a second, so it is made once and not for each caller.
    document = SchemaGenerator().get_schema(public=True)
    monkeypatch.setattr(SchemaGenerator, "get_schema", lambda *asked, **how: document)
    assert not (found := list(faults(house, DOCUMENTS))), "\n".join(found)


def test_the_matrix_is_the_router(house):
    """A route that is not in the document fails here and in the contracts."""
    assert [line._asdict() for line in permissions.access_list()] == MATRIX
    assert len(CALLERS) == 10


def test_control_with_roles_unchecked_the_matrix_finds_who_gets_in(house, monkeypatch):
    """Everybody who is known has every role: each manager's and counter's address must be noticed.

    But for the staff's and invitations, where ranks are compared besides.
    """
    monkeypatch.setattr(Actor, "may", lambda self, store, role: True)
    monkeypatch.setattr(Actor, "works_at", lambda self, store: True)
    rows = [
        row
        for row in SUBJECTS["stores"]
        if row["access"] in ("manager", "counter") and not re.search("staff|invitations", row["route"])
    ]
    found = list(faults(house, rows))
    for row in rows:
        for caller in (DINER, COOK):
            assert any(f"{row['method']} {row['route']} by {caller}:" in one for one in found), (row, caller)


@pytest.mark.parametrize("subject", [subject for subject in SUBJECTS if subject not in ("auth", "me")])
def test_a_foreign_thing_answers_like_an_absent_one(house, other_store, subject, monkeypatch):
    """A cook and a manager of another restaurant, and a diner who has nothing to do with it."""
    strangers = [factories.staff("li", other_store, "kitchen"), factories.staff("wu", other_store, "manager")]
    monkeypatch.setattr(house, "cast", house.cast | dict(zip(STRANGERS, strangers, strict=False)))
    for row in SUBJECTS[subject]:
        for caller in STRANGERS:
            if "{" in row["route"] and row["access"] not in ("anyone", "user"):
                compare(house, caller, row)


def compare(house, caller, row):
    """Ask for what is there and for what is not."""
    there, absent = house.ask(caller, row), house.ask(caller, row, absent=True)
    found = (row["method"], row["route"], caller)
    if row["route"].startswith(STORE_LEVEL):
        assert (there.status_code, absent.status_code) == (403, 404), found
        return
    assert there.status_code == 404, (found, there.content)
    bodies = [json.loads(answer.content) for answer in (there, absent)]
    for body in bodies:
        body.pop("request_id")
    assert bodies[0] == bodies[1], found
    assert there.headers.keys() == absent.headers.keys()


@pytest.mark.both
def test_roles_contain_each_other_and_the_kitchen_stands_apart(house, monkeypatch):
    monkeypatch.setitem(house.cast, "boss", factories.staff("boss", house.store, "owner"))
    accept = {"route": "/api/v1/orders/{no}/accept/", "method": "POST"}
    start = {"route": "/api/v1/kitchen/lines/{pk}/start/", "method": "POST"}
    for caller in ("boss", MANAGER, COUNTER):
        assert house.ask(caller, accept).json()["code"] == "order.transition_refused"
        assert house.ask(caller, start).json()["code"] == "auth.forbidden"
    assert house.ask(COOK, accept).json()["code"] == "auth.forbidden"
    assert house.ask(COOK, start).status_code == 200
