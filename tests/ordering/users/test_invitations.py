"""Invitations: offered by managers, accepted once, by whoever holds the code and by nobody who guesses."""

import json
from datetime import timedelta

import pytest

from hub import clock
from hub.models import AuditEntry, Event
from ordering.users import invitations
from ordering.users.models import Invitation, Membership, User
from tests import factories

OFFERS = "/api/v1/stores/demo/invitations/"
ACCEPT = "/api/v1/auth/invitation/"
PASSWORD = "a-long-phrase-8"
WANG = {"role": "kitchen", "name": "王师傅", "username": "wang"}


def offer(manager, **said):
    answer = manager.api.post(OFFERS, {**WANG, **said})
    assert answer.status_code == 201, answer.content
    return answer.json()


def accept(code, **said):
    return factories.client().post(ACCEPT, {"code": code, "username": "wang", "password": PASSWORD, **said})


@pytest.mark.both
@pytest.mark.django_db
def test_an_invited_cook_chooses_a_password_and_cooks(ma):
    made = offer(ma)
    assert len(made["code"]) == 24
    stored = Invitation.objects.values_list("code_hash", flat=True).get()
    assert made["code"] not in stored and len(stored) == 64
    [listed] = ma.api.get(OFFERS).json()["results"]
    assert listed == {name: value for name, value in made.items() if name != "code"}
    answer = accept(made["code"])
    assert (answer.status_code, answer.json()["user"]["roles"]) == (
        201,
        [{"store": "demo", "role": "kitchen"}],
    )
    wang = User.objects.get(username="wang")
    assert (wang.name, wang.check_password(PASSWORD), wang.is_staff) == ("王师傅", True, False)
    assert Invitation.objects.get().accepted_by == wang
    assert ma.api.get(OFFERS).json()["results"] == []
    [event] = Event.objects.filter(stream_id="auth")
    assert (event.kind, json.loads(event.body)) == ("membership.changed", {"user": wang.uid, "store": "demo"})
    offered, accepted = AuditEntry.objects.order_by("pk")
    assert (offered.action, offered.actor) == ("stores.invitations.create", ma.actor.label)
    assert (accepted.action, accepted.actor, accepted.store) == ("auth.invitation", "anonymous", "demo")
    assert accepted.target == f"staff:{wang.uid}"
    assert made["code"] not in offered.after + accepted.after and PASSWORD not in accepted.after


@pytest.mark.django_db
def test_used_expired_revoked_and_unknown_codes_answer_alike(ma):
    used, expired, revoked, orphan = (offer(ma, username="") for _ in range(4))
    assert accept(used["code"]).status_code == 201
    Invitation.objects.filter(pk=expired["id"]).update(expires_at=clock.now())
    assert ma.api.delete(f"{OFFERS}{revoked['id']}/").status_code == 204
    for gone in (used, expired, revoked):
        assert ma.api.delete(f"{OFFERS}{gone['id']}/").status_code == 404
    bodies = [accept(made["code"], username="x").json() for made in (used, expired, revoked)]
    bodies += [accept(code, username="x").json() for code in ("A" * 24, "x", "码")]
    Membership.objects.filter(user=ma.user).delete()
    bodies.append(accept(orphan["code"], username="x").json())
    for body in bodies:
        body.pop("request_id")
    assert bodies[0]["code"] == "invitation.code_invalid"
    assert all(body == bodies[0] for body in bodies)
    assert User.objects.filter(username="x").count() == 0


@pytest.mark.django_db
def test_nobody_offers_or_revokes_a_role_at_or_above_their_own(ma, boss, fang, wang, other_store):
    for role in ("manager", "owner"):
        assert ma.api.post(OFFERS, {**WANG, "role": role}).status_code == 403
    second = offer(boss, role="manager", username="second")
    assert ma.api.delete(f"{OFFERS}{second['id']}/").status_code == 403
    elsewhere = factories.staff("wu", other_store, "owner")
    for caller in (fang, wang, elsewhere):
        assert caller.api.post(OFFERS, WANG).status_code == 403
        assert caller.api.get(OFFERS).status_code == 403
        assert caller.api.delete(f"{OFFERS}{second['id']}/").status_code == 403
    assert elsewhere.api.delete(f"/api/v1/stores/other/invitations/{second['id']}/").status_code == 404
    assert Invitation.objects.count() == 1


