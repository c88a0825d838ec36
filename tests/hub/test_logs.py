"""Log lines: nothing secret and nobody's identity in message, fields or traceback; the rest stays."""

import io
import json
import logging
import uuid
from dataclasses import dataclass
from datetime import datetime

import pytest
from pythonjsonlogger.json import JsonFormatter

from hub import logs
from hub.redaction import HIDDEN, redact

OPENID = "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"
APIV3 = "Kf8sZq1Lw0Xc7Vb3Nm5Rt9Yu2Io4Pa6S"
SESSION_KEY = "HyVFkGl5F5OQWJZZaNzBBg=="
TOKEN = "81_" + "aB3-_xyZ" * 20
SIGNED = f'WECHATPAY2-SHA256-RSA2048 mchid="1900000001",nonce_str="{APIV3}",signature="canary+/canary=="'
CANARIES = (OPENID, APIV3, SESSION_KEY, TOKEN, "canary", "13800138000", "138 0013 8000")


@pytest.fixture
def line():
    """``line(log)``: what the product's handler writes of it, as JSON or plain."""

    def write(log, plain=False, redacted=True):
        out = io.StringIO()
        handler = logging.StreamHandler(out)
        handler.setFormatter(logging.Formatter("%(message)s") if plain else JsonFormatter("%(message)s"))
        for one in (logs.RequestIdFilter(), logs.RedactFilter()) if redacted else ():
            handler.addFilter(one)
        logger = logging.Logger("canaries", logging.DEBUG)
        logger.addHandler(handler)
        log(logger)
        return out.getvalue()

    return write


def seen(text):
    return [canary for canary in CANARIES if canary in text]


MESSAGES = [
    f"openid={OPENID} came",
    f"somebody called {OPENID}, again",
    f'{{"openid":"{OPENID}","session_key":"{SESSION_KEY}"}}',
    "{'touser': 'canary', 'sp_openid': 'canary'}",
    json.dumps({"body": json.dumps({"openid": "canary", "phoneNumber": "canary"})}),
    f"key {SESSION_KEY}",
    f"GET /cgi-bin/x?access_token={TOKEN}&a=1",
    f"token {TOKEN}",
    "GET /sns/jscode2session?appid=wx1&secret=canary&js_code=canary&grant_type=x",
    f"Authorization: {SIGNED}",
    f"headers {{'Authorization': '{SIGNED}', 'X': 'y'}}",
    "Authorization: Bearer canary",
    "{'authorization': 'Basic canary'}",
    "Bearer canary",
    "headers {'Wechatpay-Signature': 'canary'}",
    "jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJjYW5hcnkifQ.canary-signature",
    "dev_" + "canary7" * 6 + "x",
    f"WECHAT_PAY_APIV3_KEY={APIV3}",
    f"apiv3_key: {APIV3}",
    f"the key is {APIV3}.",
    "WECHAT_APP_SECRET = 'canary with spaces'",
    "call 13800138000 now",
    "手机号13800138000已绑定",
    "+86 138 0013 8000",
    "+8613800138000",
    "-----BEGIN PRIVATE KEY-----\nMIIcanary\ncanary\n-----END PRIVATE KEY-----",
    "-----BEGIN RSA PRIVATE KEY-----\\nMIIcanary, cut off",
]


@pytest.mark.parametrize("message", MESSAGES)
def test_messages(line, message):
    assert seen(line(lambda logger: logger.info(message), redacted=False)) or "eyJ" in message
    assert seen(line(lambda logger: logger.info(message))) == []
    assert seen(line(lambda logger: logger.info("%s", message), plain=True)) == []


@pytest.mark.parametrize(
    "message",
    [
        "Not Found: /api/v1/orders/01M82ERGEME8MECTW2EQRDS2G0/request-cancel/approve/",
        "replay not read: order:01M82ERGEME8MECTW2EQRDS2G0",
        "paid P261123041953ABCDEFGHJK 4200001234202511221234567890 3800 fen",
        "transaction failed 1213 at 1763841600123 after 0.25 s",
        "the token has expired; refresh it",
        f"op {uuid.UUID(int=7)} of 2025-11-22T20:00:00+08:00",
        "ordering.orders.expiry.expire_due failed: OperationalError",
        "authorization failed",
    ],
)
def test_what_operators_need_stays(line, message):
    assert redact(message) == message


@dataclass(repr=False)
class Config:
    app_secret: str = "canary"


EXTRAS = [
    {"openid": "canary"},
    {"app_secret": ["canary"]},
    {"payload": {"phone": 13800138000, "deep": [{"token": "canary"}, (OPENID,)]}},
    {"headers": {"Authorization": "canary", b"x": SIGNED.encode()}},
    {"raw": f'{{"openid":"{OPENID}"}}'.encode()},
    {"config": Config()},
    {"error": ValueError(f"no such person {OPENID}")},
    {"phone": 13800138000},
]


@pytest.mark.parametrize("extra", EXTRAS, ids=lambda extra: next(iter(extra)))
def test_fields(line, extra):
    assert seen(repr(extra)) or "config" in extra
    assert seen(line(lambda logger: logger.info("x", extra=extra))) == []


def test_control_a_formatter_takes_a_dataclass_apart(line):
    extra = {"config": Config()}
    assert seen(line(lambda logger: logger.info("x", extra=extra), redacted=False)) == ["canary"]


def test_harmless_fields_stay_what_they_are(line):
    extra = {"job": "prune", "sockets": 3, "at": datetime(2025, 11, 22), "ids": [1, 2.5, None, True]}
    said = json.loads(line(lambda logger: logger.info("stopping", extra=extra)))
    assert said == {
        "message": "stopping",
        "request_id": "",
        **extra,
        "at": "2025-11-22T00:00:00",
    }


def fail(logger):
    try:
        raise ConnectionError(f"https://api.weixin.qq.com/cgi-bin/x?access_token={TOKEN} for {OPENID}")
    except ConnectionError:
        logger.exception("failed", stack_info=True)


@pytest.mark.parametrize("plain", [True, False])
def test_tracebacks(line, plain):
    assert seen(line(fail, plain, redacted=False))
    said = line(fail, plain)
    assert seen(said) == []
    assert "ConnectionError: https://api.weixin.qq.com" in said and HIDDEN in said


def test_a_dict_for_a_message(line):
    said = json.loads(line(lambda logger: logger.info({"openid": "canary", "count": 3})))
    assert (said["openid"], said["count"]) == (HIDDEN, 3)


def test_arguments_that_do_not_fit(line, capsys):
    assert "canary" not in line(lambda logger: logger.info("%d of 100%", "canary"))
    assert "canary" not in capsys.readouterr().err


def test_a_caller_may_not_smuggle_a_number_in_as_request_id(line):
    def log(logger):
        with logs.request_scope("13800138000"):
            logger.info("x")

    assert seen(line(log)) == []
