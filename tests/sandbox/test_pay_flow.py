"""The control that the emulator is right: the whole flow by the untouched wechatpayv3 client, both modes."""

import hashlib
import json
import zlib
from datetime import datetime, timedelta, timezone

import pytest
import requests

from sandbox import signing
from tests.sandbox.merchant import OPENID, Merchant

CHINA = timezone(timedelta(hours=8))


@pytest.mark.parametrize("mode", ["public_key", "certificate"])
def test_the_whole_flow_by_the_untouched_client(gateway, inbox, mode):
    gateway.control("trust", {"mode": mode})
    lin = Merchant(gateway, inbox.url, mode)
    expires = (datetime.now(CHINA) + timedelta(minutes=15)).isoformat(timespec="seconds")
    status, answer, number = lin.prepay(time_expire=expires, attach="午市")
    assert status == 200 and len(answer["prepay_id"]) == 36
    assert lin.prepay(number, time_expire=expires, attach="午市")[:2] == (200, answer)

    # what the guest's client pays with
    lines = [lin.own["app_id"], "1700000000", "n0nce", f"prepay_id={answer['prepay_id']}"]
    pay_sign = lin.pay.sign(lines)
    assert len(pay_sign) == 344
    query = {"timeStamp": lines[1], "nonceStr": lines[2], "package": lines[3], "signType": "RSA"}
    page = f"/cashier/{answer['prepay_id']}/"
    assert gateway.ask("GET", page, params=query | {"paySign": pay_sign}).status_code == 200
    assert gateway.ask("GET", page, params=query | {"paySign": pay_sign[4:] + "AAAA"}).status_code == 400

    status, told = lin.query(out_trade_no=number)
    assert (status, told["trade_state"], told["amount"]) == (
        200,
        "NOTPAY",
        {"total": 8800, "currency": "CNY"},
    )
    assert not {"transaction_id", "success_time", "payer"} & told.keys()

    gateway.pay(answer["prepay_id"])
    [letter] = inbox.wait()
    heard = lin.read(letter)
    status, told = lin.query(out_trade_no=number)
    assert status == 200 and heard["resource"] == told
    assert heard["event_type"] == "TRANSACTION.SUCCESS" and heard["summary"] == "支付成功"
    assert (told["trade_state"], told["attach"], told["payer"]) == ("SUCCESS", "午市", {"openid": OPENID})
    paid = {"total": 8800, "payer_total": 8800, "currency": "CNY", "payer_currency": "CNY"}
    assert told["amount"] == paid and told["promotion_detail"] == []
    assert lin.query(transaction_id=told["transaction_id"]) == (200, told)
    # compact, with raw Chinese
    assert "支付成功".encode() in letter[1] and b'": ' not in letter[1] and b"\\u" not in letter[1]

    assert refusal(lin.pay.close(number)) == (400, "ORDERPAID")
    assert (lin.prepay(number, time_expire=expires)[1]["code"]) == "ORDERPAID"

    status, back = lin.refund(number, 3000, number + "R1", reason="菜品售罄")
    assert status == 200 and back["status"] == "PROCESSING"
    status, again = lin.refund(number, 3000, number + "R1", reason="菜品售罄")
    assert status == 200 and again["refund_id"] == back["refund_id"]
    assert lin.refund(number, 2999, number + "R1", reason="菜品售罄")[1]["code"] == "INVALID_REQUEST"
    assert lin.refund(number, 5801, number + "R2")[1]["code"] == "INVALID_REQUEST"
    heard = lin.read(inbox.wait(2)[1])
    assert heard["event_type"] == "REFUND.SUCCESS" and heard["resource"]["refund_status"] == "SUCCESS"
    assert heard["resource"]["amount"] == {
        "total": 8800, "refund": 3000, "payer_total": 8800, "payer_refund": 3000,
    }  # fmt: skip
    status, text = lin.pay.query_refund(number + "R1")
    told = json.loads(text)
    assert status == 200 and told["status"] == "SUCCESS" and told["amount"]["refund"] == 3000
    assert lin.query(out_trade_no=number)[1]["trade_state"] == "REFUND"

    *_, other = lin.prepay()
    assert lin.pay.close(other) == (204, "") or lin.pay.close(other) == (204, b"")
    assert lin.pay.close(other)[0] == 204
    assert lin.query(out_trade_no=other)[1]["trade_state"] == "CLOSED"
    assert lin.query(out_trade_no="NOBODY0001") == (404, {"code": "ORDER_NOT_EXIST", "message": "订单不存在"})
    assert refusal(lin.pay.query_refund("NOBODY0001")) == (404, "RESOURCE_NOT_EXISTS")
    assert gateway.ledger()["connections"] > 1


def refusal(answer):
    return answer[0], json.loads(answer[1])["code"]


def test_every_answer_carries_the_five_headers_also_the_empty_one(merchant, monkeypatch):
    seen = []
    for name in ("get", "post"):
        real = getattr(requests, name)

        def kept(*args, real=real, **options):
            seen.append(real(*args, **options))
            return seen[-1]

        monkeypatch.setattr(requests, name, kept)
    *_, number = merchant.prepay()
    merchant.query(out_trade_no=number)
    merchant.pay.close(number)
    merchant.query(out_trade_no="NOBODY0002")
    assert [answer.status_code for answer in seen] == [200, 200, 204, 404]
    public = merchant.pay._core._public_key
    for answer in seen:
        told = {name: answer.headers["Wechatpay-" + name] for name in ("Timestamp", "Nonce", "Signature")}
        message = f"{told['Timestamp']}\n{told['Nonce']}\n".encode() + answer.content + b"\n"
        assert signing.verify(public, message, told["Signature"])
        assert answer.headers["Wechatpay-Serial"] == merchant.own["public_key_id"]
        assert answer.headers["Wechatpay-Signature-Type"] == signing.SCHEME
        assert answer.headers["Request-ID"].rpartition("-")[2] == "0"
    assert seen[2].content == b""


