"""What the adapter makes of answers: done, refused or unknown, no exception; and what it never sends."""

from datetime import datetime

import pytest

from hub import clock
from ordering.payments.gateway import Answered, Refused, Unknown
from ordering.payments.wechatpay import facts
from ordering.payments.wechatpay.facts import Nonsense
from tests.wechat.adapters import frozen, gateway
from tests.wechat.emulator import Emulator, fresh_folder

NUMBER = "P261123120000ABCDEFGHIJ"


def no(status, code):
    """The gateway refuses with this code."""
    return {"name": "refuse", "status": status, "code": code, "message": ""}


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ({"name": "unsigned"}, Unknown("signature")),
        ({"name": "bad_signature"}, Unknown("signature")),
        ({"name": "html_502"}, Unknown("http_502")),
        ({"name": "500"}, Unknown("SYSTEMERROR")),
        ({"name": "reset"}, Unknown("ConnectionError")),
        ({"name": "drop_answer"}, Unknown("ConnectionError")),
        (no(302, "FOUND"), Unknown("http_302")),
        (no(403, "BANK_ERROR"), Unknown("BANKERROR")),
        ({"name": "429"}, Refused("FREQUENCYLIMITED", "频率超限，请稍后再试", 429, True)),
        (no(403, "RULE_LIMIT"), Refused("RULELIMIT", "", 403, True)),
        (no(403, "NO_AUTH"), Refused("NOAUTH", "", 403)),
        (no(500, "OPENID_MISMATCH"), Refused("OPENIDMISMATCH", "", 500)),
    ],
    ids=lambda value: value.get("code", value["name"]) if isinstance(value, dict) else "",
)  # fmt: skip
def test_outcomes_are_typed(paid, fault, expected):
    emulator, pay = paid
    emulator.fault(**fault, route="query")
    assert pay.query(NUMBER) == expected
    assert pay.query(NUMBER).fact.state == "NOTPAY"


@pytest.fixture(scope="module")
def paid(tmp_path_factory):
    """One emulator with an open attempt for the whole table of outcomes."""
    with Emulator(fresh_folder(tmp_path_factory.mktemp("outcomes"))) as emulator:
        pay = gateway(emulator)
        assert isinstance(pay.prepay(frozen(pay, NUMBER)), Answered)
        yield emulator, pay


def test_a_gateway_that_says_nothing_is_unknown(paid, settings):
    settings.WECHAT_PAY_TIMEOUT = (1.0, 0.1)
    paid[0].fault("hang", route="query")
    assert gateway(paid[0]).query(NUMBER) == Unknown("ReadTimeout")


def test_a_gateway_that_is_down_is_unknown(emulator):
    pay = gateway(emulator)
    emulator.stop()
    assert pay.query(NUMBER) == Unknown("ConnectionError")
    assert pay.probe().outcome == Unknown("ConnectionError")


@pytest.mark.parametrize(
    "changed",
    [
        {"amount_fen": 88.0},
        {"amount_fen": 0},
        {"amount_fen": True},
        {"description": "字" * 128},
        {"description": ""},
        {"description": "半个\ud83d"},
        {"out_trade_no": "P|2611231200"},
        {"out_trade_no": "P/../2611"},
        {"payer": ""},
        {"expires_at": datetime(2026, 11, 23)},
    ],
)
def test_nothing_else_is_frozen(paid, changed):
    given = {
        "out_trade_no": NUMBER,
        "amount_fen": 1,
        "payer": "o",
        "expires_at": clock.now(),
        "description": "字" * 127,
    }
    pay = paid[1]
    assert pay.freeze(**given)
    with pytest.raises(ValueError):
        pay.freeze(**given | changed)


def test_numbers_that_would_change_the_route_are_not_sent(paid):
    emulator, pay = paid
    before = emulator.ledger()["calls"]
    for number in ("P/../../x", "P?a=b&c=d", "有 空 格 六", "a|bcdefg", ""):
        answers = (pay.query(number), pay.close(number), pay.refund("R", number, 1, 1, ""))
        assert {answer.code for answer in answers} == {"PARAMERROR"}
    assert pay.query_refund("../x").code == "PARAMERROR"
    assert emulator.ledger()["calls"] == before


def test_a_bill_that_lies_elsewhere_is_not_fetched(paid):
    pay, base = paid[1], paid[0].url
    assert pay._bill_path(f"{base}/v3/billdownload/file?token=x") == "/v3/billdownload/file?token=x"
    for url in (
        f"{base}@evil.example/x",
        f"{base}.evil.example/x",
        "http://evil.example/x",
        f"{base}/a b",
        "",
    ):
        assert pay._bill_path(url) is None, url


def test_nonsense_is_never_an_exception(paid):
    """Whatever stands in a signed answer, the facts are of the promised shape or there is none."""
    fine = {"out_trade_no": NUMBER, "trade_state": "NOTPAY"}
    assert facts.payment(fine).paid_at is None
    told = {"trade_state": "SUCCESS", "transaction_id": "42", "amount": {"total": 1}}
    for spoiled in (
        {"trade_state": None},
        {"trade_state": "有"},
        {"out_trade_no": 5},
        {"amount": []},
        {"amount": {"total": 1.0}},
        {"amount": {"total": True}},
        {"amount": {"total": -1}},
        {"amount": {"total": 2**31}},
        {"success_time": "2026-11-23 12:00"},
        {"success_time": "2026-11-23T12:00:00"},
        {"success_time": "2026-13-23T12:00:00+08:00"},
        {"success_time": "0001-01-01T00:00:00+14:00"},
        {"success_time": 7},
        told,
    ):
        with pytest.raises(Nonsense):
            facts.payment(fine | spoiled)
    assert facts.digest({}, {"mchid": [["o"]], "amount": {"total": 2**40}}) == {
        "mchid": "?",
        "amount": {"total": "?"},
    }
    assert facts.payment(fine | told | {"success_time": "2026-11-23T12:00:00.123+08:00"}).paid
