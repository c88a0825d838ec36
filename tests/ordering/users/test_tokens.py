"""What a token may be: every forgery is 401 with one code, at REST and in `authenticate`."""

import base64
import hashlib
import hmac
import json
import time

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from django.conf import settings

from hub.errors import Refusal
from ordering.users import authentication, tokens
from tests import factories

pytestmark = pytest.mark.django_db


def claims(person, kind="access", **changes):
    """The claims of a genuine token of this person; a change to None removes the claim."""
    now = int(time.time())
    sid = person.user.auth_sessions.get().sid
    whole = {
        "iss": "kaifan",
        "aud": "kaifan",
        "sub": person.user.uid,
        "sid": sid,
        "gen": 0,
        "typ": kind,
        "jti": f"{sid}.0.{kind}",
        "iat": now,
        "exp": now + 900,
    }
    return {name: value for name, value in {**whole, **changes}.items() if value is not None}


def signed(person, key=None, **changes):
    return jwt.encode(claims(person, **changes), key or settings.JWT_SECRET_KEY, algorithm="HS256")


def by_hand(header, payload, key=None):
    """A token put together without a library, with an HMAC under whatever header."""
    parts = [segment(json.dumps(header).encode()), segment(json.dumps(payload).encode())]
    text = ".".join(parts).encode()
    key = (key or settings.JWT_SECRET_KEY).encode()
    return f"{text.decode()}.{segment(hmac.new(key, text, hashlib.sha256).digest())}"


