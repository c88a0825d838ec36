"""Log-ins: begun, rotated exactly once, given again to a lost reply, dead on reuse, gone on log-out."""

from datetime import timedelta

import pytest
from django.db.models import F

from hub import clock
from hub.errors import Refusal
from hub.models import Event
from hub.transactions import transact
from ordering.users import actions, sessions
from ordering.users.models import AuthSession, User, WechatIdentity
from tests import factories

REFRESH = "/api/v1/auth/refresh/"


def refresh(token):
    return factories.client().post(REFRESH, {"refresh": token})


def age(person, **by):
    """As if the last rotation had been that long ago."""
    AuthSession.objects.filter(user=person.user).update(rotated_at=F("rotated_at") - timedelta(**by))


def auth_events():
    return list(Event.objects.filter(stream_id="auth").order_by("seq").values_list("kind", "key"))


@pytest.mark.django_db
def test_a_demo_code_makes_one_person(weixin, anonymous):
    first = anonymous.post("/api/v1/auth/wechat/", {"code": "demo-lin"}).json()
    second = anonymous.post("/api/v1/auth/wechat/", {"code": "demo-lin"}).json()
    assert set(first) == {"access", "refresh", "expires_in", "user"}
    assert first["user"] == second["user"] == {"id": User.objects.get().uid, "name": "lin", "roles": []}
    assert first["access"] != second["access"]
    assert factories.client(first["access"]).get("/api/v1/me/").status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize(
    "code",
    ["demo-", "demo-" + "a" * 65, "lin", "demo-李", "demo-lin ok", "demo-lin&grant_type=x", "demo-lin\n"],
)
def test_other_codes_are_refused(weixin, code, anonymous):
    answer = anonymous.post("/api/v1/auth/wechat/", {"code": code})
    if code == "demo-lin\n":  # white space around a code is no part of it
        assert answer.status_code == 200
        return
    assert (answer.status_code, answer.json()["code"]) == (400, "auth.code_invalid")
    assert not User.objects.exists()


@pytest.mark.django_db
def test_without_the_sandbox_no_demo_code_works(anonymous, settings):
    settings.WECHAT_MODE = "off"
    assert anonymous.post("/api/v1/auth/wechat/", {"code": "demo-lin"}).status_code == 400


@pytest.mark.django_db(transaction=True)
def test_eight_first_log_ins_at_once_make_one_person(at_once):
    users = at_once(lambda _: actions.wechat_user("wx1", "o-lin", "lin").pk, 8)
    assert len(set(users)) == 1
    assert (User.objects.count(), WechatIdentity.objects.count()) == (1, 1)


@pytest.mark.django_db
def test_refresh_gives_the_next_pair(lin):
    answer = refresh(lin.refresh)
    assert answer.status_code == 200
    assert answer.json()["refresh"] != lin.refresh
    assert refresh(answer.json()["refresh"]).status_code == 200
    assert lin.user.auth_sessions.get().gen == 2


@pytest.mark.django_db
def test_a_lost_reply_is_given_again_within_the_grace(lin):
    first = refresh(lin.refresh)
    age(lin, seconds=25)
    # The row alone makes the pair: moved back by 25 s it still is one and the same for all who ask.
    second, third = refresh(lin.refresh), refresh(lin.refresh)
    assert (first.status_code, second.status_code) == (200, 200)
    assert second.content == third.content
    assert lin.user.auth_sessions.get().gen == 1


@pytest.mark.django_db
def test_the_pair_given_again_is_byte_identical(lin):
    assert refresh(lin.refresh).content == refresh(lin.refresh).content


@pytest.mark.django_db
def test_after_the_grace_the_old_token_kills_the_family(lin):
    newest = refresh(lin.refresh).json()
    age(lin, seconds=31)
    answer = refresh(lin.refresh)
    assert (answer.status_code, answer.json()["code"]) == (401, "auth.refresh_reused")
    sid = lin.user.auth_sessions.get().sid
    assert auth_events() == [("session.revoked", f"session:{sid}")]
    assert refresh(newest["refresh"]).json()["code"] == "auth.token_invalid"
    assert factories.client(newest["access"]).get("/api/v1/me/").status_code == 401
    assert auth_events() == [("session.revoked", f"session:{sid}")]


@pytest.mark.django_db
def test_two_generations_back_kills_the_family_at_once(lin):
    second = refresh(lin.refresh).json()
    refresh(second["refresh"])
    assert refresh(lin.refresh).json()["code"] == "auth.refresh_reused"
    assert lin.user.auth_sessions.get().revoked_at


@pytest.mark.django_db
@pytest.mark.parametrize("token", ["", "nonsense", 7, None, ["a"]])
def test_what_is_no_refresh_token(token, anonymous):
    answer = anonymous.post(REFRESH, {"refresh": token})
    assert answer.status_code == (401 if token == "nonsense" else 400)


@pytest.mark.django_db
def test_an_access_token_is_no_refresh_token(lin):
    assert refresh(lin.token).json()["code"] == "auth.token_invalid"


