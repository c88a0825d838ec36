"""The admin goes through the door: what it changes is announced like everything else."""

import json

import pytest
from django.test import Client

from hub.models import AuditEntry, Event, Stream
from ordering.restaurant.models import Store
from ordering.users.models import Membership, User
from tests import factories

pytestmark = pytest.mark.django_db
PAGES = [
    "users/user/", "users/user/add/", "users/membership/", "users/membership/add/", "users/device/",
    "users/authsession/", "restaurant/store/", "restaurant/store/add/", "restaurant/station/",
    "restaurant/diningtable/", "restaurant/tablesession/",
]  # fmt: skip


@pytest.fixture
def desk():
    """A browser of somebody who may use the admin for everything."""
    client = Client()
    client.force_login(User.objects.create_superuser("root", "demo", name="root"))
    return client


def kinds():
    return list(Event.objects.order_by("at", "seq").values_list("kind", flat=True))


@pytest.mark.parametrize("page", PAGES)
def test_every_page_opens(page, desk, tablet, ma):
    assert desk.get(f"/admin/{page}").status_code == 200


def test_a_new_person_and_a_new_password(desk):
    body = {"username": "xin", "name": "新人", "password1": "a-long-phrase-8", "password2": "a-long-phrase-8"}
    body["usable_password"] = "true"
    assert desk.post("/admin/users/user/add/", body).status_code == 302
    xin = User.objects.get(username="xin")
    assert xin.check_password("a-long-phrase-8")
    phone = factories.log_in(xin)
    url = f"/admin/users/user/{xin.pk}/password/"
    assert desk.get(url).status_code == 200
    body = {"password1": "another-phrase-9", "password2": "another-phrase-9", "usable_password": "true"}
    assert desk.post(url, body).status_code == 302
    xin.refresh_from_db()
    assert xin.check_password("another-phrase-9")
    assert phone.api.get("/api/v1/me/").status_code == 401


def test_disabling_a_person_is_announced(desk, fang):
    form = {"username": "fang", "name": "fang", "avatar": "x", "phone": "1", "language": "zh-hans"}
    assert desk.post(f"/admin/users/user/{fang.user.pk}/change/", form).status_code == 302
    assert kinds() == ["user.disabled", "session.revoked"]
    assert fang.api.get("/api/v1/me/").status_code == 401


def test_a_role_changed_in_the_admin_is_announced(desk, fang):
    membership = Membership.objects.get(user=fang.user)
    url = f"/admin/users/membership/{membership.pk}/change/"
    assert desk.post(url, {"role": "kitchen"}).status_code == 302
    assert kinds() == ["membership.changed"]
    assert fang.actor.may("demo", "kitchen")


def store_form(**fields):
    hours = {f"opening_hours-{name}": value for name, value in {"TOTAL_FORMS": 0, "INITIAL_FORMS": 0}.items()}
    plain = {"name": "新店", "notice": "", "auto_complete_hours": 4, "cutover_hour": 4, "is_open": "on"}
    return {**plain, **hours, **fields}


def test_a_new_store_gets_its_streams(desk):
    answer = desk.post("/admin/restaurant/store/add/", store_form(code="new"))
    assert answer.status_code == 302
    assert Stream.objects.filter(key__in=["store:new", "menu:new"]).count() == 2


def test_a_store_paused_in_the_admin_is_announced_to_counter_and_menu(desk, store):
    form = store_form(name=store.name)
    del form["is_open"]
    assert desk.post(f"/admin/restaurant/store/{store.pk}/change/", form).status_code == 302
    events = {e.stream_id: (e.kind, e.key, e.version) for e in Event.objects.all()}
    assert events == {
        "store:demo": ("store.paused", "store:demo", 1),
        "menu:demo": ("menu.changed", "menu:demo", 1),
    }
    assert json.loads(Event.objects.get(stream_id="store:demo").body) == {"store": "demo", "is_open": False}
    assert not Store.objects.get().is_open


def test_nothing_evented_is_deleted_here(desk, store, fang):
    for page in (f"users/user/{fang.user.pk}", f"restaurant/store/{store.pk}"):
        assert desk.post(f"/admin/{page}/delete/", {"post": "yes"}).status_code == 403


def test_the_log_in_form_and_its_guard(db):
    User.objects.create_superuser("root", "demo", name="root")
    client = Client(raise_request_exception=False)
    url = "/admin/login/?next=/admin/"
    right, wrong = {"username": "root", "password": "demo"}, {"username": "root", "password": "x"}
    assert client.post(url, right).status_code == 302
    assert client.get("/admin/").status_code == 200
    assert [client.post(url, wrong).status_code for _ in range(5)] == [200] * 5
    shut = Client(raise_request_exception=False).post(url, right)
    assert (shut.status_code, shut.json()["code"]) == (429, "auth.too_many_attempts")


def audited():
    """What the audit says: who, as what, did what to what."""
    fields = ("name", "role", "action", "target", "store", "before", "after")
    return [tuple(row.values()) for row in AuditEntry.objects.order_by("pk").values(*fields)]


def test_what_is_done_in_the_admin_is_audited(desk, store, fang):
    member = Membership.objects.get()
    assert desk.post(f"/admin/users/membership/{member.pk}/change/", {"role": "kitchen"}).status_code == 302
    name = f"staff:{fang.user.uid}"
    change = ("root", "superuser", "admin.membership.change", name, "demo")
    assert audited() == [
        (*change, f'{{"{name}":{{"role":"counter"}}}}', f'{{"{name}":{{"role":"kitchen"}}}}')
    ]


def test_a_form_with_errors_is_not(desk, store, fang):
    member = Membership.objects.get()
    assert desk.post(f"/admin/users/membership/{member.pk}/change/", {"role": "king"}).status_code == 200
    body = {"username": "xin", "password1": "a", "password2": "b", "usable_password": "true"}
    assert desk.post("/admin/users/user/add/", body).status_code == 200
    assert desk.post(f"/admin/users/user/{fang.user.pk}/password/", body).status_code == 200
    own = {"old_password": "wrong", "new_password1": "a", "new_password2": "b"}
    assert desk.post("/admin/password_change/", own).status_code == 200
    assert audited() == []


def test_passwords_are_named_and_not_told(desk, fang):
    new = {"password1": "another-phrase-9", "password2": "another-phrase-9", "usable_password": "true"}
    assert desk.post("/admin/users/user/add/", {"username": "xin", **new}).status_code == 302
    assert desk.post(f"/admin/users/user/{fang.user.pk}/password/", new).status_code == 302
    own = {"old_password": "demo", "new_password1": "a-long-phrase-8", "new_password2": "a-long-phrase-8"}
    assert desk.post("/admin/password_change/", own).status_code == 302
    assert [row[2] for row in audited()] == ["admin.user.create", "admin.user.password", "admin.password"]
    for row in audited():
        assert "phrase" not in row[-1] and "pbkdf2" not in row[-1] + row[-2]
        assert '"***"' in row[-1]


def test_who_changes_the_own_password_in_the_admin_ends_the_own_log_ins(desk):
    phone = factories.log_in(User.objects.get(username="root"))
    own = {"old_password": "demo", "new_password1": "a-long-phrase-8", "new_password2": "a-long-phrase-8"}
    assert desk.post("/admin/password_change/", own).status_code == 302
    assert phone.api.get("/api/v1/me/").status_code == 401
    assert desk.get("/admin/").status_code == 200
