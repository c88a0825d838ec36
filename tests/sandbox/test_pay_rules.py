"""WeChat's own rules: what the gateway refuses, and with which code."""

import json
import sqlite3
import time
import uuid
from datetime import datetime, timedelta, timezone

import pytest
import requests
from wechatpayv3.type import RequestType
from wechatpayv3.utils import build_authorization, rsa_sign

from sandbox import signing, web
from tests.sandbox.merchant import OPENID, Merchant
from tests.wechat.emulator import Emulator, fresh_folder

CHINA = timezone(timedelta(hours=8))
QUERY = "/v3/pay/transactions/out-trade-no/NOBODY0009?mchid="


def soon(seconds):
    return (datetime.now(CHINA) + timedelta(seconds=seconds)).isoformat()


def get(merchant, path, authorization, **headers):
    headers = {"Authorization": authorization, "Accept": "application/json"} | headers
    return requests.get(merchant.emulator.url + path, headers=headers, timeout=5)


def signed(merchant, path, *, at=None, nonce=None, **other):
    """An Authorization header for a GET, parts of it replaced."""
    core, own = merchant.pay._core, merchant.own
    at, nonce = str(int(at or time.time())), nonce or uuid.uuid4().hex
    signature = rsa_sign(core._private_key, f"GET\n{other.pop('signed_path', path)}\n{at}\n{nonce}\n\n")
    fields = {"mchid": own["mchid"], "nonce_str": nonce, "signature": signature, "timestamp": at}
    fields |= {"serial_no": own["cert_serial_no"]} | other
    return signing.SCHEME + " " + ",".join(f'{key}="{value}"' for key, value in fields.items())


@pytest.mark.parametrize(
    "spoil",
    [
        {"mchid": "1900000000"},
        {"serial_no": "5A5A"},
        {"signature": "AAAA"},
        {"signature": "不是"},
        {"signed_path": "/v3/certificates"},
        {"timestamp": "soon"},
        {"at": -330},
        {"at": 330},
    ],
    ids=str,
)
def test_a_wrong_authorization_is_refused(merchant, spoil):
    path = QUERY + merchant.own["mchid"]
    if "at" in spoil:
        spoil = {"at": time.time() + spoil["at"]}
    header = signed(merchant, path, **spoil).encode()
    answer = get(merchant, path, header)
    assert (answer.status_code, answer.json()["code"]) == (401, "SIGN_ERROR")
    # the control: the same call with everything right is answered
    assert get(merchant, path, signed(merchant, path)).status_code == 404


@pytest.mark.parametrize("header", ["", "Basic abc", 'WECHATPAY2-SHA256-RSA2048 mchid="1"'])
def test_no_or_another_authorization_is_refused(merchant, header):
    answer = get(merchant, QUERY + merchant.own["mchid"], header)
    assert (answer.status_code, answer.json()["code"]) == (401, "SIGN_ERROR")


@pytest.mark.parametrize("remembers", [True, False], ids=["remembered", "control"])
def test_a_nonce_counts_once(merchant, monkeypatch, remembers):
    if not remembers:
        monkeypatch.setattr(signing, "spend", lambda *_: None)
    path = QUERY + merchant.own["mchid"]
    header = signed(merchant, path)
    answers = [get(merchant, path, header).status_code for _ in range(2)]
    assert answers == [404, 401 if remembers else 404]


def test_a_clock_that_is_wrong_is_refused(gateway, merchant):
    gateway.control("clock", {"skew": 400})
    assert merchant.query(out_trade_no="NOBODY0009")[1]["code"] == "SIGN_ERROR"
    gateway.control("clock", {"skew": 200})
    assert merchant.query(out_trade_no="NOBODY0009")[1]["code"] == "ORDER_NOT_EXIST"


