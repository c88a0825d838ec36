"""Staff: roles are given and taken from above; every change is an event; the matrix knows every address."""

import json

import pytest
from django.core.management import call_command

from hub.models import Event
from ordering.users.models import Membership, User
from ordering.users.permissions import UNDECLARED, access_list
from tests import factories

STAFF = "/api/v1/stores/demo/staff/"
NEW = {"username": "xin", "name": "新人", "role": "counter", "password": "a-long-phrase-8"}


@pytest.mark.django_db
def test_a_manager_hires_changes_and_dismisses(ma):
    hired = ma.api.post(STAFF, NEW)
    assert hired.status_code == 201
    uid = hired.json()["user"]
    changed = ma.api.post(STAFF, {"username": "xin", "role": "kitchen"})
    assert (changed.status_code, changed.json()["role"], changed.json()["user"]) == (201, "kitchen", uid)
    xin = factories.log_in(User.objects.get(uid=uid))
    assert xin.actor.may("demo", "kitchen")
    assert ma.api.delete(f"{STAFF}{uid}/").status_code == 204
    assert ma.api.delete(f"{STAFF}{uid}/").status_code == 404
    assert not xin.actor.works_at("demo")
    events = Event.objects.filter(stream_id="auth").order_by("seq")
    assert [(e.kind, e.version) for e in events] == [("membership.changed", n) for n in (1, 2, 3)]
    assert json.loads(events[0].body) == {"user": uid, "store": "demo"}


@pytest.mark.django_db
def test_nobody_gives_or_takes_a_role_at_or_above_their_own(ma, boss, fang):
    for role in ("manager", "owner"):
        assert ma.api.post(STAFF, {**NEW, "role": role}).status_code == 403
    assert ma.api.post(STAFF, {"username": "boss", "role": "kitchen"}).status_code == 403
    assert ma.api.delete(f"{STAFF}{boss.user.uid}/").status_code == 403
    assert ma.api.delete(f"{STAFF}{ma.user.uid}/").status_code == 403
    assert boss.api.post(STAFF, {**NEW, "role": "manager"}).status_code == 201
    assert Membership.objects.get(user=boss.user).role == "owner"


@pytest.mark.django_db
def test_who_may_see_and_change_the_staff(store, ma, fang, wang, lin, tablet, anonymous, other_store):
    stranger = factories.staff("hu", other_store, "owner")
    assert anonymous.get(STAFF).status_code == 401
    for who in (fang, wang, lin, stranger, tablet):
        assert who.api.get(STAFF).status_code == who.api.post(STAFF, NEW).status_code == 403
    assert [row["username"] for row in ma.api.get(STAFF).json()["results"]] == ["ma", "fang", "wang"]
    assert ma.api.get("/api/v1/stores/nowhere/staff/").status_code == 404


@pytest.mark.django_db
def test_a_new_account_needs_a_good_password_and_a_known_one_keeps_its_own(ma, other_store):
    assert ma.api.post(STAFF, {**NEW, "password": "demo"}).status_code == 400
    assert ma.api.post(STAFF, {"username": "xin", "role": "counter"}).status_code == 400
    assert not User.objects.filter(username="xin").exists()
    hu = factories.staff("hu", other_store, "counter")
    assert ma.api.post(STAFF, {**NEW, "username": "hu"}).status_code == 201
    hu.user.refresh_from_db()
    assert hu.user.check_password("demo")


@pytest.mark.django_db(transaction=True)
def test_the_same_person_hired_twice_at_once_works_here_once(at_once):
    store = factories.store()
    ma = factories.staff("ma", store, "manager")
    token = ma.token
    statuses = [a.status_code for a in at_once(lambda _: factories.client(token).post(STAFF, NEW), 6)]
    assert statuses == [201] * 6
    assert User.objects.filter(username="xin").count() == 1
    assert Membership.objects.filter(user__username="xin").count() == 1


def test_every_address_declares_who_may_call_it():
    assert [line for line in access_list() if line.access == UNDECLARED] == []


def test_the_list_finds_a_view_that_is_silent(monkeypatch):
    """The control: take one declaration away, and its address shows up."""
    from ordering.users.api.me import Me

    monkeypatch.delattr(Me, "access")
    silent = {(line.route, line.method) for line in access_list() if line.access == UNDECLARED}
    assert silent >= {("/api/v1/me/", "GET"), ("/api/v1/me/", "PATCH")}


def test_the_matrix_as_a_document(tmp_path):
    target = tmp_path / "permissions.json"
    call_command("permissions", file=str(target))
    rows = json.loads(target.read_text(encoding="utf-8"))
    assert {"route": "/api/v1/devices/{pk}/", "method": "DELETE", "access": "manager"} in rows
    assert {"route": "/api/v1/stores/{code}/", "method": "GET", "access": "anyone"} in rows
