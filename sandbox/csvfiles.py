"""The form of WeChat's bill files: yuan, every value behind a backtick, a summary in the last two lines."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sandbox.moments import china

TRADE_COLUMNS = (
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,"
    "应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,"
    "手续费,费率,订单金额,申请退款金额,费率备注"
)
TRADE_SUMMARY = "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额"
FLOW_COLUMNS = (
    "记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额(元),账户结余(元),"
    "资金变更提交申请人,备注,业务凭证号"
)
FLOW_SUMMARY = "资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额"
EARNED, SPENT = "收入", "支出"
RATE = Decimal("0.006")
CENT, FEE = Decimal("0.01"), Decimal("0.00001")


def yuan(fen: int) -> str:
    """`1234` fen as `12.34`."""
    return str((Decimal(fen) / 100).quantize(CENT))


def fee(fen: int) -> Decimal:
    """WeChat's share of an amount, in yuan: whole cents, told with five places."""
    return (Decimal(fen) / 100 * RATE).quantize(CENT, ROUND_HALF_UP).quantize(FEE)


def line(values: list[str]) -> str:
    """One line of data; what would break it into other columns is left out, as WeChat does."""
    clean = (value.replace(",", " ").replace("\r", " ").replace("\n", " ") for value in values)
    return ",".join(f"`{value}" for value in clean)


def joined(columns: str, rows: list[list[str]], summary: str, totals: list[str]) -> bytes:
    return "\n".join([columns, *map(line, rows), summary, line(totals), ""]).encode()


def moment(row: dict[str, Any]) -> str:
    return f"{china(row['at']):%Y-%m-%d %H:%M:%S}"


def trade_file(rows: list[dict[str, Any]]) -> bytes:
    """The trade bill of these trades."""
    fees = sum((signed_fee(row) for row in rows), Decimal(0)).quantize(FEE)
    settled, total = sum(row["settled_fen"] for row in rows), sum(row["total_fen"] for row in rows)
    back = yuan(sum(row["refund_fen"] for row in rows))
    totals = [str(len(rows)), yuan(settled), back, "0.00", str(fees), yuan(total), back]
    return joined(TRADE_COLUMNS, [trade_line(row) for row in rows], TRADE_SUMMARY, totals)


def signed_fee(row: dict[str, Any]) -> Decimal:
    return fee(row["settled_fen"]) - fee(row["refund_fen"])


def trade_line(row: dict[str, Any]) -> list[str]:
    back = yuan(row["refund_fen"])
    refund = ("ORIGINAL", row["status"]) if row["state"] == "REFUND" else ("", "")
    head = [moment(row), row["appid"], row["mchid"], "0", "", row["transaction_id"], row["out_trade_no"]]
    trade = [row["openid"], "JSAPI", row["state"], "OTHERS", "CNY", yuan(row["settled_fen"]), "0.00"]
    given = [row["refund_id"] or "0", row["out_refund_no"] or "0", back, "0.00", *refund]
    goods = [row["description"], row["attach"], str(signed_fee(row)), "0.60%", yuan(row["total_fen"])]
    return [*head, *trade, *given, *goods, back, ""]


def flow_file(rows: list[dict[str, Any]]) -> bytes:
    """The account's flow of these trades: the trade itself, and WeChat's fee for a payment."""
    lines, balance, flown = [], Decimal(0), []
    for row in rows:
        for name, way, amount in moves(row):
            balance += amount if way == EARNED else -amount
            flown.append((way, amount))
            lines.append(flow_line(row, name, way, amount, balance))
    totals = [*flow_sums(flown, EARNED), *flow_sums(flown, SPENT)]
    return joined(FLOW_COLUMNS, lines, FLOW_SUMMARY, [str(len(lines)), *totals])


def flow_sums(flown: list[tuple[str, Decimal]], way: str) -> list[str]:
    """How many of a direction, and their sum."""
    amounts = [amount for direction, amount in flown if direction == way]
    return [str(len(amounts)), str(sum(amounts, Decimal(0)).quantize(CENT))]


def moves(row: dict[str, Any]) -> list[tuple[str, str, Decimal]]:
    """(what, direction, yuan) of what a trade moves on the account."""
    if row["state"] == "REFUND":
        amount, back = Decimal(row["refund_fen"]) / 100, fee(row["refund_fen"]).quantize(CENT)
        return [("退款", SPENT, (amount - back).quantize(CENT))]
    amount, share = Decimal(row["settled_fen"]) / 100, fee(row["settled_fen"]).quantize(CENT)
    paid = [("交易", EARNED, amount.quantize(CENT))]
    return [*paid, ("扣除交易手续费", SPENT, share)] if share else paid


def flow_line(row: dict[str, Any], name: str, way: str, amount: Decimal, balance: Decimal) -> list[str]:
    refund = row["state"] == "REFUND"
    number = row["refund_id"] if refund else row["transaction_id"]
    proof = row["out_refund_no"] if refund else row["out_trade_no"]
    numbers = [moment(row), number, row["transaction_id"], name, name, way]
    return [*numbers, str(amount), str(balance.quantize(CENT)), f"{row['mchid']}API", "", proof]