@pytest.mark.django_db
def test_an_expired_refresh_token(lin, settings):
    settings.REFRESH_TOKEN_SECONDS = -61
    old = factories.log_in(lin.user)
    assert refresh(old.refresh).json()["code"] == "auth.token_expired"


def race(at_once, monkeypatch, advance):
    """Eight clients present one refresh token; (how many moved the generation, the answers)."""
    lin = factories.person("lin")
    moved = []

    def watched(session, gen):
        moved.append(advance(session, gen))
        return moved[-1]

    monkeypatch.setattr(sessions, "advance", watched)
    answers = at_once(lambda _: refresh(lin.refresh), 8)
    return moved.count(True), answers, lin


@pytest.mark.django_db(transaction=True)
def test_one_of_eight_racers_rotates(at_once, monkeypatch):
    moved, answers, lin = race(at_once, monkeypatch, sessions.advance)
    assert moved == 1
    assert [answer.status_code for answer in answers] == [200] * 8
    assert len({answer.content for answer in answers}) == 1
    assert lin.user.auth_sessions.get().gen == 1


@pytest.mark.django_db(transaction=True)
def test_control_without_compare_and_set_several_rotate(at_once, monkeypatch):
    def unconditional(session, gen):
        rows = AuthSession.objects.filter(sid=session.sid)
        return bool(rows.update(gen=gen + 1, rotated_at=clock.now()))

    moved, _, _ = race(at_once, monkeypatch, unconditional)
    assert moved > 1


@pytest.mark.django_db
def test_log_out_ends_the_log_in(lin, anonymous):
    other = factories.log_in(lin.user)
    assert anonymous.post("/api/v1/auth/logout/", {"refresh": lin.refresh}).status_code == 204
    assert anonymous.post("/api/v1/auth/logout/", {"refresh": lin.refresh}).status_code == 204
    assert lin.api.get("/api/v1/me/").json()["code"] == "auth.token_invalid"
    assert refresh(lin.refresh).status_code == 401
    assert other.api.get("/api/v1/me/").status_code == 200
    assert len(auth_events()) == 1


@pytest.mark.django_db
def test_a_disabled_person_is_out_on_the_next_request(lin):
    transact(lambda tx: actions.disable_user(tx, lin.user), actor="system")
    transact(lambda tx: actions.disable_user(tx, lin.user), actor="system")
    assert lin.api.get("/api/v1/me/").status_code == 401
    assert refresh(lin.refresh).status_code == 401
    assert [kind for kind, _ in auth_events()] == ["user.disabled", "session.revoked"]
    WechatIdentity.objects.create(user=lin.user, appid="wx1", openid="o-lin")
    with pytest.raises(Refusal) as refused:
        actions.wechat_user("wx1", "o-lin")
    assert refused.value.status == 403


@pytest.mark.django_db
def test_my_profile(lin, tablet):
    assert lin.api.patch("/api/v1/me/", {"name": "林𠮷🍜"}).json()["name"] == "林𠮷🍜"
    assert lin.api.get("/api/v1/me/").json() == {
        "id": lin.user.uid,
        "name": "林𠮷🍜",
        "avatar": "",
        "phone": "",
        "language": "zh-hans",
        "roles": [],
    }
    for bad in ({"name": "x" * 65}, {"language": "xx"}, {"name": 5}, {"name": "a\x00b"}, ["name"]):
        assert lin.api.patch("/api/v1/me/", bad, format="json").status_code == 400
    assert tablet.api.get("/api/v1/me/").status_code == 403


@pytest.mark.django_db
def test_my_log_ins(lin, zhao):
    other = factories.log_in(lin.user)
    rows = lin.api.get("/api/v1/me/sessions/").json()["results"]
    assert [row["current"] for row in rows].count(True) == 1
    sid = next(row["sid"] for row in rows if not row["current"])
    assert zhao.api.delete(f"/api/v1/me/sessions/{sid}/").status_code == 404
    assert lin.api.delete(f"/api/v1/me/sessions/{sid}/").status_code == 204
    assert lin.api.delete(f"/api/v1/me/sessions/{sid}/").status_code == 404
    assert other.api.get("/api/v1/me/").status_code == 401
    assert lin.api.delete("/api/v1/me/sessions/").status_code == 204
    assert lin.api.get("/api/v1/me/").status_code == 401
    assert zhao.api.get("/api/v1/me/").status_code == 200


@pytest.mark.django_db
def test_a_new_password_ends_the_other_log_ins(fang, lin):
    other = factories.log_in(fang.user)
    url = "/api/v1/me/password/"
    wrong = fang.api.post(url, {"current": "nope", "new": "a-good-new-phrase"})
    assert (wrong.status_code, wrong.json()["code"]) == (400, "auth.password_wrong")
    weak = fang.api.post(url, {"current": "demo", "new": "12345678"})
    assert (weak.status_code, weak.json()["errors"][0]["field"]) == (400, "new")
    assert fang.api.post(url, {"current": "demo", "new": "a-good-new-phrase"}).status_code == 204
    assert (fang.api.get("/api/v1/me/").status_code, other.api.get("/api/v1/me/").status_code) == (200, 401)
    assert lin.api.post(url, {"current": "demo", "new": "a-good-new-phrase"}).status_code == 403
