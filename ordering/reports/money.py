"""Turnover, average ticket and what coupons cost.

Every amount belongs to the business day of its order, whenever the money moved.

- **Turnover** is money received minus money refunded: ``Order.paid_fen`` and ``Order.refunded_fen``. By
  channel it is the same money seen from the payments: those in state ``succeeded``, and the succeeded refunds
  of these. Payments that came too late never counted as received, nor do their refunds count here.
- **Average ticket** is turnover divided by orders with money: those of which some money stayed
  (``paid_fen > refunded_fen``); to the nearest fen, halves up.
- **Coupon cost** is the discount of orders that are neither cancelled nor rejected, by the plan of their
  coupon; what such an order costs after it stands beside.
"""

from collections.abc import Iterable
from typing import Any

from ordering.reports import sql
from ordering.reports.span import Span
from ordering.reports.tables import Column, Report, Row, Table, average, day, fen, text

CHANNELS = {"cash": "cash", "wechat_jsapi": "wechat"}
AMOUNTS = ("orders", "received_fen", "refunded_fen", "turnover_fen")
BY_CHANNEL = [f"{channel}_{what}_fen" for channel in CHANNELS.values() for what in ("received", "refunded")]

BY_DAY = f"""
    SELECT o.business_day, SUM(CASE WHEN o.paid_fen > 0 THEN 1 ELSE 0 END), SUM(o.paid_fen),
        SUM(o.refunded_fen), SUM(CASE WHEN o.paid_fen > o.refunded_fen THEN 1 ELSE 0 END)
    FROM {sql.ORDERS} WHERE {sql.IN_SPAN} GROUP BY o.business_day"""
RECEIVED = f"""
    SELECT o.business_day, p.channel, SUM(p.amount_fen) FROM {sql.PAYMENTS}
    WHERE {sql.IN_SPAN} AND p.state = 'succeeded' GROUP BY o.business_day, p.channel"""
REFUNDED = f"""
    SELECT o.business_day, p.channel, SUM(r.amount_fen) FROM {sql.REFUNDS}
    WHERE {sql.IN_SPAN} AND p.state = 'succeeded' AND r.state = 'succeeded'
    GROUP BY o.business_day, p.channel"""
BY_PLAN = f"""
    SELECT n.id, n.name, COUNT(*), SUM(o.discount_fen), SUM(o.total_fen) FROM {sql.COUPONS}
    WHERE {sql.IN_SPAN} AND {sql.NOT_ENDED} GROUP BY n.id, n.name ORDER BY 4 DESC, 1"""


def turnover(days: Span) -> Table:
    """A row for every day, and their sum."""
    rows = {each: _nothing(each) for each in days.days}
    for each, orders, received, refunded, _ in sql.read(BY_DAY, days):
        amounts = (int(orders), int(received), int(refunded), int(received - refunded))
        rows[each] |= dict(zip(AMOUNTS, amounts, strict=True))
    for what, statement in (("received", RECEIVED), ("refunded", REFUNDED)):
        for each, channel, amount in sql.read(statement, days):
            if channel in CHANNELS:
                rows[each][f"{CHANNELS[channel]}_{what}_fen"] = int(amount)
    total = _sum(rows.values(), [*AMOUNTS, *BY_CHANNEL])
    return Table(list(rows.values()), {"day": None} | total)


def average_ticket(days: Span) -> Table:
    """A row for every day; below them the average of all days, not of the averages."""
    rows = {each: _ticket(each, 0, 0) for each in days.days}
    for each, _, received, refunded, orders in sql.read(BY_DAY, days):
        rows[each] = _ticket(each, int(orders), int(received - refunded))
    total = _sum(rows.values(), ["orders", "turnover_fen"])
    return Table(list(rows.values()), _ticket(None, total["orders"], total["turnover_fen"]))


def coupons(days: Span) -> Table:
    """A row for every plan whose coupons were used, the dearest first."""
    rows = [
        {
            "plan": plan,
            "name": name,
            "orders": int(orders),
            "discount_fen": int(discount),
            "total_fen": int(total),
        }
        for plan, name, orders, discount, total in sql.read(BY_PLAN, days)
    ]
    total = _sum(rows, ["orders", "discount_fen", "total_fen"])
    return Table(rows, {"plan": None, "name": ""} | total)


def _nothing(each: Any) -> Row:
    return {"day": each} | dict.fromkeys([*AMOUNTS, *BY_CHANNEL], 0)


def _ticket(each: Any, orders: int, amount: int) -> Row:
    return {"day": each, "orders": orders, "turnover_fen": amount, "average_fen": average(amount, orders)}


def _sum(rows: Iterable[Row], names: list[str]) -> Row:
    kept = list(rows)
    return {name: sum(row[name] for row in kept) for name in names}


PAID_ORDERS = Column("orders", "收款订单", help="Orders that received money.")
TURNOVER = Report(
    "turnover",
    "营业额",
    "Money received minus money refunded, by business day of the order; cash and WeChat apart.",
    [
        day(),
        PAID_ORDERS,
        fen("received_fen", "收款(元)"),
        fen("refunded_fen", "退款(元)"),
        fen("turnover_fen", "营业额(元)"),
        fen("cash_received_fen", "现金收款(元)"),
        fen("cash_refunded_fen", "现金退款(元)"),
        fen("wechat_received_fen", "微信收款(元)"),
        fen("wechat_refunded_fen", "微信退款(元)"),
    ],
    turnover,
)
AVERAGE_TICKET = Report(
    "average-ticket",
    "客单价",
    "Turnover divided by the orders of which money stayed, by business day.",
    [
        day(),
        Column("orders", "订单数", help="Orders of which money stayed."),
        fen("turnover_fen", "营业额(元)"),
        fen("average_fen", "客单价(元)", help="To the nearest fen, halves up; 0 without orders."),
    ],
    average_ticket,
)
COUPONS = Report(
    "coupons",
    "优惠券",
    "What coupons took off the orders that were neither cancelled nor rejected, by plan.",
    [
        Column("plan", "活动编号", optional=True),
        text("name", "活动"),
        Column("orders", "订单数"),
        fen("discount_fen", "优惠(元)"),
        fen("total_fen", "订单金额(元)", help="What these orders cost after the discount."),
    ],
    coupons,
)
