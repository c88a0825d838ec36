"""Devices: a short code, claimed once, a token that is one row, dead on the next request."""

import re
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db.models import F

from hub import clock
from hub.models import Event, Stream
from hub.transactions import transact
from ordering.users import authentication, devices, positions
from ordering.users.models import Device
from tests import factories

PAIR, CLAIM = "/api/v1/devices/pair/", "/api/v1/devices/claim/"
WOK = {"store": "demo", "kind": "kitchen", "station": "wok", "name": "热炒平板"}


def claim(code):
    return factories.client().post(CLAIM, {"code": code})


@pytest.mark.django_db
def test_pair_claim_use_revoke(ma, other_store):
    pairing = ma.api.post(PAIR, WOK)
    assert pairing.status_code == 201
    assert re.fullmatch(r"[2-9A-Z]{6}", pairing.json()["code"])
    answer = claim(pairing.json()["code"].lower())
    assert answer.status_code == 201
    pk = pairing.json()["device"]["id"]
    assert answer.json()["device"] == {
        "id": pk,
        "kind": "kitchen",
        "store": "demo",
        "station": "wok",
        "name": "热炒平板",
    }
    token = answer.json()["token"]
    assert re.fullmatch(r"dev_[\w-]{43}", token)
    actor = authentication.authenticate(token)
    assert (actor.label, actor.may("demo", "kitchen")) == (f"device:{pk}", True)
    assert not actor.may("demo", "counter") and not actor.works_at("other")
    listed = ma.api.get("/api/v1/devices/", {"store": "demo"}).json()
    assert [(row["id"], bool(row["last_seen_at"])) for row in listed["results"]] == [(pk, True)]
    assert ma.api.delete(f"/api/v1/devices/{pk}/").status_code == 204
    assert ma.api.delete(f"/api/v1/devices/{pk}/").status_code == 404
    assert factories.client(token).get("/api/v1/stores/demo/tables/").status_code == 401
    event = Event.objects.get(stream_id="auth")
    assert (event.kind, event.key, event.body) == ("device.revoked", f"device:{pk}", f'{{"device":{pk}}}')


@pytest.mark.django_db
def test_nothing_secret_is_stored(ma, tablet):
    code = ma.api.post(PAIR, WOK).json()["code"]
    stored = str(list(Device.objects.values()))
    assert code not in stored and tablet.token not in stored and tablet.token[4:] not in stored


@pytest.mark.django_db
def test_a_code_works_once_and_for_ten_minutes(ma):
    code = ma.api.post(PAIR, WOK).json()["code"]
    assert claim(code).status_code == 201
    late = ma.api.post(PAIR, WOK).json()["code"]
    Device.objects.exclude(code_hash=None).update(
        code_expires_at=F("code_expires_at") - timedelta(minutes=11)
    )
    for used in (code, late, "AAAAAA", "x"):
        assert (claim(used).status_code, claim(used).json()["code"]) == (400, "device.code_invalid")


@pytest.mark.django_db
def test_a_code_of_a_revoked_device_is_void(ma):
    pairing = ma.api.post(PAIR, WOK).json()
    ma.api.delete(f"/api/v1/devices/{pairing['device']['id']}/")
    assert claim(pairing["code"]).status_code == 400


@pytest.mark.django_db
def test_who_may_pair_and_revoke(store, ma, fang, wang, lin, anonymous, tablet, other_store):
    stranger = factories.staff("hu", other_store, "owner")
    assert anonymous.post(PAIR, WOK).status_code == 401
    for who in (fang, wang, lin, stranger, tablet):
        assert who.api.post(PAIR, WOK).status_code == 403
    for who in (wang, lin, stranger, tablet):
        assert who.api.get("/api/v1/devices/", {"store": "demo"}).status_code == 403
    for who in (fang, factories.screen(store, "counter")):
        assert who.api.get("/api/v1/devices/", {"store": "demo"}).status_code == 200
    url = f"/api/v1/devices/{tablet.device.pk}/"
    assert [who.api.delete(url).status_code for who in (lin, stranger, fang, wang)] == [404, 404, 403, 403]
    assert Device.objects.get(pk=tablet.device.pk).revoked_at is None


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"kind": "fridge"}, 400),
        ({"station": "none"}, 400),
        ({"name": ""}, 400),
        ({"name": "x" * 65}, 400),
        ({"store": 3}, 400),
        ({"store": "nowhere"}, 404),
    ],
)
def test_pairings_that_make_no_sense(change, status, ma):
    assert ma.api.post(PAIR, {**WOK, **change}).status_code == status
    assert not Device.objects.exists()


