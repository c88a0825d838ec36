"""Log-ins and phone numbers by WeChat: every refusal, one person for one openid, and nothing that leaks."""

import asyncio
import json
import logging

import pytest
from django.apps import apps
from django.core.exceptions import SynchronousOnlyOperation
from django.db import connection
from django.db.models import CharField, TextField

from hub import logs
from ordering.users.models import User, WechatIdentity
from ordering.users.wechat import client as wechat
from ordering.users.wechat import config as wechat_config
from ordering.users.wechat import http as wechat_http
from ordering.users.wechat import token as wechat_token
from tests import factories
from tests.live import free_port
from tests.wechat.emulator import Emulator, fresh_folder
from tests.weixin import use

LOGIN, PHONE = "/api/v1/auth/wechat/", "/api/v1/me/phone/"


def log_in(code):
    return factories.client().post(LOGIN, {"code": code})


def issued(weixin, **facts):
    """(openid, code) of somebody new."""
    made = weixin.control("codes", facts)
    return made["openid"], made["code"]


def said(answer):
    return answer.status_code, answer.json()["code"], answer.headers.get("Retry-After")


@pytest.mark.django_db
@pytest.mark.both
def test_a_code_is_good_once_and_for_five_minutes(weixin):
    openid, code = issued(weixin)
    assert log_in(code).status_code == 200
    config = wechat_config.current()
    assert WechatIdentity.objects.get(openid=openid).appid == config.app_id
    for dead in (code, "nobody-issued-this", issued(weixin, age=301)[1]):
        assert said(log_in(dead)) == (400, "auth.code_invalid", None)
    assert log_in(issued(weixin, age=290)[1]).status_code == 200
    assert User.objects.count() == 2


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("what", "refusal"),
    [
        ("blocked", (403, "auth.wechat_refused", None)),
        ("limited", (429, "auth.too_fast", "60")),
    ],
)
def test_people_whom_wechat_does_not_let_in(weixin, what, refusal):
    openid, code = issued(weixin)
    weixin.control("users", {"openid": openid, what: True})
    assert said(log_in(code)) == refusal
    assert not User.objects.exists()


@pytest.mark.django_db
def test_a_busy_wechat_is_asked_twice_more(weixin, monkeypatch):
    monkeypatch.setattr(wechat_http, "PAUSE_SECONDS", 0.001)
    before = weixin.calls("code2session")
    weixin.fault("busy", route="code2session", times=2)
    assert log_in(issued(weixin)[1]).status_code == 200
    weixin.fault("busy", route="code2session", times=3)
    assert said(log_in(issued(weixin)[1])) == (503, "auth.wechat_unavailable", "5")
    assert weixin.calls("code2session") == before + 6
    assert User.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("fault", ["500", "429", "reset", "hang", "html_502", "drop_answer"])
def test_a_wechat_that_does_not_answer_is_asked_once(weixin, settings, fault):
    settings.WECHAT_PAY_TIMEOUT = (1.0, 0.3)
    before = weixin.calls("code2session")
    weixin.fault(fault, route="code2session")
    assert said(log_in(issued(weixin)[1])) == (503, "auth.wechat_unavailable", "5")
    assert weixin.calls("code2session") == before + 1
    assert not User.objects.exists()


@pytest.mark.django_db
def test_nobody_there(weixin, settings):
    settings.WECHAT_SANDBOX_URL = f"http://127.0.0.1:{free_port()}"
    assert said(log_in("demo-lin")) == (503, "auth.wechat_unavailable", "5")
    settings.WECHAT_MODE = "off"
    assert said(log_in("demo-lin")) == (400, "auth.code_invalid", None)


@pytest.mark.django_db
@pytest.mark.parametrize(("name", "errcode"), [("APP_ID", 40013), ("APP_SECRET", 40125)])
def test_our_own_fault_is_told_to_the_operator(weixin, settings, caplog, name, errcode):
    settings.WECHAT = settings.WECHAT | {name: "wrong-canary"}
    assert said(log_in("demo-lin")) == (503, "auth.wechat_unavailable", "5")
    [line] = [record for record in caplog.records if record.name == "ordering.wechat"]
    assert (line.levelname, line.errcode) == ("ERROR", errcode)
    assert "canary" not in repr(vars(line))


