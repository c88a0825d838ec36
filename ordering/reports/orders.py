"""How many orders there were, and why some of them came to nothing or gave money back.

- **Orders** are counted in the state they are in now, by business day and by the local hour in which they
  were submitted; every order counts, paid or not.
- **Reasons**: cancelled orders by who cancelled (``cancel_kind``) and the reason given, rejected orders by
  reason, both with what they would have cost (``total_fen``); refunds by what caused them and the reason
  given, with what went back. Only succeeded refunds count. Those of late and double payments are told apart
  by their cause: that money never was turnover. All by the business day of the order. A reason is the text
  that was given, letter by letter; empty where none was.
"""

from typing import Any

from ordering.orders.states import ORDER_LABELS
from ordering.payments.models import Refund
from ordering.reports import sql
from ordering.reports.span import Span
from ordering.reports.tables import Column, Report, Row, Table, day, fen, text

KINDS = {"dine_in": "堂食", "pickup": "自取"}
COUNTED = [*KINDS, *ORDER_LABELS]

COUNTS = f"""
    SELECT {{group}} AS place, o.status, o.kind, COUNT(*) FROM {sql.ORDERS}
    WHERE {sql.IN_SPAN} GROUP BY {{group}}, o.status, o.kind ORDER BY 1"""
ENDED = f"""
    SELECT o.status, COALESCE(o.cancel_kind, ''), o.cancel_reason, COUNT(*), SUM(o.total_fen)
    FROM {sql.ORDERS} WHERE {sql.IN_SPAN} AND o.status IN ('cancelled', 'rejected') GROUP BY 1, 2, 3"""
GONE_BACK = f"""
    SELECT 'refunded', r.cause, r.reason, COUNT(*), SUM(r.amount_fen) FROM {sql.REFUNDS}
    WHERE {sql.IN_SPAN} AND r.state = 'succeeded' GROUP BY 1, 2, 3"""


def orders(days: Span) -> Table:
    """A row for every day, then one for every hour that had orders, and the sum of the days."""
    by_day = {each: _count("day", each) for each in days.days}
    total = _count("total", None)
    for each, status, kind, number in _counts(days, "o.business_day"):
        _add(by_day[each], status, kind, number)
        _add(total, status, kind, number)
    by_hour: dict[int, Row] = {}
    for each, status, kind, number in _counts(days, sql.hour("o.submitted_at", days)):
        _add(by_hour.setdefault(int(each), _count("hour", int(each))), status, kind, number)
    return Table([*by_day.values(), *by_hour.values()], total)


def reasons(days: Span) -> Table:
    """A row for every reason: cancelled, refunded, then rejected; the most frequent first."""
    rows = [
        {"event": event, "kind": kind, "reason": reason, "count": int(count), "amount_fen": int(amount)}
        for statement in (ENDED, GONE_BACK)
        for event, kind, reason, count, amount in sql.read(statement, days)
    ]
    rows.sort(key=lambda row: (row["event"], -row["count"], -row["amount_fen"], row["kind"], row["reason"]))
    return Table(rows)


def _counts(days: Span, group: str) -> list[tuple[Any, ...]]:
    return sql.read(COUNTS.replace("{group}", group), days)


def _count(by: str, value: Any) -> Row:
    place = {"by": by, "day": value if by == "day" else None, "hour": value if by == "hour" else None}
    return {**place, "orders": 0} | {str(name): 0 for name in COUNTED}


def _add(row: Row, status: str, kind: str, number: Any) -> None:
    for name in ("orders", status, kind):
        row[name] += int(number)


ORDERS = Report(
    "orders",
    "订单数",
    "Orders by state and kind: for every business day, and for every hour of the day over all days.",
    [
        text("by", "统计方式", words={"day": "按日", "hour": "按小时", "total": "合计"}),
        day(),
        Column("hour", "小时", help="Local hour of submitting, 0 to 23.", optional=True),
        Column("orders", "订单数"),
        *(Column(str(name), title) for name, title in (KINDS | ORDER_LABELS).items()),
    ],
    orders,
)
WHO = {"diner": "顾客", "timeout": "超时", "system": "系统", "": ""}
REASONS = Report(
    "reasons",
    "取消、拒单与退款原因",
    "Why orders were cancelled or rejected and money went back, with how often and how much.",
    [
        text("event", "事项", words={"cancelled": "取消", "rejected": "拒单", "refunded": "退款"}),
        text(
            "kind",
            "类别",
            words=WHO | {choice.value: choice.label for choice in Refund.Cause},
            help="Who cancelled: diner, timeout, staff, system. What caused a refund: staff, ended, voided,"
            " late, duplicate, excess. Empty for rejected.",
        ),
        text("reason", "原因"),
        Column("count", "次数"),
        fen("amount_fen", "金额(元)", help="What the orders would have cost; what went back."),
    ],
    reasons,
)
