"""Read a day's trade bill as WeChat writes it. Pure: no framework, no database.

A header line, a line for each payment that was made and each refund that was accepted that day (a backtick
before every value), a summary header, and the summary. Money is yuan with at most two decimals; times are
China's.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar
from zoneinfo import ZoneInfo

from hub import money

CHINA = ZoneInfo("Asia/Shanghai")
YUAN = re.compile(r"[0-9]{1,10}(\.[0-9]{1,2})?")
NONE = ("", "0")
# Merchants of long standing still get the older headings.
AMOUNT = ("订单金额", "总金额")
REFUNDED = ("申请退款金额", "退款金额")
COUNTED = "总交易单数"
# Column → its sum in the summary; fees have five decimals and a sign, and are nobody's money here.
SUMS = {
    "应结订单金额": "应结订单总金额",
    "订单金额": "订单总金额",
    "退款金额": "退款总金额",
    "充值券退款金额": "充值券退款总金额",
    "申请退款金额": "申请退款总金额",
    "总金额": "总交易额",
}

MOST_FEN = 999_999_999  # of one row: 9999999.99 yuan

Row = Mapping[str, str]
T = TypeVar("T")


class BadBill(ValueError):
    """The bill cannot be trusted as a whole; the text says which line and why."""


@dataclass(frozen=True, slots=True)
class BillPayment:
    """Money that came in; ``paid_fen`` is what was asked for, coupons included."""

    out_trade_no: str
    transaction_id: str
    paid_fen: int
    paid_at: datetime


@dataclass(frozen=True, slots=True)
class BillRefund:
    """A refund that was accepted; ``state`` as of the bill: SUCCESS, PROCESSING, or a word for trouble."""

    out_refund_no: str
    out_trade_no: str
    refund_id: str
    fen: int
    state: str
    accepted_at: datetime


@dataclass(frozen=True, slots=True)
class Bill:
    """One day's rows by number."""

    payments: dict[str, BillPayment] = field(default_factory=dict)
    refunds: dict[str, BillRefund] = field(default_factory=dict)


def parse(data: bytes) -> Bill:
    """The rows of a trade bill (type ALL, UTF-8); BadBill when anything in it does not fit the rest."""
    try:
        lines = re.split(r"\r?\n", data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise BadBill("not UTF-8") from None
    while lines and not lines[-1].strip():
        lines.pop()
    if len(lines) < 3 or "`" in lines[0] or "`" in lines[-2]:
        raise BadBill("a header, a summary header and a summary are needed")
    heading = _heading(lines[0])
    rows = [_values(heading, line, number) for number, line in enumerate(lines[1:-2], start=2)]
    _check_summary(rows, _values(_heading(lines[-2]), lines[-1], len(lines)))
    bill = Bill()
    for number, row in enumerate(rows, start=2):
        _add(bill, row, number)
    return bill


def fen(text: str) -> int:
    """Yuan as a bill writes them (``"12.34"``) to fen; ValueError for signs, more decimals and nonsense."""
    if not YUAN.fullmatch(text):
        raise ValueError(f"not an amount in yuan: {text[:32]!r}")
    return money.fen(text)


def _heading(line: str) -> list[str]:
    return [name.strip() for name in line.split(",")]


def _values(heading: list[str], line: str, number: int) -> Row:
    """A line's values by column. Commas in a dish's name are told from separators by the backtick."""
    values = line.removeprefix("`").split(",`")
    if not line.startswith("`") or len(values) != len(heading):
        raise BadBill(f"line {number}: {len(heading)} values were expected")
    return dict(zip(heading, (value.strip() for value in values), strict=True))


def _check_summary(rows: list[Row], summary: Row) -> None:
    if summary.get(COUNTED) != str(len(rows)):
        raise BadBill(f"the summary counts {summary.get(COUNTED)} rows, there are {len(rows)}")
    checked = {name: total for name, total in SUMS.items() if total in summary}
    if not checked:
        raise BadBill("the summary has no sums")
    for name, total in checked.items():
        found = sum(_money(row, (name,), number) for number, row in enumerate(rows, start=2))
        if found != _money(summary, (total,), len(rows) + 3):
            raise BadBill(f"{total}: {summary[total]} in the summary, {money.yuan(found)} in the rows")


def _add(bill: Bill, row: Row, number: int) -> None:
    state = _text(row, "交易状态", number)
    if _text(row, "货币种类", number) != "CNY":
        raise BadBill(f"line {number}: {row['货币种类']} is not CNY")
    if state == "SUCCESS":
        _add_once(bill.payments, _payment(row, number), row["商户订单号"], number)
    elif state == "REFUND":
        refund = _refund(row, number)
        _add_once(bill.refunds, refund, refund.out_refund_no, number)
    elif state != "REVOKED":
        # A till that shares our merchant number may revoke (付款码); that is no row of ours.
        raise BadBill(f"line {number}: unknown state {state[:32]!r}")


def _add_once(rows: dict[str, T], row: T, number: str, line: int) -> None:
    if number in rows:
        raise BadBill(f"line {line}: {number} is there twice")
    rows[number] = row


def _payment(row: Row, number: int) -> BillPayment:
    return BillPayment(
        out_trade_no=_text(row, "商户订单号", number),
        transaction_id=_text(row, "微信订单号", number),
        paid_fen=_amount(row, AMOUNT, number),
        paid_at=_time(row, number),
    )


def _refund(row: Row, number: int) -> BillRefund:
    refund_id = _text(row, "微信退款单号", number)
    ours = row.get("商户退款单号", "")
    return BillRefund(
        # A refund by hand in the merchant console need not have a number of ours.
        out_refund_no=refund_id if ours in NONE else ours,
        out_trade_no=_text(row, "商户订单号", number),
        refund_id=refund_id,
        fen=_amount(row, REFUNDED, number),
        state=_text(row, "退款状态", number),
        accepted_at=_time(row, number),
    )


def _text(row: Row, name: str, number: int) -> str:
    value = row.get(name, "")
    if not value or len(value) > 64:
        raise BadBill(f"line {number}: {name} is missing or too long")
    return value


def _money(row: Row, names: tuple[str, ...], number: int) -> int:
    name = next((name for name in names if name in row), None)
    if name is None:
        raise BadBill(f"line {number}: {names[0]} is missing")
    try:
        return fen(row[name])
    except ValueError as error:
        raise BadBill(f"line {number}: {name}: {error}") from None


def _amount(row: Row, names: tuple[str, ...], number: int) -> int:
    found = _money(row, names, number)
    if not 0 < found <= MOST_FEN:
        raise BadBill(f"line {number}: {money.yuan(found)} is no payment's amount")
    return found


def _time(row: Row, number: int) -> datetime:
    text = _text(row, "交易时间", number)
    try:
        return datetime.strptime(f"{text} +0800", "%Y-%m-%d %H:%M:%S %z").astimezone(CHINA)
    except ValueError as error:
        raise BadBill(f"line {number}: {error}") from None
