"""Nothing secret and nobody's identity in any line the adapter causes, whatever goes wrong."""

import logging

import pytest

from hub.errors import Refusal
from tests.wechat.adapters import Forger, frozen, gateway, stock

NUMBER = "P261123120000ABCDEFGHIJ"


@pytest.fixture
def lines():
    """What is logged at DEBUG, before anything is redacted."""
    found = []
    handler = logging.Handler()
    handler.emit = lambda record: found.append(logging.Formatter().format(record))
    root = logging.getLogger()
    names = [root, logging.getLogger("urllib3")]
    levels = [one.level for one in names]
    for one in names:
        one.setLevel(logging.DEBUG)
    root.handlers.insert(0, handler)
    yield found
    root.removeHandler(handler)
    for one, level in zip(names, levels, strict=True):
        one.setLevel(level)


def secrets_in(lines, pay):
    """Which secrets stand in these lines."""
    made, text = pay._config, "\n".join(lines)
    known = {
        "openid": "o-lin-of-the-sandbox",
        "Authorization": 'signature="',
        "APIv3 key": made.apiv3_key,
        "private key": made.private_key.splitlines()[1],
        "app secret": made.app_secret,
    }
    return [name for name, secret in known.items() if secret in text]


def test_no_secret_is_logged(emulator, postbox, lines):
    pay = gateway(emulator, notify_url=postbox.url)
    emulator.pay(pay.prepay(frozen(pay, NUMBER)).fact)
    [letter] = postbox.wait(1)
    assert pay.callback(letter.headers, letter.body) and pay.query(NUMBER)
    for headers in ({}, letter.headers | {"Wechatpay-Nonce": "other"}):
        with pytest.raises(Refusal):
            pay.callback(headers, letter.body)
    forger = Forger(emulator)
    body = forger.body(apiv3_key="k" * 32)
    with pytest.raises(Refusal):
        pay.callback(forger.headers(body), body)
    for fault in ("unsigned", "reset", "500"):
        emulator.fault(fault, route="prepay")
        pay.prepay(frozen(pay, NUMBER))
    emulator.stop()
    pay.prepay(frozen(pay, NUMBER))
    assert secrets_in(lines, pay) == []
    assert (
        sum("wechatpay prepay: unknown" in line for line in lines) == 3
    )  # "already paid" needs no signature


def test_the_stock_client_logs_them(emulator, lines):
    """Control: with a logger it tells everything."""
    client = stock(emulator, logger=logging.getLogger("stock"))
    client.pay("x", NUMBER, {"total": 1}, payer={"openid": "o-lin-of-the-sandbox"})
    assert secrets_in(lines, gateway(emulator)) == ["openid", "Authorization"]
