"""Faults, retries and restarts: the emulator fails as ordered, and loses neither money nor callbacks."""

import ast
import json
import sqlite3
import time
from pathlib import Path

import pytest
import requests

import sandbox
from sandbox import callbacks, ledger
from tests.sandbox.merchant import Inbox, Merchant
from tests.wechat.emulator import FAST, Emulator, fresh_folder, until

PRODUCT = {"hub", "ordering", "kitchen", "consumers", "screens", "tests", "asgi"}


def states(gateway, number):
    """(status, form) of every try of an order's callbacks."""
    rows = gateway.control("callbacks")["attempts"]
    return [(row["status"], row["form"]) for row in rows if row["out_trade_no"] == number and row["at"]]


def test_callbacks_are_retried_until_taken_each_signed_afresh(gateway, merchant, inbox):
    inbox.statuses = [500, 401, 302, 200]
    number = merchant.paid()
    letters = inbox.wait(4)
    assert {merchant.read(letter)["id"] for letter in letters} == {merchant.read(letters[0])["id"]}
    assert len({headers["Wechatpay-Nonce"] for headers, _ in letters}) == 4
    until(lambda: states(gateway, number) == [(500, ""), (401, ""), (302, ""), (200, "")], "the tries")
    assert len(inbox.letters) == 4


def test_the_schedule_ends_after_a_day(gateway, merchant, inbox):
    assert len(callbacks.SCHEDULE) == 15 and sum(callbacks.SCHEDULE) == 24 * 3600 + 4 * 60
    number = merchant.paid(notify_url="http://127.0.0.1:1/notify/")
    until(lambda: states(gateway, number)[:1] == [(None, "")], "the first try")
    until(lambda: tired(gateway) or given_up(gateway, number), "the end")
    tries = len(states(gateway, number))
    hurry(gateway)
    assert len(states(gateway, number)) == tries


def test_lost_doubled_probing_old_and_wrong_callbacks(gateway, merchant, inbox):
    gateway.fault("callback_lost")
    lost = merchant.paid()
    gateway.fault("callback_duplicate", copies=3)
    tripled = merchant.paid()
    assert {merchant.read(letter)["resource"]["out_trade_no"] for letter in inbox.wait(3)} == {tripled}
    assert states(gateway, lost) == []
    told = gateway.deliver(lost, copies=4, threads=2)["attempts"]
    assert [row["status"] for row in told] == [204] * 4
    inbox.letters.clear()

    gateway.fault("callback_signtest")
    merchant.paid()
    probing = [h["Wechatpay-Signature"].startswith("WECHATPAY/SIGNTEST/") for h, _ in inbox.wait(2)]
    assert sorted(probing) == [False, True]
    inbox.letters.clear()

    gateway.fault("callback_old_timestamp")
    inbox.statuses = [401, 204]
    merchant.paid()
    first, second = (int(headers["Wechatpay-Timestamp"]) - time.time() for headers, _ in inbox.wait(2))
    assert first < -590 and abs(second) < 60
    inbox.letters.clear()

    for field, wrong in (("amount", 8801), ("currency", "USD"), ("appid", None), ("mchid", None)):
        gateway.fault("callback_wrong", field=field)
        merchant.paid()
        told = merchant.read(inbox.wait()[0])["resource"]
        if wrong:
            assert wrong in told["amount"].values()
        else:
            assert told[field] != merchant.own["app_id" if field == "appid" else field]
        inbox.letters.clear()


def test_a_reordered_callback_comes_after_the_next(gateway, merchant, inbox):
    gateway.fault("callback_reorder")
    first = merchant.paid()
    second = merchant.paid()
    told = [merchant.read(letter)["resource"]["out_trade_no"] for letter in inbox.wait(2)]
    assert told == [second, first]


def test_a_callback_may_come_before_the_prepay_answer(gateway, merchant, inbox):
    gateway.fault("callback_before_answer")
    status, _, number = merchant.prepay()
    assert status == 200 and merchant.read(inbox.letters[0])["resource"]["out_trade_no"] == number
    assert merchant.query(out_trade_no=number)[1]["trade_state"] == "SUCCESS"


def test_faults_strike_as_often_as_ordered_and_only_their_route(gateway, merchant):
    number = merchant.prepay()[2]
    gateway.fault("429", route="query", times=2)
    gateway.fault("500", route="close", times=-1)
    told = [merchant.query(out_trade_no=number)[0] for _ in range(3)]
    assert told == [429, 429, 200]
    assert [merchant.pay.close(number)[0] for _ in range(3)] == [500] * 3
    gateway.clear()
    gateway.fault("html_502", route="close")
    assert merchant.pay.close(number)[0] == 502
    gateway.fault("refuse", route="close", status=400, code="STATEMENT_CREATING", message="账单生成中")
    assert json.loads(merchant.pay.close(number)[1])["code"] == "STATEMENT_CREATING"
    for name in ("unsigned", "bad_signature"):
        gateway.fault(name, route="query")
        with pytest.raises(Exception, match=r"signature|algorithm"):
            merchant.query(out_trade_no=number)
    assert merchant.query(out_trade_no=number)[0] == 200
    assert gateway.ask("POST", "/control/faults/", {"name": "nonsense"}).status_code == 400