def test_in_public_key_mode_there_are_no_certificates(gateway, inbox, merchant):
    status, text = merchant.pay._core.request("/v3/certificates")
    assert (status, json.loads(text)["code"]) == (404, "RESOURCE_NOT_EXISTS")
    with pytest.raises(Exception, match="No wechatpay platform certificate"):
        Merchant(gateway, inbox.url, "certificate")


def test_a_rotated_certificate_is_picked_up_and_the_old_one_stays_listed(gateway, inbox):
    gateway.control("trust", {"mode": "certificate"})
    lin = Merchant(gateway, inbox.url, "certificate")
    [old] = lin.pay._core._certificates
    serial = gateway.control("rotate", {})["serial_no"]
    assert lin.prepay()[0] == 200
    newest, kept = lin.pay._core._certificates
    assert (newest.serial_number, kept.serial_number) == (int(serial, 16), old.serial_number)
    lin.paid()
    assert lin.read(inbox.wait()[0])["event_type"] == "TRANSACTION.SUCCESS"


def test_the_grey_switch_signs_callbacks_half_and_half(gateway, inbox, merchant):
    gateway.control("trust", {"mode": "dual", "public_key_percent": 50})
    for _ in range(4):
        merchant.paid()
    letters = inbox.wait(4)
    serials = [headers["Wechatpay-Serial"].startswith("PUB_KEY_ID_") for headers, _ in letters]
    assert sum(serials) == 2
    assert all(merchant.read(letter)["resource"]["trade_state"] == "SUCCESS" for letter in letters)
    # a client that knows no public key is answered with the certificate alone
    old = Merchant(gateway, inbox.url, "certificate")
    assert all(old.prepay()[0] == 200 for _ in range(3))


def bill(merchant, text):
    told = json.loads(text[1])
    assert text[0] == 200, told
    assert told["download_url"].startswith(merchant.emulator.url + "/v3/")
    status, packed = merchant.pay.download_bill(told["download_url"])
    assert status == 200
    file = zlib.decompress(packed, 31)
    assert (told["hash_type"], told["hash_value"] == hashlib.sha1(file).hexdigest()) == ("SHA1", True)
    return file.decode().splitlines()


def test_bills_are_yuan_behind_backticks_with_their_sums(gateway, merchant, inbox):
    first, second = merchant.paid(total=1), merchant.paid(total=8800)
    assert merchant.refund(second, 1234, second + "R")[0] == 200
    inbox.wait(3)
    today = f"{datetime.now(CHINA):%Y-%m-%d}"
    assert refusal(merchant.pay.trade_bill(today)) == (400, "INVALID_REQUEST")
    assert refusal(merchant.pay.trade_bill("2001-01-01")) == (400, "INVALID_REQUEST")
    yesterday = f"{datetime.now(CHINA) - timedelta(days=1):%Y-%m-%d}"
    assert refusal(merchant.pay.trade_bill(yesterday)) == (400, "NO_STATEMENT_EXIST")

    gateway.control("bills", {"today": True, "plant": []})
    head, *lines, summary_head, summary = bill(merchant, merchant.pay.trade_bill(today))
    columns = head.split(",")
    assert len(columns) == 27 and summary_head.startswith("总交易单数,")
    rows = [dict(zip(columns, (cell[1:] for cell in line.split(",")), strict=True)) for line in lines]
    assert all(cell.startswith("`") for line in lines for cell in line.split(","))
    mine = {row["商户订单号"] + row["商户退款单号"]: row for row in rows}
    assert mine[first + "0"]["订单金额"] == "0.01" and mine[first + "0"]["交易状态"] == "SUCCESS"
    back = mine[second + second + "R"]
    assert (back["交易状态"], back["申请退款金额"], back["订单金额"], back["手续费"]) == (
        "REFUND", "12.34", "0.00", "-0.07000",
    )  # fmt: skip
    ledger = gateway.ledger()
    sums = [cell[1:] for cell in summary.split(",")]
    assert sums[0] == str(len(rows)) and sums[5] == f"{ledger['paid_fen'] / 100:.2f}"

    flow = bill(merchant, merchant.pay.fundflow_bill(today))
    assert flow[0].startswith("记账时间,微信支付业务单号") and flow[-2].startswith("资金流水总笔数,")
    assert flow[-1].split(",")[0] == f"`{len(flow) - 3}"

    plant = [
        {"kind": "missing", "out_trade_no": first},
        {"kind": "different", "out_refund_no": second + "R", "amount_fen": 1},
        {"kind": "extra", "out_trade_no": "STRANGER01", "amount_fen": 500},
    ]
    gateway.control("bills", {"today": True, "plant": plant})
    told = "\n".join(bill(merchant, merchant.pay.trade_bill(today)))
    assert first not in told and "`STRANGER01" in told and "`12.34" not in told