@pytest.mark.django_db
def test_last_seen_is_written_at_most_once_a_minute(tablet):
    first = tablet.actor.device.last_seen_at
    seen = Device.objects.get().last_seen_at
    assert first is None and seen is not None
    authentication.authenticate(tablet.token)
    assert Device.objects.get().last_seen_at == seen
    Device.objects.update(last_seen_at=seen - timedelta(seconds=61))
    authentication.authenticate(tablet.token)
    assert Device.objects.get().last_seen_at > seen


@pytest.mark.both
@pytest.mark.django_db
def test_the_counter_sees_which_screens_are_behind(store, fang, tablet, django_assert_num_queries):
    Stream.objects.filter(key=store.stream).update(seq=40)
    now = clock.now()
    board, new = factories.screen(store, "board"), factories.screen(store, "counter")
    restored = factories.screen(store, "kitchen")
    positions.write([(tablet.device.pk, 1, now), (board.device.pk, 36, now - timedelta(seconds=16))])
    positions.write([(tablet.device.pk, 40, now), (restored.device.pk, 41, now)])
    with django_assert_num_queries(6):
        rows = fang.api.get("/api/v1/devices/", {"store": "demo"}).json()["results"]
    found = {row["id"]: (row["online"], row["behind"], row["acknowledged_at"]) for row in rows}
    assert found == {
        tablet.device.pk: (True, 0, clock.iso(now)),
        board.device.pk: (False, 4, clock.iso(now - timedelta(seconds=16))),
        new.device.pk: (False, None, None),
        restored.device.pk: (True, None, clock.iso(now)),
    }
    assert rows[0]["last_seen_at"] == clock.iso(now)


def claim_together(at_once):
    store = factories.store()
    waiting = transact(
        lambda tx: devices.pair(tx, store, kind="board", name="叫号屏", station=None, by=None), actor="system"
    )
    return [answer for answer in at_once(lambda _: claim(waiting["code"]), 8) if answer.status_code == 201]


@pytest.mark.django_db(transaction=True)
def test_of_eight_claims_one_gets_the_token(at_once):
    won = claim_together(at_once)
    assert len(won) == 1
    assert authentication.authenticate(won[0].json()["token"]).may("demo", "board")


@pytest.mark.django_db(transaction=True)
def test_control_without_compare_and_set_all_get_one(at_once, monkeypatch):
    def unconditional(code, token):
        return bool(Device.objects.update(token_hash=authentication.digest(token)))

    monkeypatch.setattr(devices, "_take", unconditional)
    assert len(claim_together(at_once)) > 1


@pytest.mark.django_db
def test_guessing_pairing_codes_is_stopped_without_a_cache(ma, settings):
    """A thousand million codes: with twenty guesses, then ever longer waits, nobody finds one."""
    settings.RATE_LIMIT_SCALE = 0  # the throttle is off, as behind a dead cache: the guard is not
    code = ma.api.post(PAIR, WOK).json()["code"]
    guesses = [claim(f"AAAA{a}{b}").status_code for a in "23" for b in "23456789ABC"]
    assert guesses == [400] * 20 + [429] * 2
    late = claim(code)
    assert (late.status_code, late.json()["code"]) == (429, "auth.too_many_attempts")
    assert 0 < int(late["Retry-After"]) <= 30


@pytest.mark.django_db
def test_a_row_of_tablets_is_paired_from_one_address(ma):
    """Codes that were right are no guesses."""
    for number in range(25):
        body = {"store": "demo", "kind": "board", "name": f"屏{number}"}
        code = ma.api.post(PAIR, body).json()
        cache.clear()  # the throttle, which counts right codes too
        assert claim(code["code"]).status_code == 201
