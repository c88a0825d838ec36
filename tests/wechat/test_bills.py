"""Bills: read whole and to the fen, or refused whole; and money is whole fen wherever it is kept."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from django.apps import apps
from django.db import models
from hypothesis import given
from hypothesis import strategies as st

from hub import money
from ordering.payments.bills import BadBill, Bill, BillPayment, BillRefund, fen, parse

CHINA = ZoneInfo("Asia/Shanghai")
HEADER = (
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,"
    "货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,"
    "商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注"
)
PAID = (
    "`2026-03-01 12:00:01,`wx81,`1900000109,`0,`,`4200001,`P260301120000AAAA,`o1,`JSAPI,`SUCCESS,`OTHERS,"
    "`CNY,`35.00,`3.00,`0,`0,`0.00,`0.00,`,`,`开饭小馆,订单 A12,`,`0.21000,`0.60%,`38.00,`0.00,`"
)
BACK = (
    "`2026-03-01 13:30:00,`wx81,`1900000109,`0,`,`4200001,`P260301120000AAAA,`o1,`JSAPI,`REFUND,`OTHERS,"
    "`CNY,`0.00,`0.00,`5030001,`RP260301120000AAAA-1,`9.00,`0.00,`ORIGINAL,`PROCESSING,`开饭小馆,`,`-0.06000,"
    "`0.60%,`0.00,`9.90,`"
)
SUMMED = "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额"
SUMS = "`2,`35.00,`9.00,`0.00,`0.15000,`38.00,`9.90"
BILL = "\n".join([HEADER, PAID, BACK, SUMMED, SUMS, ""])

OLD_HEADER = (
    "交易时间,公众账号ID,商户号,子商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,"
    "货币种类,总金额,企业红包金额,微信退款单号,商户退款单号,退款金额,企业红包退款金额,退款类型,退款状态,"
    "商品名称,商户数据包,手续费,费率"
)
OLD_PAID = (
    "`2018-05-07 10:45:37,`wx1,`148,`0,`,`42A,`P1,`o,`NATIVE,`SUCCESS,`CFT,`CNY,`0.03,`0.0,`0,`0,`0,`0,`,`,"
    "`x,`,`0.0,`1%"
)
OLD_BACK = (
    "`2018-05-07 10:54:45,`wx1,`148,`0,`,`42A,`P1,`o,`NATIVE,`REFUND,`CFT,`CNY,`0,`0,`50A,`R1,`0.02,`0,"
    "`ORIGINAL,`SUCCESS,`x,`,`0,`1%"
)
OLD_SUMMED = "总交易单数,总交易额,退款总金额,总企业红包退款金额,手续费总金额"
OLD = "\n".join([OLD_HEADER, OLD_PAID, OLD_BACK, OLD_SUMMED, "`2,`0.03,`0.02,`0.0,`0"])


def text(*changes):
    bill = BILL
    for old, new in changes:
        assert old in bill
        bill = bill.replace(old, new)
    return bill.encode()


def test_payments_and_refunds_by_number():
    bill = parse(BILL.encode())
    at = datetime(2026, 3, 1, 12, 0, 1, tzinfo=CHINA)
    number = "P260301120000AAAA"
    assert bill.payments == {number: BillPayment(number, "4200001", 3800, at)}
    refund = BillRefund(
        f"R{number}-1", number, "5030001", 990, "PROCESSING", datetime(2026, 3, 1, 13, 30, tzinfo=CHINA)
    )
    assert bill.refunds == {f"R{number}-1": refund}


def test_line_ends_and_a_byte_order_mark_change_nothing():
    assert parse(b"\xef\xbb\xbf" + BILL.replace("\n", "\r\n").encode() + b"\r\n") == parse(BILL.encode())


def test_a_day_of_nothing_is_an_empty_bill():
    empty = "\n".join([HEADER, SUMMED, "`0,`0.00,`0.00,`0.00,`0.00000,`0.00,`0.00"])
    assert parse(empty.encode()) == Bill()


def test_the_headings_of_old_merchants():
    bill = parse(OLD.encode())
    assert bill.payments["P1"].paid_fen == 3
    assert (bill.refunds["R1"].fen, bill.refunds["R1"].out_trade_no) == (2, "P1")


def test_a_refund_by_hand_goes_by_wechats_number():
    bill = parse(text(("`RP260301120000AAAA-1", "`0")))
    assert list(bill.refunds) == ["5030001"]


def test_what_another_till_revoked_is_counted_and_left_alone():
    assert parse(text(("`SUCCESS", "`REVOKED"))).payments == {}


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ([("`2,`35.00", "`3,`35.00")], "counts 3 rows, there are 2"),
        ([("`0.15000,`38.00", "`0.15000,`38.01")], "订单总金额: 38.01 in the summary, 38.00 in the rows"),
        ([("`35.00,`9.00", "`35.00,`9.01")], "退款总金额"),
        ([("`38.00,`9.90", "`38.00,`9.91")], "申请退款总金额"),
        ([(BACK + "\n", "")], "counts 2 rows, there are 1"),
        ([("`38.00", "`38.001")], "not an amount"),
        ([("`38.00,`0.00", "`-38.00,`0.00")], "not an amount"),
        ([("`38.00,`0.00", "`3.8e1,`0.00")], "not an amount"),
        ([("`38.00,`0.00", "`NaN,`0.00")], "not an amount"),
        ([("`38.00", "`0.00")], "no payment's amount"),
        ([("`38.00", "`10000000.00")], "no payment's amount"),
        ([("`SUCCESS", "`PAYERROR")], "unknown state"),
        ([("`CNY,`35.00", "`USD,`35.00")], "USD is not CNY"),
        ([("2026-03-01 12:00:01", "2026-02-30 12:00:01")], "line 2"),
        ([("2026-03-01 12:00:01", "2026/03/01")], "line 2"),
        ([("`P260301120000AAAA", "`")], "商户订单号"),
        ([(",费率备注", "")], "26 values were expected"),
        ([("商户订单号", "订单")], "商户订单号 is missing"),
        ([("订单总金额", "x"), ("退款总金额", "y")], "the summary has no sums"),
        ([(BACK, f"{BACK}\n{BACK}"), (SUMS, "`3,`35.00,`18.00,`0.00,`0,`38.00,`19.80")], "is there twice"),
        ([(SUMS, SUMS.replace("`", ""))], "values were expected"),
        ([(SUMMED, SUMS)], "a header, a summary header"),
        ([(HEADER + "\n", "")], "a header, a summary header"),
    ],
)  # fmt: skip
def test_a_bill_that_does_not_add_up_is_refused_whole(changes, why):
    with pytest.raises(BadBill, match=why):
        parse(text(*changes))


@pytest.mark.parametrize("data", [b"", b"\xff\xfe", b"<html>502</html>", b'{"code":"X"}', b"\n\n\n"])
def test_what_is_no_bill_is_refused(data):
    with pytest.raises(BadBill):
        parse(data)


@given(st.integers(1, 999_999_999))
def test_yuan_and_fen_are_each_others_inverse(amount):
    assert fen(money.yuan(amount)) == amount


@pytest.mark.parametrize(
    ("yuan", "amount"), [("0.01", 1), ("19.9", 1990), ("19.90", 1990), ("0", 0), ("9999999.99", 999_999_999)]
)
def test_amounts_as_bills_write_them(yuan, amount):
    assert fen(yuan) == amount


JUNK = ["", " ", "1.", ".5", "1.234", "+1", "-1", "1,000.00", "1e2", "Infinity", "１.00", "0x1", "¥1", "1\n"]


@pytest.mark.parametrize("junk", JUNK)
def test_what_is_no_amount_is_refused(junk):
    with pytest.raises(ValueError, match="not an amount"):
        fen(junk)


def test_money_is_kept_in_whole_fen_everywhere():
    fields = [field for model in apps.get_models() for field in model._meta.concrete_fields]
    amounts = [field for field in fields if field.name.endswith("_fen")]
    kept = {field.model._meta.label_lower for field in amounts}
    assert {"payments.payment", "payments.refund", "payments.difference", "orders.order"} <= kept
    assert [str(field) for field in amounts if not isinstance(field, models.IntegerField)] == []
    ours = [field for field in fields if field.model.__module__.startswith("ordering.")]
    ours = [field for field in ours if not field.name.endswith("_seconds")]  # how fast a kitchen is
    inexact = (models.DecimalField, models.FloatField)
    assert [str(field) for field in ours if isinstance(field, inexact)] == []