@pytest.mark.django_db
def test_the_body_gives_no_other_role_store_or_right(ma, other_store):
    made = offer(ma)
    said = {"role": "owner", "store": "other", "is_staff": True, "is_superuser": True, "name": "老板"}
    assert accept(made["code"], **said).status_code == 201
    wang = User.objects.get(username="wang")
    assert (wang.is_staff, wang.is_superuser, wang.name) == (False, False, "王师傅")
    assert list(Membership.objects.filter(user=wang).values_list("store__code", "role")) == [
        ("demo", "kitchen")
    ]


@pytest.mark.django_db
def test_what_is_refused_leaves_the_code_good_and_nobody_new(ma, fang):
    made, free = offer(ma), offer(ma, username="")
    for said, code in (
        ({"password": "12345678"}, "body.invalid"),
        ({"username": "somebody"}, "body.invalid"),
        ({"password": None}, "body.invalid"),
    ):
        answer = accept(made["code"], **said)
        assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert accept(free["code"], username="").json()["errors"][0]["field"] == "username"
    taken = accept(free["code"], username="fang")
    assert (taken.status_code, taken.json()["code"]) == (409, "user.username_taken")
    fang.user.refresh_from_db()
    assert fang.user.check_password("demo") and fang.actor.role_in("demo") == "counter"
    assert User.objects.filter(username__in=["wang", "somebody"]).count() == 0
    assert accept(made["code"], username="").status_code == 201


@pytest.mark.django_db
def test_guessing_is_stopped_by_the_database_not_by_a_cache(ma, settings):
    """Twenty guesses from one address, then nothing for a while, the right code included."""
    made = offer(ma)
    settings.RATE_LIMIT_SCALE = 0  # the throttle is off, as behind a dead cache: the guard is not
    answers = [accept(f"guess-{number}").status_code for number in range(22)]
    assert answers == [400] * 20 + [429] * 2
    late = accept(made["code"])
    assert (late.status_code, late.json()["code"]) == (429, "auth.too_many_attempts")
    assert 0 < int(late["Retry-After"]) <= 30
    assert User.objects.filter(username="wang").count() == 0


@pytest.mark.both
@pytest.mark.django_db(transaction=True)
def test_of_eight_who_accept_at_once_one_is_hired(ma, at_once):
    code = offer(ma, username="")["code"]
    answers = at_once(lambda number: accept(code, username=f"wang{number}").status_code, 8)
    assert sorted(answers) == [201] + [400] * 7
    assert User.objects.filter(username__startswith="wang").count() == 1


@pytest.mark.both
@pytest.mark.django_db(transaction=True)
def test_control_without_the_compare_and_set_several_are(ma, at_once, monkeypatch):
    code = offer(ma, username="")["code"]
    monkeypatch.setattr(invitations, "take", lambda code: True)  # as if it had looked a moment earlier
    answers = at_once(lambda number: accept(code, username=f"wang{number}").status_code, 3)
    assert answers == [201] * 3


@pytest.mark.django_db
def test_what_is_over_is_forgotten_in_time(ma, lin):
    from ordering.users import guard, retention  # here, beside what they show
    from ordering.users.models import AuthSession, LoginFailure

    offer(ma)
    guard.admit(guard.code_subjects("pairing", "203.0.113.7"))
    assert retention.forget_old() == 0
    now = clock.now()
    Invitation.objects.update(expires_at=now - timedelta(days=181))
    LoginFailure.objects.update(last_at=now - timedelta(days=2))
    AuthSession.objects.filter(user=lin.user).update(revoked_at=now - timedelta(days=31))
    assert retention.forget_old() == 3
    assert AuthSession.objects.filter(user=ma.user).count() == 1
