"""Callbacks that are not the gateway's are refused and cost nothing; good ones pass whatever happens."""

import logging
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.http import HttpRequest
from django.test import RequestFactory

from hub.errors import Refusal
from ordering.payments.gateway import RefundFact
from ordering.payments.wechatpay import trust as wechatpay_trust
from tests.wechat.adapters import STRANGE_SERIAL, Forger, certificates_of, gateway, stock

DAY = 24 * 3600
STRANGERS = 200
MODES = ["public_key", "certificate"]


def made(forger, *, body=None, age=0, **changed):
    """A callback, spoiled: (headers, body)."""
    body = forger.body() if body is None else body
    return forger.headers(body, age=age, **changed), body


HOSTILE = {
    "another body": lambda f: (f.headers(f.body()), f.body(amount={"total": 1, "currency": "CNY"})),
    "one more space": lambda f: (f.headers(f.body()), f.body() + b" "),
    "301 s old": lambda f: made(f, age=302),
    "301 s early": lambda f: made(f, age=-302),
    "seven days old": lambda f: made(f, age=7 * DAY),
    "no time": lambda f: made(f, timestamp=None),
    "a time that is none": lambda f: made(f, timestamp="12e3"),
    "a time in other digits": lambda f: made(f, timestamp="١٧٠٠٠٠٠٠٠٠"),
    "no nonce": lambda f: made(f, nonce=None),
    "another nonce": lambda f: made(f, nonce="other"),
    "no signature": lambda f: made(f, signature=None),
    "a signature that is none": lambda f: made(f, signature="?"),
    "a probe": lambda f: made(f, signature="WECHATPAY/SIGNTEST/" + "A" * 344),
    "another algorithm": lambda f: made(f, signature_type="WECHATPAY2-SM2-WITH-SM3"),
    "no serial": lambda f: made(f, serial=None),
    "a junk serial": lambda f: made(f, serial="zz"),
    "a serial with a prefix": lambda f: made(f, serial="0x" + STRANGE_SERIAL),
    "a serial of a number": lambda f: made(f, serial="1_0"),
    "a serial too long": lambda f: made(f, serial="A" * 4096),
    "somebody's public key": lambda f: made(f, serial="PUB_KEY_ID_0112345678901234567890123456789012"),
    "an unknown serial": lambda f: made(f, serial=STRANGE_SERIAL),
    "not JSON, signed": lambda f: made(f, body=b"<xml/>"),
    "not UTF-8, signed": lambda f: made(f, body=b'{"id":"\xff"}'),
    "nothing in it, signed": lambda f: made(f, body=b'{"id":"1","event_type":"TRANSACTION.SUCCESS"}'),
    "deep JSON, signed": lambda f: made(f, body=b"[" * 100_000),
    "too large, signed": lambda f: made(f, body=b'"' + b"x" * (1 << 20) + b'"'),
    "sealed with another key": lambda f: made(f, body=f.body(apiv3_key="k" * 32)),
    "no headers": lambda f: ({}, f.body()),
}


@pytest.mark.parametrize("trust", MODES)
def test_hostile_callbacks_are_refused(emulator, caplog, trust):
    emulator.control("trust", {"mode": trust})
    folder = str(certificates_of(emulator)) if trust == "certificate" else ""
    forger, pay = Forger(emulator, trust), gateway(emulator, trust=trust, cert_dir=folder)
    for name, spoil in HOSTILE.items():
        headers, body = spoil(forger)
        with pytest.raises(Refusal) as refused:
            pay.callback(headers, body)
        assert (refused.value.status, refused.value.code) == (401, "payment.signature_invalid"), name
        assert pay.callback(*made(forger)).fact.paid, name
    assert emulator.calls("certificates") == 1
    alarms = [record.message for record in caplog.records if record.levelno >= logging.ERROR]
    assert [alarm.split("(")[0] for alarm in alarms] == [
        "wechatpay alarm: signature ok, decrypt failed "
    ] * 2  # nothing in it, another key


def test_the_stock_client_takes_old_ones(emulator):
    """Control: a week old, still good to it."""
    headers, body = HOSTILE["seven days old"](Forger(emulator))
    assert stock(emulator).callback(headers, body)["resource"]["trade_state"] == "SUCCESS"


@pytest.mark.parametrize("age", [-290, 290])
def test_clocks_may_differ_a_little(emulator, age):
    assert gateway(emulator).callback(*made(Forger(emulator), age=age)).fact.paid


def as_request(headers, body):
    """A Django request with these headers."""
    return RequestFactory().generic("POST", "/", body, "application/json", headers=headers)