@pytest.mark.parametrize("name", ["reset", "drop_answer", "hang"])
def test_an_answer_that_never_comes(gateway, merchant, name):
    number = merchant.fresh()
    gateway.fault(name, route="prepay", seconds=0.2)
    with pytest.raises(requests.ConnectionError):
        merchant.prepay(number)
    # only the dropped answer had done its work
    state = merchant.query(out_trade_no=number)[1].get("trade_state")
    assert state == ("NOTPAY" if name == "drop_answer" else None)
    assert merchant.prepay(number)[0] == 200


def test_a_delay_strikes_only_what_it_names(gateway, merchant):
    gateway.fault("delay", route="query", seconds=0.2, match="SLOW000001")
    merchant.query(out_trade_no="FAST000001")
    assert len(gateway.control("faults")["faults"]) == 1
    begun = time.monotonic()
    assert merchant.query(out_trade_no="SLOW000001")[0] == 404
    assert time.monotonic() - begun >= 0.2
    assert gateway.control("faults")["faults"] == []


def test_refunds_end_as_ordered(gateway, merchant, inbox):
    number = merchant.paid()
    inbox.wait()
    gateway.fault("refund_not_enough")
    status, answer = merchant.refund(number, 100, number + "A")
    assert (status, answer["code"]) == (403, "NOT_ENOUGH")
    gateway.fault("refund_slow")
    assert merchant.refund(number, 8800, number + "A")[1]["status"] == "PROCESSING"
    gateway.decide(number + "A", "CLOSED")
    assert merchant.read(inbox.wait(2)[1])["event_type"] == "REFUND.CLOSED"
    # the money of a closed refund stayed, so it may go once more, by a new number
    time.sleep(60 / FAST)
    gateway.fault("refund_abnormal")
    status, back = merchant.refund(number, 8800, number + "B")
    assert status == 200
    assert merchant.read(inbox.wait(3)[2])["event_type"] == "REFUND.ABNORMAL"
    status, text = merchant.pay.abnormal_refund(back["refund_id"], number + "B", "USER_BANK_CARD")
    assert (status, json.loads(text)["status"]) == (200, "PROCESSING")
    assert merchant.read(inbox.wait(4)[3])["event_type"] == "REFUND.SUCCESS"
    assert [(row["status"], row["amount_fen"]) for row in gateway.refunds(number)] == [
        ("CLOSED", 8800),
        ("SUCCESS", 8800),
    ]
    assert gateway.net()[number] == 0


def test_a_restart_loses_neither_money_nor_callbacks(tmp_path, inbox):
    gateway = Emulator(fresh_folder(tmp_path), speed=1.0)
    inbox.statuses = [500, 204]
    with gateway:
        merchant = Merchant(gateway, inbox.url)
        number = merchant.paid()
        inbox.wait()
        until(lambda: states(gateway, number) == [(500, "")], "the first try")
        client = gateway.call("GET", "/client.json")
    # slow before, fast after: the try that waits comes at once when its moment is now
    hurry(gateway)
    with gateway:
        assert gateway.call("GET", "/client.json") == client
        letters = inbox.wait(2)
        assert merchant.read(letters[1])["resource"]["out_trade_no"] == number
        assert merchant.query(out_trade_no=number)[1]["trade_state"] == "SUCCESS"
        assert gateway.ledger()["paid_fen"] == 8800


def tired(gateway):
    """As if everything had been tried all day and were due for the last time."""
    with sqlite3.connect(gateway.folder / "ledger.sqlite3") as db:
        db.execute(
            "UPDATE deliveries SET tries = 15, due_at = 0 WHERE state = 'waiting' AND claimed_until = 0"
        )


def given_up(gateway, number):
    rows = gateway.control("callbacks")["attempts"]
    return [row for row in rows if row["out_trade_no"] == number and row["state"] == "given_up"]


def hurry(gateway):
    with sqlite3.connect(gateway.folder / "ledger.sqlite3") as db:
        db.execute("UPDATE deliveries SET due_at = 0 WHERE due_at IS NOT NULL")


@pytest.mark.parametrize("claims", [True, False], ids=["claimed", "control"])
def test_two_processes_on_one_ledger_deliver_once(tmp_path, claims, monkeypatch):
    monkeypatch.setattr(callbacks, "LOOK_SECONDS", 0.05)
    if not claims:
        # the control: without the claim both carry it
        monkeypatch.setattr(callbacks, "CLAIM_SECONDS", 0.0)
    inbox = SlowInbox()
    folder = fresh_folder(tmp_path)
    with Emulator(folder) as one, Emulator(folder) as other:
        merchant = Merchant(one, inbox.url)
        number = merchant.paid()
        until(lambda: (204, "") in states(other, number), "the delivery")
        assert (len(inbox.letters) == 1) is claims
    inbox.close()


class SlowInbox(Inbox):
    """Takes its time, so that a second carrier has some too."""

    def take(self, headers, body):
        status = super().take(headers, body)
        time.sleep(0.3)
        return status


@pytest.mark.parametrize("checked", [True, False], ids=["checked", "control"])
def test_parallel_payers_pay_once(gateway, merchant, at_once, monkeypatch, checked):
    if not checked:
        monkeypatch.setattr(ledger, "check_payable", lambda *_: None)
    _, answer, number = merchant.prepay()
    told = at_once(lambda _: gateway.try_to_pay(answer["prepay_id"]).status_code, 8)
    assert sorted(told) == [200] + [400 if checked else 200] * 7
    assert gateway.order(number)["paid_times"] == (1 if checked else 8)


def test_the_sandbox_imports_nothing_of_the_product():
    for path in Path(sandbox.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not {name.split(".")[0] for name in names} & PRODUCT, path