def test_a_body_changed_on_its_way_is_refused(merchant):
    body = json.dumps({"mchid": merchant.own["mchid"]})
    path, core = "/v3/pay/transactions/out-trade-no/NOBODY0009/close", merchant.pay._core
    own = merchant.own
    header = build_authorization(path, "POST", own["mchid"], own["cert_serial_no"], core._private_key, body)
    headers = {"Authorization": header, "Content-Type": "application/json"}
    answer = requests.post(merchant.emulator.url + path, (body + " ").encode(), headers=headers, timeout=5)
    assert answer.status_code == 401


def test_escaped_numbers_are_signed_as_they_travel(merchant):
    # the client escapes the address after it signed the bare one
    assert merchant.query(out_trade_no="A|B|C|D")[1]["code"] == "SIGN_ERROR"


@pytest.mark.parametrize(
    "given",
    [
        {"total": 0},
        {"total": 88.0},
        {"total": True},
        {"amount": {"total": 1, "currency": "USD"}},
        {"amount": {"currency": "CNY"}},
        {"description": "菜" * 128},
        {"attach": "a" * 129},
        {"notify_url": "http://shop.example.com/notify/"},
        {"notify_url": "https://shop.example.com/notify/?a=1"},
        {"time_expire": "2026-01-01 12:00:00"},
        {"time_expire": "tomorrow"},
        {"time_expire": soon(-5)},
        {"detail": {"surprise": 1}},
        {"number": "short"},
        {"number": "N" * 33},
        {"number": "菜菜菜菜菜菜"},
        {"number": "AAAAAAA@"},
    ],
    ids=lambda given: next(iter(given)),
)
def test_a_wrong_parameter_is_refused(merchant, given):
    status, answer, _ = merchant.prepay(**given)
    assert (status, answer["code"]) == (400, "PARAM_ERROR"), answer


def test_an_unknown_field_is_refused(merchant):
    asked = {"appid": merchant.own["app_id"], "mchid": merchant.own["mchid"], "description": "午餐"}
    asked |= {
        "out_trade_no": merchant.fresh(),
        "notify_url": merchant.pay._notify_url,
        "amount": {"total": 1},
    }
    asked |= {"payer": {"openid": OPENID}}
    ask = merchant.pay._core.request
    status, text = ask("/v3/pay/transactions/jsapi", RequestType.POST, asked | {"table": "t1"})
    assert (status, json.loads(text)["code"]) == (400, "PARAM_ERROR")
    assert ask("/v3/pay/transactions/jsapi", RequestType.POST, asked)[0] == 200
    other = asked | {"appid": "wx0000000000000000"}
    status, text = ask("/v3/pay/transactions/jsapi", RequestType.POST, other)
    assert (status, json.loads(text)["code"]) == (400, "APPID_MCHID_NOT_MATCH")


def test_a_number_keeps_its_first_parameters(gateway, merchant):
    status, _, number = merchant.prepay(number="A_b-C9" + uuid.uuid4().hex[:8], time_expire=soon(60))
    assert status == 200
    for change in ({"total": 8801}, {"time_expire": soon(61)}, {"description": "别的"}, {"attach": "x"}):
        status, answer, _ = merchant.prepay(number, **change)
        assert (status, answer["code"]) == (400, "INVALID_REQUEST"), change
    order = gateway.order(number)
    assert (order["prepay_calls"], order["bodies"], order["state"]) == (5, 5, "NOTPAY")
    merchant.pay.close(number)
    status, answer, _ = merchant.prepay(number)
    assert (status, answer["message"]) == (400, "201 商户订单号重复")


def test_a_closed_or_late_order_cannot_be_paid(gateway, merchant):
    _, answer, number = merchant.prepay(time_expire=soon(60))
    gateway.control("clock", {"skew": 61})
    refused = gateway.try_to_pay(answer["prepay_id"])
    assert (refused.status_code, refused.json()["code"]) == (400, "TIME_EXPIRED")
    # the last moment to pay is not the close
    assert merchant.query(out_trade_no=number)[1]["trade_state"] == "NOTPAY"
    gateway.control("clock", {"skew": 0})
    merchant.pay.close(number)
    assert gateway.try_to_pay(answer["prepay_id"]).json()["code"] == "ORDER_CLOSED"
    _, answer, number = merchant.prepay()
    gateway.pay(answer["prepay_id"])
    assert gateway.try_to_pay(answer["prepay_id"]).json()["code"] == "ORDERPAID"
    assert gateway.order(number)["paid_times"] == 1