def segment(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def with_rsa(person):
    key = rsa.generate_private_key(65537, 2048)
    return jwt.encode(claims(person), key, algorithm="RS256")


FORGERIES = {
    "empty": lambda p: "",
    "text": lambda p: "nonsense",
    "two dots": lambda p: "..",
    "not ascii": lambda p: "令牌.令牌.令牌",
    "alg none": lambda p: jwt.encode(claims(p), None, algorithm="none"),
    "alg none with a signature": lambda p: by_hand({"alg": "none"}, claims(p)),
    "alg None": lambda p: by_hand({"alg": "nOnE"}, claims(p)),
    "RS256 under the HMAC key": lambda p: by_hand({"alg": "RS256"}, claims(p)),
    "RS256": with_rsa,
    "HS512": lambda p: jwt.encode(claims(p), settings.JWT_SECRET_KEY * 2, algorithm="HS512"),
    "no alg": lambda p: by_hand({"typ": "JWT"}, claims(p)),
    "alg is a number": lambda p: by_hand({"alg": 1}, claims(p)),
    "crit header": lambda p: by_hand({"alg": "HS256", "crit": ["b64"], "b64": False}, claims(p)),
    "other key": lambda p: signed(p, key="k" * 64),
    "SECRET_KEY": lambda p: signed(p, key=settings.SECRET_KEY),
    "other issuer": lambda p: signed(p, iss="kaifa"),
    "other audience": lambda p: signed(p, aud="sandbox"),
    "refresh as access": lambda p: p.refresh,
    "other typ": lambda p: signed(p, typ="id"),
    "jti of another generation": lambda p: signed(p, jti="x.0.access"),
    "generation ahead of the row": lambda p: signed(
        p, gen=7, jti=f"{p.user.auth_sessions.get().sid}.7.access"
    ),
    "generation is a boolean": lambda p: signed(p, gen=False),
    "generation is text": lambda p: signed(p, gen="0"),
    "negative generation": lambda p: signed(p, gen=-1),
    "subject is a number": lambda p: by_hand({"alg": "HS256"}, claims(p, sub=1)),
    "another subject": lambda p: signed(p, sub="01J00000000000000000000000"),
    "unknown log-in": lambda p: signed(p, sid="nobody", jti="nobody.0.access"),
    "exp is text": lambda p: by_hand({"alg": "HS256"}, claims(p, exp="tomorrow")),
    "exp is infinite": lambda p: by_hand({"alg": "HS256"}, claims(p, exp=float("inf"))),
    "issued in an hour": lambda p: signed(p, iat=int(time.time()) + 3600),
    "not an object": lambda p: by_hand({"alg": "HS256"}, ["a"]),
    "a megabyte": lambda p: "a" * 1_000_000,
    "a megabyte, well-shaped": lambda p: signed(p, more="a" * 1_000_000),
    "deep header": lambda p: f"{segment(b'[' * 2900)}.e30.e30",
    "deep header, large": lambda p: f"{segment(b'[' * 200_000)}.e30.e30",
    "huge integer": lambda p: segment(b'{"alg":' + b"9" * 2500 + b"}") + ".e30.e30",
    "a device token nobody has": lambda p: "dev_" + "A" * 43,
    "a device token that is short": lambda p: "dev_A",
    "a device token that is long": lambda p: "dev_" + "A" * 100_000,
}
MISSING = ["iss", "aud", "sub", "sid", "gen", "typ", "jti", "iat", "exp"]


@pytest.mark.parametrize("name", FORGERIES)
@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
def test_forgeries_are_refused_alike(name, lin):
    token = FORGERIES[name](lin)
    with pytest.raises(Refusal) as caught:
        authentication.authenticate(token)
    assert (caught.value.status, caught.value.code) == (401, "auth.token_invalid")
    if token and token.isascii():
        answer = factories.client(token).get("/api/v1/me/")
        assert (answer.status_code, answer.json()["code"]) == (401, "auth.token_invalid")
        assert answer["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("claim", MISSING)
def test_every_claim_is_required(claim, lin):
    with pytest.raises(Refusal) as caught:
        tokens.read(signed(lin, **{claim: None}), "access")
    assert caught.value.code == "auth.token_invalid"


def test_the_forger_with_the_right_claims_and_key_gets_in(lin):
    """The control: what the forgeries are made from is a good token."""
    assert authentication.authenticate(signed(lin)).label == f"diner:{lin.user.uid}"
    assert authentication.authenticate(by_hand({"alg": "HS256"}, claims(lin))).sid


def test_leeway_then_expired(lin):
    now = int(time.time())
    assert tokens.read(signed(lin, exp=now - 50, iat=now - 900), "access").uid == lin.user.uid
    assert tokens.read(signed(lin, iat=now + 50), "access").uid == lin.user.uid
    with pytest.raises(Refusal) as caught:
        tokens.read(signed(lin, exp=now - 70, iat=now - 900), "access")
    assert (caught.value.status, caught.value.code) == (401, "auth.token_expired")


def test_the_actor_expires_when_the_token_is_refused(lin):
    exp = jwt.decode(lin.token, options={"verify_signature": False})["exp"]
    assert lin.actor.expires_at == exp + tokens.LEEWAY_SECONDS


@pytest.mark.parametrize("header", ["Basic bGluOmxpbg==", "Bearer", "Token abc", "bearer  ", "Bearer a b"])
def test_other_headers_are_refused(header, db):
    answer = factories.client().get("/api/v1/me/", HTTP_AUTHORIZATION=header)
    assert (answer.status_code, answer.json()["code"]) == (401, "auth.token_invalid")


def test_no_token_asks_for_one(anonymous, db):
    answer = anonymous.get("/api/v1/me/")
    assert (answer.status_code, answer.json()["code"]) == (401, "auth.required")
    assert answer["WWW-Authenticate"] == "Bearer"


def test_a_person_costs_two_queries_and_a_device_one(lin, tablet, django_assert_num_queries):
    with django_assert_num_queries(2):
        authentication.authenticate(lin.token)
    authentication.authenticate(tablet.token)  # notes that it was seen
    with django_assert_num_queries(1):
        authentication.authenticate(tablet.token)


def test_roles_contain_each_other(store, boss, ma, fang, wang, lin):
    roles = {p.user.name: sorted(p.actor.roles.get("demo", ())) for p in (boss, ma, fang, wang, lin)}
    assert roles == {
        "boss": ["counter", "manager", "owner"],
        "ma": ["counter", "manager"],
        "fang": ["counter"],
        "wang": ["kitchen"],
        "lin": [],
    }
    assert (ma.actor.label, lin.actor.label) == (f"staff:{ma.user.uid}", f"diner:{lin.user.uid}")
