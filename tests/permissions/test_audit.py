"""The audit is complete: whatever staff do at any address leaves one row, whatever is refused none."""

import json
from contextlib import contextmanager

import pytest
from django.db import transaction

from hub import audit, clock
from hub.models import AuditEntry
from ordering.users.models import WechatIdentity
from ordering.users.wechat import client as wechat
from tests.permissions import house as houses
from tests.permissions.callers import MANAGER, OWNER, TABLET
from tests.permissions.matrix import ROWS
from tests.permissions.recipes import STAFF_WORDS, WRITES_NOTHING, recipe

pytestmark = pytest.mark.django_db
CHANGES = [row for row in ROWS if row["method"] != "GET"]
STAFF = [row for row in CHANGES if set(row["access"].split("|")) & STAFF_WORDS]
CALLERS = (TABLET, MANAGER, OWNER)


def operation(row):
    return f"{row['method']} {row['route']}"


@contextmanager
def undone():
    """What happens here has not happened afterwards."""
    point = transaction.savepoint()
    try:
        yield
    finally:
        transaction.savepoint_rollback(point)


def succeed(house, row):
    """Do it as its recipe says; the answer, and who did it."""
    made = recipe(operation(row), row["access"])
    actor = house.cast[made.caller].actor  # as it was: some of this ends the log-in
    named = made.prepare(house) or {}
    path = row["route"].format(**{**house.parameters(row["route"]), **named})
    body = made.body(house) if callable(made.body) else made.body
    if body is None:
        body = houses.BODIES.get(operation(row), lambda house: {})(house)
    method = getattr(house.cast[made.caller].api, row["method"].lower())
    headers = {"HTTP_IDEMPOTENCY_KEY": f"k{clock.now().timestamp()}"}
    return method(path, body, format=made.format, **headers), actor


@pytest.fixture
def wechat_phone(house, monkeypatch):
    """The manager has come by WeChat once, and WeChat tells his number."""
    WechatIdentity.objects.create(user=house.cast[MANAGER].user, appid="wx", openid="o1")
    monkeypatch.setattr(wechat, "app_id", lambda: "wx")
    monkeypatch.setattr(wechat, "phone_for", lambda code, openid: "13912345678")


def test_every_change_by_staff_leaves_one_row(house, wechat_phone, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    for row in STAFF:
        if operation(row) in WRITES_NOTHING:
            continue
        with undone():
            answer, who = succeed(house, row)
            assert answer.status_code < 300, (
                operation(row),
                answer.status_code,
                answer.content,
                "see recipes.py",
            )
            [entry] = AuditEntry.objects.all()
            check(entry, row, who)


def check(entry, row, who):
    """The row says who did what to what, and nothing that is secret."""
    words = [part for part in row["route"].removeprefix("/api/v1/").split("/") if part and "{" not in part]
    assert entry.action.split(".")[: len(words)] == words
    assert (entry.actor, entry.name) == (who.label, who.name)
    assert entry.target and entry.request_id and len(entry.address) == 16
    if "/me/" not in row["route"]:
        assert (entry.store, entry.role) == ("demo", who.role_in("demo")), operation(row)
    for text in (entry.before, entry.after):
        assert isinstance(json.loads(text), dict)
        for secret in ("13912345678", "a-long-phrase-8", "Wok-1234!", "pbkdf2", "127.0.0.1"):
            assert secret not in text, operation(row)


def test_what_is_refused_and_what_guests_do_leaves_none(house):
    for row in CHANGES:
        for caller in CALLERS:
            with undone():
                answer = house.ask(caller, row)
                done = answer.status_code < 300 and caller != OWNER
                audited = done and operation(row) not in WRITES_NOTHING and recognized(row)
                found = (operation(row), caller, answer.status_code)
                assert AuditEntry.objects.count() == int(audited), found


def recognized(row):
    """Whether the address asks who is calling at all (logging in does not)."""
    return row["access"] not in ("anyone", "gateway")


def test_control_without_the_door_the_walk_finds_the_gap(house, monkeypatch):
    monkeypatch.setattr(audit, "write", lambda call, done: None)
    row = next(row for row in STAFF if row["route"].endswith("/rotate-token/"))
    answer, _ = succeed(house, row)
    assert (answer.status_code, AuditEntry.objects.count()) == (200, 0)