def test_a_prepay_id_lives_two_hours_and_is_renewed_by_the_same_request(merchant):
    # by the ledger, because a clock two hours ahead refuses every request
    gateway = merchant.emulator
    _, first, number = merchant.prepay()
    with sqlite3.connect(gateway.folder / "ledger.sqlite3") as db:
        db.execute("UPDATE prepays SET issued_at = issued_at - 7201 WHERE out_trade_no = ?", (number,))
    assert gateway.try_to_pay(first["prepay_id"]).json()["code"] == "TIME_EXPIRED"
    status, second, _ = merchant.prepay(number)
    assert status == 200 and second["prepay_id"] != first["prepay_id"]
    gateway.pay(second["prepay_id"])


def a_minute_ago(gateway):
    """As if all refunds had been asked for a minute earlier."""
    with sqlite3.connect(gateway.folder / "ledger.sqlite3") as db:
        db.execute("UPDATE refunds SET created_at = created_at - 60")


def test_refunds_are_a_minute_apart_and_fifty_at_most(tmp_path, inbox):
    with Emulator(fresh_folder(tmp_path), speed=1) as gateway:
        merchant = Merchant(gateway, inbox.url)
        number = merchant.paid()
        assert merchant.refund(number, 1, "RA1")[0] == 200
        status, answer = merchant.refund(number, 1, "RA2")
        assert (status, answer["code"]) == (429, "FREQUENCY_LIMITED")
        # the first one again is no new refund
        assert merchant.refund(number, 1, "RA1")[0] == 200
        a_minute_ago(gateway)
        assert merchant.refund(number, 1, "RA2")[0] == 200
        a_minute_ago(gateway)
        with sqlite3.connect(gateway.folder / "ledger.sqlite3") as db:
            copy = (
                "INSERT INTO refunds SELECT out_refund_no || :n, refund_id || :n, out_trade_no, amount_fen,"
                " reason, notify_url, frozen, status, outcome, created_at - 99, due_at, ended_at, calls"
                " FROM refunds"
                " WHERE out_refund_no = 'RA1'"
            )
            db.executemany(copy, [{"n": n} for n in range(48)])
        status, answer = merchant.refund(number, 1, "RA51")
        assert (status, answer["code"], "50" in answer["message"]) == (400, "INVALID_REQUEST", True)
        assert merchant.refund(merchant.fresh(), 1, "RB1")[1]["code"] == "RESOURCE_NOT_EXISTS"
        unpaid = merchant.prepay()[2]
        assert merchant.refund(unpaid, 1, "RB2")[1]["code"] == "INVALID_REQUEST"
        assert merchant.refund(number, 1, "坏", total=8800)[1]["code"] == "PARAM_ERROR"


def test_what_only_this_machine_may_see(gateway):
    spoken_for = {"X-Forwarded-For": "203.0.113.9"}
    for path in ("/client.json", "/control/ledger/", "/control/people/"):
        assert gateway.ask("GET", path, headers=spoken_for).status_code == 403
        assert gateway.ask("GET", path).status_code == 200


def test_under_a_mount_the_signed_path_is_the_gateways_own():
    scope = {"root_path": "/sandbox/wechat", "path": "/sandbox/wechat/v3/x|y", "query_string": b"mchid=1"}
    assert web.raw_path(scope | {"raw_path": b"/sandbox/wechat/v3/x%7Cy"}) == b"/v3/x%7Cy?mchid=1"
    alone = {"root_path": "", "path": "/v3/x", "query_string": b"", "raw_path": b"/v3/x"}
    assert web.raw_path(alone) == b"/v3/x"