@pytest.mark.django_db(transaction=True)
def test_eight_first_log_ins_at_once_make_one_person(weixin, at_once):
    answers = at_once(lambda _: log_in("demo-crowd"), 8)
    assert len({answer.json()["user"]["id"] for answer in answers}) == 1
    assert (User.objects.get().name, WechatIdentity.objects.count()) == ("crowd", 1)


@pytest.mark.django_db
def test_only_the_sandbox_names_people_by_their_code(weixin, settings):
    config = wechat_config.current()
    live = {"APP_ID": config.app_id, "APP_SECRET": config.app_secret, "API_BASE_URL": weixin.url}
    settings.WECHAT_MODE, settings.WECHAT = "live", settings.WECHAT | live
    assert log_in("demo-nameless").json()["user"]["name"] == ""


@pytest.mark.django_db
def test_demo_people_outlive_the_emulator(settings, tmp_path):
    emulator, people = Emulator(fresh_folder(tmp_path)), []
    for _ in range(2):
        with emulator:
            use(settings, emulator)
            people.append(log_in("demo-lin").json()["user"]["id"])
    assert people[0] == people[1]


@pytest.mark.django_db(transaction=True)
def test_wechat_is_asked_outside_transactions_and_off_the_loop(weixin, monkeypatch):
    inside = []

    def watched(*arguments, **options):
        inside.append(connection.in_atomic_block)
        return wechat_http.exchange(*arguments, **options)

    for module in (wechat, wechat_token):
        monkeypatch.setattr(module, "exchange", watched)
    lin = person(weixin)
    assert lin.api.post(PHONE, {"code": phone_code(weixin, lin)}).status_code == 200
    assert inside == [False] * 3  # code2session, stable_token, getuserphonenumber

    async def on_the_loop():
        wechat_http.exchange("GET", f"{weixin.url}/client.json")

    with pytest.raises(SynchronousOnlyOperation):
        asyncio.run(on_the_loop())


# Phone numbers


def person(weixin):
    """Somebody who logged in by WeChat."""
    answer = log_in(issued(weixin)[1]).json()
    return factories.Person(User.objects.get(uid=answer["user"]["id"]), answer["access"], answer["refresh"])


def phone_code(weixin, person, phone="13800138000", **facts):
    openid = person.user.wechat_identities.get().openid
    return weixin.control("phone-codes", {"openid": openid, "phone": phone, **facts})["code"]


@pytest.mark.django_db
@pytest.mark.both
def test_my_phone_is_mine(weixin):
    lin, zhao = person(weixin), person(weixin)
    code = phone_code(weixin, lin)
    assert said(zhao.api.post(PHONE, {"code": code})) == (400, "auth.code_invalid", None)
    fresh = phone_code(weixin, lin)
    profile = lin.api.post(PHONE, {"code": fresh}).json()
    assert profile == lin.api.get("/api/v1/me/").json()
    assert profile["phone"] == "13800138000"
    assert said(lin.api.post(PHONE, {"code": fresh})) == (400, "auth.code_invalid", None)
    assert said(lin.api.post(PHONE, {"code": phone_code(weixin, lin, age=301)}))[1] == "auth.code_invalid"
    assert zhao.api.get("/api/v1/me/").json()["phone"] == ""
    assert lin.api.get("/api/v1/me/").json()["phone"] == "13800138000"


@pytest.mark.django_db
def test_who_has_no_phone_to_give(weixin, settings, fang, tablet, anonymous):
    for api, status in ((fang.api, 403), (tablet.api, 403), (anonymous, 401)):
        assert api.post(PHONE, {"code": "x"}).status_code == status
    lin = person(weixin)
    assert said(lin.api.post(PHONE, {}))[:2] == (400, "body.invalid")
    settings.WECHAT = settings.WECHAT | {"APP_ID": "wx-another-app"}
    assert said(lin.api.post(PHONE, {"code": "x"}))[:2] == (403, "auth.forbidden")