FORMS = {
    "as sent": lambda headers, request: headers,
    "upper case": lambda headers, request: {name.upper(): value for name, value in headers.items()},
    "lower case": lambda headers, request: {name.lower(): value for name, value in headers.items()},
    "request.headers": lambda headers, request: request.headers,
    "request.META": lambda headers, request: request.META,
}


@pytest.mark.parametrize("spaces", [False, True])
def test_headers_in_any_form_and_the_body_as_it_is(emulator, spaces):
    forger, pay = Forger(emulator), gateway(emulator)
    body = forger.body(spaces=spaces)
    headers = forger.headers(body)
    assert "支付成功" in body.decode()
    for form in FORMS.values():
        request: HttpRequest = as_request(headers, body)
        told = pay.callback(form(headers, request), request.body)
        assert (told.notify_id, told.fact.amount_fen, told.fact.payer_total_fen) == (
            "EV-2026112300000001",
            8800,
            8000,
        )
    without_type = {name: value for name, value in headers.items() if not name.endswith("Type")}
    assert pay.callback(without_type, body).fact.paid


def test_content_that_is_nonsense_is_told_without_a_fact(emulator, caplog):
    """The gateway's own signature stands under it: kept and alarmed, but nothing follows from it."""
    forger, pay = Forger(emulator), gateway(emulator)
    told = pay.callback(*made(forger, body=forger.body(amount={"total": "88"}, success_time="soon…")))
    assert (told.fact, told.digest["amount"], told.digest["success_time"]) == (None, {"total": "88"}, "soon?")
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert not isinstance(pay.callback(*made(forger)).fact, RefundFact)


def strangers(ask, forger, count):
    """So many callbacks with serial numbers nobody knows, in 8 threads; how each ended."""

    def one(number):
        try:
            return ask(*made(forger, serial=f"{number + 1:040X}"))
        except Exception as refused:
            return getattr(refused, "code", type(refused).__name__)

    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(one, range(count)))


@pytest.mark.parametrize("trust", MODES)
def test_strangers_cost_one_download_a_minute(emulator, monkeypatch, trust):
    emulator.control("trust", {"mode": trust})
    folder = str(certificates_of(emulator)) if trust == "certificate" else ""
    forger, pay = Forger(emulator, trust), gateway(emulator, trust=trust, cert_dir=folder)
    assert set(strangers(pay.callback, forger, STRANGERS)) == {"payment.signature_invalid"}
    assert pay.callback(*made(forger)).fact.paid
    assert emulator.calls("certificates") == 1
    monkeypatch.setattr(wechatpay_trust, "ASK_AGAIN", 1e-6)
    for clock in ("monotonic", "time"):
        monkeypatch.setattr(wechatpay_trust, clock, lambda: 4e9)
    strangers(pay.callback, forger, 1)
    assert emulator.calls("certificates") == 2


@pytest.mark.parametrize("trust", MODES)
def test_each_stranger_makes_the_stock_client_download(emulator, trust):
    """Control: one download a stranger at least."""
    emulator.control("trust", {"mode": trust})
    strangers(stock(emulator, trust=trust).callback, Forger(emulator, trust), 16)
    assert emulator.calls("certificates") >= 16


def test_a_good_callback_passes_while_the_gateway_is_down(emulator):
    """Even after a stranger came: the control has thrown its certificates away then."""
    emulator.control("trust", {"mode": "certificate"})
    forger, folder = Forger(emulator, "certificate"), str(certificates_of(emulator))
    pay, control = (
        gateway(emulator, trust="certificate", cert_dir=folder),
        stock(emulator, trust="certificate"),
    )
    assert control.callback(*made(forger))
    emulator.stop()
    strangers(pay.callback, forger, 2)
    strangers(control.callback, forger, 2)
    assert pay.callback(*made(forger)).fact.paid
    with pytest.raises(Exception, match="Max retries"):
        control.callback(*made(forger))


def test_processes_that_share_the_folder_share_the_minute(emulator, tmp_path, monkeypatch):
    monkeypatch.setattr(wechatpay_trust, "time", lambda: 4e9)  # no minute ends during the test
    emulator.control("trust", {"mode": "certificate"})
    forger, folder = Forger(emulator, "certificate"), str(tmp_path / "shared")
    first, second = (gateway(emulator, trust="certificate", cert_dir=folder) for _ in range(2))
    strangers(first.callback, forger, 4)
    strangers(second.callback, forger, 4)
    assert second.callback(*made(forger)).fact.paid
    assert emulator.calls("certificates") == 1
