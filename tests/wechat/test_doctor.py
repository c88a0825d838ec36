"""`manage.py doctor`: a line per item with what to do next; with --network it asks the gateway itself."""

import io

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from django.core.cache import cache
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

from ordering.users.wechat import token as wechat_token
from tests.wechat.adapters import Forger
from tests.wechat.conftest import forget

HOME = ["settings", "database", "migrations", "Redis", "WeChat"]
OUTSIDE = ["WeChat Pay", "clock", "WeChat API"]


@pytest.fixture(autouse=True)
def no_token():
    """Each test asks for its own access token."""
    cache.clear()
    wechat_token.own.clear()


def doctor(*options):
    """(exit status, {item: (mark, text)}, everything that was printed)."""
    out, status = io.StringIO(), 0
    try:
        call_command("doctor", *options, stdout=out)
    except CommandError as error:
        status = error.returncode
    lines = [line for line in out.getvalue().splitlines() if line[:1] in "✓✗"]
    found = {line[2:].split(":")[0]: (line[0], line.split(": ", 1)[1]) for line in lines}
    return status, found, out.getvalue()


def wrong(found):
    return [name for name, (mark, _) in found.items() if mark == "✗"]


@pytest.mark.both
def test_everything_is_well(db, gateway):
    status, found, _ = doctor()
    assert (status, list(found), wrong(found)) == (0, HOME, [])
    status, found, printed = doctor("--network")
    assert (status, list(found), wrong(found)) == (0, HOME + OUTSIDE, [])
    assert "signed 404" in found["WeChat Pay"][1]
    assert gateway.ledger()["calls"] == {"query": 1, "token": 1}
    client = Forger(gateway).client
    for name in ("app_secret", "apiv3_key", "private_key"):
        assert client[name] not in printed


def test_off_asks_nobody(db, settings):
    settings.WECHAT_MODE = "off"
    status, found, _ = doctor("--network")
    assert (status, list(found)) == (0, HOME)


def test_live_without_settings(db, settings):
    settings.WECHAT_MODE = "live"
    settings.WECHAT = dict.fromkeys(settings.WECHAT, "") | {"PAY_APIV3_KEY": "short"}
    status, found, printed = doctor()
    assert (status, wrong(found)) == (1, ["kaifan.E002", "kaifan.E001", "WeChat Pay"])
    assert printed.count("next: ") == len([line for line in printed.splitlines() if line.startswith("✗")])


def test_a_gateway_that_is_down(db, gateway):
    doctor("--network")
    gateway.stop()
    cache.clear()
    wechat_token.own.clear()
    status, found, _ = doctor("--network")
    assert (status, wrong(found)) == (1, ["WeChat Pay", "WeChat API"])
    assert "http" not in "".join(text for name, (_, text) in found.items() if name in OUTSIDE)
    forget()
    assert wrong(doctor("--network")[1]) == ["WeChat"]


def test_a_clock_that_is_wrong(db, gateway):
    gateway.control("clock", {"skew": 120})
    status, found, _ = doctor("--network")
    assert (status, wrong(found)) == (1, ["clock"])
    gateway.control("clock", {"skew": 900})
    _, found, _ = doctor("--network")
    assert wrong(found) == ["WeChat Pay", "clock"]
    assert "SIGNERROR" in found["WeChat Pay"][1]


def test_a_key_that_is_not_the_merchants(db, gateway, settings):
    settings.WECHAT |= {"PAY_PRIVATE_KEY_PATH": str(gateway.folder / "wechatpay_key.pem")}
    forget()
    status, found, printed = doctor("--network")
    assert (status, wrong(found)) == (1, ["WeChat Pay"])
    assert "SIGNERROR" in found["WeChat Pay"][1]
    assert "WECHAT_PAY_CERT_SERIAL_NO" in printed


def test_a_public_key_that_is_not_wechats(db, gateway, settings, tmp_path):
    """Caught at home when it is the merchant's own; here by the gateway's answer."""
    (tmp_path / "public.pem").write_bytes(public_half(gateway.folder / "merchant_key.pem"))
    client = Forger(gateway).client
    settings.WECHAT |= {
        "PAY_PUBLIC_KEY_PATH": str(tmp_path / "public.pem"),
        "PAY_PUBLIC_KEY_ID": client["public_key_id"],
    }
    forget()
    status, found, _ = doctor("--network")
    assert (status, wrong(found)) == (1, ["WeChat Pay"])
    assert "signature" in found["WeChat Pay"][1]


def public_half(path):
    key = load_pem_private_key(path.read_bytes(), None, unsafe_skip_rsa_key_validation=True)
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def test_a_secret_that_is_wrong(db, gateway, settings):
    settings.WECHAT |= {"APP_SECRET": "f" * 32}
    forget()
    status, found, printed = doctor("--network")
    assert (status, wrong(found)) == (1, ["WeChat API"])
    assert "f" * 32 not in printed


def test_a_database_without_tables_and_a_dead_redis(db, settings, monkeypatch):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    settings.CACHES = {
        "default": {
            "BACKEND": "django_redis.cache.RedisCache",
            "LOCATION": settings.REDIS_URL,
            "OPTIONS": {"SOCKET_CONNECT_TIMEOUT": 0.5, "IGNORE_EXCEPTIONS": True},
        }
    }
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'hub'")
    status, found, _ = doctor()
    assert (status, wrong(found)) == (1, ["migrations", "Redis"])