@pytest.mark.django_db
@pytest.mark.parametrize(("fault", "route"), [("500", "phone"), ("500", "token"), ("hang", "phone")])
def test_no_phone_while_wechat_is_away(weixin, settings, fault, route):
    settings.WECHAT_PAY_TIMEOUT = (1.0, 0.3)
    lin = person(weixin)
    code = phone_code(weixin, lin)
    weixin.fault(fault, route=route)
    assert said(lin.api.post(PHONE, {"code": code})) == (503, "auth.wechat_unavailable", "5")
    assert lin.api.get("/api/v1/me/").json()["phone"] == ""


# What must not leak


class Kept(logging.Handler):
    """Everything that is logged, at DEBUG, as it would be written."""

    def __init__(self, *filters):
        super().__init__(logging.DEBUG)
        self.setFormatter(logging.Formatter("%(name)s %(message)s %(extra)s", defaults={"extra": ""}))
        for one in filters:
            self.addFilter(one)
        self.text = ""

    def emit(self, record):
        extra = {name: value for name, value in vars(record).items() if name not in logs.STANDARD}
        self.text += f"{self.format(record)} {extra}\n"


@pytest.fixture
def kept():
    """What the root's handlers write at DEBUG: with the product's filter, and without."""
    root, level = logging.getLogger(), logging.getLogger().level
    redacted, bare = Kept(logs.RedactFilter()), Kept()
    before = list(root.handlers)
    root.handlers[:] = [bare, redacted, *before]  # in this order: the filter changes the record
    root.setLevel(logging.DEBUG)
    yield redacted, bare
    root.setLevel(level)
    root.handlers[:] = before


def written():
    """All text of the database."""
    found = []
    for model in apps.get_models():
        names = [f.attname for f in model._meta.concrete_fields if isinstance(f, CharField | TextField)]
        found += [str(row) for row in model.objects.values_list(*names)] if names else []
        found += [repr(row) for row in model.objects.values()]
    return "\n".join(found)


@pytest.mark.django_db(transaction=True)
def test_nothing_secret_is_stored_logged_or_answered(weixin, settings, kept):
    settings.WECHAT_PAY_TIMEOUT = (1.0, 0.3)
    redacted, bare = kept
    lin = person(weixin)
    answers = [lin.api.post(PHONE, {"code": phone_code(weixin, lin)}), log_in("demo-zhao"), log_in("nobody")]
    for fault in ("500", "reset", "hang", "drop_answer"):
        weixin.fault(fault, route="code2session")
        answers.append(log_in(issued(weixin)[1]))
    answers.append(lin.api.get("/api/v1/me/"))
    config, everybody = wechat_config.current(), weixin.control("people")
    openid = lin.user.wechat_identities.get().openid
    keys = [one["session_key"] for one in everybody["people"] if one["session_key"]]
    secrets = [config.app_secret, config.apiv3_key, *keys, *everybody["tokens"]]
    assert len(keys) >= 2 and everybody["tokens"]
    said = json.dumps([[answer.json(), dict(answer.headers)] for answer in answers], default=str)
    rows = written()
    assert openid in rows, "the rows were looked at"
    for secret in secrets:
        assert secret not in rows + said + bare.text
    assert openid not in said + redacted.text
    assert "13800138000" not in redacted.text and bare.text.count("\n") >= 3


@pytest.mark.django_db
def test_control_what_the_http_library_would_log(weixin, kept, caplog):
    redacted, bare = kept
    caplog.set_level(logging.DEBUG, "urllib3")  # the product's settings keep it at WARNING
    log_in("demo-lin")
    secret = wechat_config.current().app_secret
    assert secret in bare.text and secret not in redacted.text
