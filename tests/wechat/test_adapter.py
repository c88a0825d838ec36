"""The adapter against the emulator: the whole flow in all trust modes, bytes, connections, outcomes, logs."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from hub import clock
from ordering.payments.gateway import Answered, Refused, Unknown
from ordering.payments.wechatpay import trust as wechatpay_trust
from tests.wechat.adapters import certificates_of, frozen, gateway, stock

NUMBER = "P261123120000ABCDEFGHIJ"


@pytest.fixture
def later(monkeypatch):
    """``later(seconds)``: so much time passes for the rate limit of certificate downloads."""
    passed = [0.0]
    real = wechatpay_trust.monotonic
    monkeypatch.setattr(wechatpay_trust, "monotonic", lambda: real() + passed[0])
    return lambda seconds: passed.__setitem__(0, passed[0] + seconds)


def trusting(emulator, mode):
    """The emulator signs by platform certificate, or half and half."""
    emulator.control("trust", {"mode": mode, "public_key_percent": 50})


@pytest.mark.parametrize("mode", ["public_key", "certificate", "dual"])
def test_the_whole_flow(emulator, postbox, mode):
    trusting(emulator, mode)
    pay = gateway(
        emulator, trust="certificate" if mode == "certificate" else "public_key", notify_url=postbox.url
    )
    prepay_id = open_and_pay(emulator, pay)
    check_paid(pay, postbox)
    give_back(emulator, pay, postbox)
    check_closing(pay)
    check_bill(emulator, pay, prepay_id)
    calls = emulator.ledger()
    assert (calls["connections"], calls["calls"].get("certificates", 0)) == (1, mode != "public_key")


def open_and_pay(emulator, pay):
    """Prepay; the emulator verifies paySign before it takes the money."""
    opened = pay.prepay(frozen(pay, NUMBER))
    assert isinstance(opened, Answered)
    assert pay.query(NUMBER).fact.state == "NOTPAY"
    params = pay.params(opened.fact)
    assert params["package"] == f"prepay_id={opened.fact}"
    page = f"/cashier/{opened.fact}/"
    assert emulator.ask("GET", page, params=params).status_code == 200
    assert emulator.ask("GET", page, params=params | {"timeStamp": "1700000000"}).status_code == 400
    emulator.pay(opened.fact)
    return opened.fact


def check_paid(pay, postbox):
    """Callback and query tell the same; a paid one cannot be closed or opened again."""
    [letter] = postbox.wait(1)
    told = pay.callback(letter.headers, letter.body)
    assert told.event_type == "TRANSACTION.SUCCESS"
    assert pay.query(NUMBER) == Answered(told.fact)
    fact = told.fact
    assert (fact.paid, fact.amount_fen, fact.currency) == (True, 8800, "CNY")
    assert (fact.appid, fact.mchid, fact.out_trade_no) == (pay.appid, pay.mchid, NUMBER)
    assert fact.paid_at.utcoffset() == timedelta(hours=8)
    assert told.digest["transaction_id"] == fact.transaction_id
    assert "openid" not in str(told.digest)
    assert (pay.close(NUMBER).code, pay.prepay(frozen(pay, NUMBER)).code) == ("ORDERPAID", "ORDERPAID")


def give_back(emulator, pay, postbox):
    """Partly; the same number is the same refund; more than there is gets refused."""
    first = pay.refund("R-1", NUMBER, 800, 8800, "退菜：麻婆豆腐")
    again = pay.refund("R-1", NUMBER, 800, 8800, "退菜：麻婆豆腐")
    assert first.fact.refund_id == again.fact.refund_id
    assert isinstance(pay.refund("R-2", NUMBER, 8001, 8800, ""), Refused)
    letter = postbox.wait(2)[1]
    told = pay.callback(letter.headers, letter.body)
    assert (told.event_type, told.fact.state, told.fact.amount_fen) == ("REFUND.SUCCESS", "SUCCESS", 800)
    assert pay.query_refund("R-1") == Answered(told.fact)
    assert told.fact.mchid == pay.mchid
    assert pay.query(NUMBER).fact.state == "REFUND"
    assert [row["amount_fen"] for row in emulator.ledger()["refunds"]] == [800]


def check_closing(pay):
    """Closing twice is closing once; what never was is refused."""
    assert isinstance(pay.prepay(frozen(pay, NUMBER + "2")), Answered)
    assert pay.close(NUMBER + "2") == pay.close(NUMBER + "2") == Answered(None)
    assert pay.query(NUMBER + "2").fact.state == "CLOSED"
    unknown = pay.query(NUMBER + "3")
    assert (unknown.code, unknown.status, unknown.slow_down) == ("ORDERNOTEXIST", 404, False)


def check_bill(emulator, pay, prepay_id):
    """Both bills, unpacked, their checksums verified; a wrong checksum is no bill."""
    today = clock.now().astimezone(clock.local_zone()).date()
    assert isinstance(pay.bill(today, "trade"), Refused)
    emulator.control("bills", {"today": True})
    assert NUMBER.encode() in pay.bill(today, "trade").fact
    assert pay.bill(today, "fundflow").fact.count(b"\n") >= 2
    emulator.control("bills", {"today": True, "plant": [{"kind": "wrong_hash"}]})
    assert pay.bill(today, "trade") == Unknown("nonsense: bill checksum")


def test_a_frozen_body_stays_byte_for_byte(emulator):
    pay = gateway(emulator)
    body = frozen(pay, NUMBER)
    assert "麻婆豆腐" in body
    emulator.fault("drop_answer", route="prepay")
    assert isinstance(pay.prepay(body), Unknown)
    assert pay.prepay(body) == pay.prepay(body)
    row = emulator.order(NUMBER)
    assert (row["prepay_calls"], row["bodies"]) == (3, 1)


def test_the_stock_client_writes_the_body_itself(emulator):
    """Control: nothing keeps its body the same but its arguments, and CJK goes out escaped."""
    pay, body = gateway(emulator), frozen(gateway(emulator), NUMBER)
    assert isinstance(pay.prepay(body), Answered)
    told = json.loads(body)
    for name in ("appid", "mchid", "notify_url"):
        told.pop(name)
    assert stock(emulator).pay(**told)[0] == 200
    assert emulator.order(NUMBER)["bodies"] == 2


def test_the_stock_client_opens_a_connection_per_call(emulator):
    """Control of ``connections`` in the whole flow."""
    client = stock(emulator)
    for _ in range(5):
        client.query(out_trade_no=NUMBER)
    assert emulator.ledger()["connections"] == 5


def test_sixteen_threads_share_it(emulator):
    trusting(emulator, "certificate")
    pay = gateway(emulator, trust="certificate")
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(pay.query, [NUMBER] * 32))
    assert {answer.code for answer in answers} == {"ORDERNOTEXIST"}
    ledger = emulator.ledger()
    assert ledger["calls"] == {"query": 32, "certificates": 1}
    assert ledger["connections"] <= 16


def test_a_new_certificate_is_taken_up(emulator, postbox, later):
    trusting(emulator, "certificate")
    pay = gateway(emulator, trust="certificate", notify_url=postbox.url)
    opened = pay.prepay(frozen(pay, NUMBER))
    emulator.control("rotate", {})
    later(61)
    assert pay.query(NUMBER).fact.state == "NOTPAY"
    emulator.control("rotate", {})
    emulator.pay(opened.fact)
    [letter] = postbox.wait(1)
    later(61)
    assert pay.callback(letter.headers, letter.body).fact.paid
    assert emulator.calls("certificates") == 3


def test_certificates_are_shared_through_the_folder(emulator, tmp_path):
    trusting(emulator, "certificate")
    shared = tmp_path / "shared"
    mine, other = (gateway(emulator, trust="certificate", cert_dir=str(shared)) for _ in range(2))
    assert mine.query(NUMBER).code == other.query(NUMBER).code == "ORDERNOTEXIST"
    later_one = gateway(emulator, trust="certificate", cert_dir=str(shared))
    assert later_one.query(NUMBER).code == "ORDERNOTEXIST"
    assert emulator.calls("certificates") == 1
    assert [path.suffix for path in shared.iterdir()] == [".pem"]


def test_the_merchants_own_certificate_is_nobodys(emulator):
    """It lies in the folder by mistake; whoever has it signs no callbacks."""
    trusting(emulator, "certificate")
    [path] = certificates_of(emulator).iterdir()
    serial = path.stem.split("_")[1]
    trust = wechatpay_trust.Certificates(str(path.parent), serial, list)
    control = wechatpay_trust.Certificates(str(path.parent), "", list)
    assert (trust.know(serial, stranger=True), control.know(serial, stranger=True)) == (False, True)
