"""Refunds: the same number is the same refund; the money goes a moment later, and a callback tells it."""

import json
import sqlite3
import time
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox import deliveries, faults, rules
from sandbox.errors import Refused
from sandbox.ledger import Ledger, find_order, number
from sandbox.moments import rfc3339
from sandbox.prepays import PAID, Prepay
from sandbox.web import parsed, pay_call, told

# All divided by the emulator's speed.
FINISH_SECONDS = 3.0
APART_SECONDS = 60.0
MOST = 50
LONGEST_SECONDS = 365 * 24 * 3600
ENDS = ("SUCCESS", "ABNORMAL", "CLOSED")
OUTCOMES = {"refund_abnormal": "ABNORMAL", "refund_closed": "CLOSED"}
GIVEN = """
SELECT max(created_at), coalesce(sum(CASE status WHEN 'CLOSED' THEN 0 ELSE amount_fen END), 0), count(*)
FROM refunds WHERE out_trade_no = ?
"""


@pay_call
def refund(request: Request) -> Response:
    """Ask for money to go back; asked again, the same refund is told."""
    asked = parsed(request)
    rules.check_refund(asked)
    ledger: Ledger = request.app.state.ledger
    if is_short(ledger, asked["out_refund_no"]):
        raise Refused("NOT_ENOUGH", "基本账户余额不足，请充值后重新发起", 403)
    with ledger.connect() as db:
        answer = wire(db, accepted(db, ledger, asked))
    ledger.due.set()
    return told(answer)


def is_short(ledger: Ledger, out_refund_no: str) -> bool:
    """Count the call; whether the merchant's account is said to be short for this new refund.

    By itself, because what a refused refund wrote is rolled back.
    """
    with ledger.connect() as db:
        count = "UPDATE refunds SET calls = calls + 1 WHERE out_refund_no = ?"
        if db.execute(count, (out_refund_no,)).rowcount:
            return False
        return bool(faults.take(db, ("refund_not_enough",), route="refund", text=out_refund_no))


def accepted(db: sqlite3.Connection, ledger: Ledger, asked: dict[str, Any]) -> sqlite3.Row:
    """The refund of this request, new or known; raises Refused."""
    now, frozen = ledger.now(), json.dumps(asked, sort_keys=True)
    known = find(db, asked["out_refund_no"])
    if known is None:
        order = order_of(db, asked)
        check(db, ledger, order, asked, now)
        insert(db, ledger, order, asked, now)
        known = find(db, asked["out_refund_no"])
    elif known["frozen"] != frozen:
        raise Refused("INVALID_REQUEST", "订单金额或退款金额与之前请求不一致，请核实后再试", detail=268498688)
    assert known
    return known


def find(db: sqlite3.Connection, out_refund_no: str) -> sqlite3.Row | None:
    """A refund by the merchant's number."""
    row: sqlite3.Row | None = db.execute(
        "SELECT * FROM refunds WHERE out_refund_no = ?", (out_refund_no,)
    ).fetchone()
    return row


def order_of(db: sqlite3.Connection, asked: dict[str, Any]) -> Prepay:
    """The paid order a refund is about; raises Refused."""
    column = "transaction_id" if "transaction_id" in asked else "out_trade_no"
    row = db.execute(f"SELECT * FROM prepays WHERE {column} = ?", (asked[column],)).fetchone()
    if row is None:
        raise Refused("RESOURCE_NOT_EXISTS", "订单不存在", 404)
    order = Prepay.of(row)
    if order.state not in PAID:
        raise Refused("INVALID_REQUEST", "订单未支付，不能退款")
    return order


def check(db: sqlite3.Connection, ledger: Ledger, order: Prepay, asked: dict[str, Any], now: float) -> None:
    """Raise Refused unless this order can give so much back now."""
    if asked["amount"]["total"] != order.total_fen:
        raise Refused("INVALID_REQUEST", "原订单金额与请求不一致")
    if now - (order.paid_at or now) > LONGEST_SECONDS:
        raise Refused("INVALID_REQUEST", "订单已超过可退款的最大期限")
    latest, given, times = db.execute(GIVEN, (order.out_trade_no,)).fetchone()
    if given + asked["amount"]["refund"] > order.total_fen:
        raise Refused("INVALID_REQUEST", "申请退款金额超过订单可退金额")
    if times >= MOST:
        raise Refused("INVALID_REQUEST", "一笔订单最多支持50次部分退款")
    if latest is not None and now - latest < APART_SECONDS / ledger.speed:
        raise Refused("FREQUENCY_LIMITED", "该笔订单退款频率过高，请间隔一分钟后再试", 429)


def insert(db: sqlite3.Connection, ledger: Ledger, order: Prepay, asked: dict[str, Any], now: float) -> None:
    """Accept a refund; its outcome is decided now and comes a moment later, unless it is made slow."""
    text = f"{order.out_trade_no} {asked['out_refund_no']}"
    fault = faults.take(db, ("refund_abnormal", "refund_closed", "refund_slow"), route="refund", text=text)
    name = fault.name if fault else ""
    row = {
        "out_refund_no": asked["out_refund_no"],
        "refund_id": number("503", now),
        "out_trade_no": order.out_trade_no,
        "amount_fen": asked["amount"]["refund"],
        "reason": asked.get("reason", ""),
        "notify_url": asked.get("notify_url", ""),
        "frozen": json.dumps(asked, sort_keys=True),
        "outcome": OUTCOMES.get(name, "SUCCESS"),
        "created_at": now,
        "due_at": None if name == "refund_slow" else time.time() + FINISH_SECONDS / ledger.speed,
    }
    names, marks = ", ".join(row), ", ".join(f":{column}" for column in row)
    db.execute(f"INSERT INTO refunds ({names}) VALUES ({marks})", row)
    db.execute("UPDATE prepays SET state = 'REFUND' WHERE out_trade_no = ?", (order.out_trade_no,))


@pay_call
def query_refund(request: Request) -> Response:
    """What became of a refund."""
    with request.app.state.ledger.read() as db:
        known = find(db, request.path_params["out_refund_no"])
        if known is None:
            raise Refused("RESOURCE_NOT_EXISTS", "退款单不存在", 404)
        return told(wire(db, known))


@pay_call
def abnormal_refund(request: Request) -> Response:
    """A person sends an abnormal refund to a bank card."""
    ledger: Ledger = request.app.state.ledger
    asked = parsed(request)
    if asked.get("type") not in ("USER_BANK_CARD", "MERCHANT_BANK_CARD"):
        raise Refused("PARAM_ERROR", "type不正确")
    with ledger.connect() as db:
        known = find(db, str(asked.get("out_refund_no", "")))
        if known is None or known["refund_id"] != request.path_params["refund_id"]:
            raise Refused("RESOURCE_NOT_EXISTS", "退款单不存在", 404)
        if known["status"] != "ABNORMAL":
            raise Refused("INVALID_REQUEST", "退款单状态不是退款异常")
        due = time.time() + FINISH_SECONDS / ledger.speed
        db.execute(
            "UPDATE refunds SET status = 'PROCESSING', outcome = 'SUCCESS', due_at = ?, ended_at = NULL"
            " WHERE refund_id = ?",
            (due, known["refund_id"]),
        )
        answer = wire(db, find(db, known["out_refund_no"]))
    ledger.due.set()
    return told(answer)


def wire(db: sqlite3.Connection, known: sqlite3.Row | None) -> dict[str, Any]:
    """A refund as WeChat answers it."""
    assert known
    order = find_order(db, known["out_trade_no"])
    assert order
    told_amount = amount(order, known)
    settled = {"settlement_refund": told_amount["payer_refund"], "settlement_total": order.payer_total_fen}
    discount = {"discount_refund": told_amount["refund"] - told_amount["payer_refund"], "currency": "CNY"}
    ended = {"success_time": rfc3339(known["ended_at"])} if known["status"] == "SUCCESS" else {}
    return {
        **identity(order, known),
        **ended,
        "channel": "ORIGINAL",
        "create_time": rfc3339(known["created_at"]),
        "status": known["status"],
        "funds_account": "AVAILABLE",
        "amount": told_amount | settled | discount | {"from": []},
        "promotion_detail": [],
    }


def identity(order: Prepay, known: sqlite3.Row) -> dict[str, Any]:
    return {
        "refund_id": known["refund_id"],
        "out_refund_no": known["out_refund_no"],
        "transaction_id": order.transaction_id,
        "out_trade_no": order.out_trade_no,
        "user_received_account": "支付用户零钱",
    }


def amount(order: Prepay, known: sqlite3.Row) -> dict[str, int]:
    """What goes back, and how much of it the guest had paid."""
    assert order.payer_total_fen is not None
    share = known["amount_fen"] * order.payer_total_fen // order.total_fen
    return {
        "total": order.total_fen,
        "refund": known["amount_fen"],
        "payer_total": order.payer_total_fen,
        "payer_refund": share,
    }


def finish_due(ledger: Ledger) -> None:
    """End the refunds whose moment has come; their callbacks are booked in the same transaction."""
    now = ledger.now()
    with ledger.connect() as db:
        for row in db.execute("SELECT * FROM refunds WHERE due_at <= ?", (time.time(),)).fetchall():
            end(db, row, row["outcome"], now)


def decide(ledger: Ledger, out_refund_no: str, status: str) -> None:
    """End a slow refund now; raises Refused when there is none or it has ended."""
    now = ledger.now()
    with ledger.connect() as db:
        known = find(db, out_refund_no)
        if known is None or status not in ENDS:
            raise Refused("RESOURCE_NOT_EXISTS", "退款单不存在", 404)
        if known["status"] in ("SUCCESS", "CLOSED"):
            raise Refused("INVALID_REQUEST", "退款单已结束", 409)
        end(db, known, status, now)
    ledger.due.set()


def end(db: sqlite3.Connection, known: sqlite3.Row, status: str, now: float) -> None:
    """A refund reaches its end, and the merchant is told."""
    db.execute(
        "UPDATE refunds SET status = ?, ended_at = ?, due_at = NULL WHERE out_refund_no = ?",
        (status, now, known["out_refund_no"]),
    )
    order = find_order(db, known["out_trade_no"])
    if not order or not known["notify_url"]:
        return
    resource = identity(order, known) | {"mchid": order.mchid, "refund_status": status}
    ended = {"success_time": rfc3339(now)} if status == "SUCCESS" else {}
    row = {"kind": "refund", "event_type": f"REFUND.{status}", "url": known["notify_url"]}
    numbers = {"out_trade_no": order.out_trade_no, "out_refund_no": known["out_refund_no"]}
    deliveries.book(db, row | numbers, resource | ended | {"amount": amount(order, known)}, now)


REFUNDS = "/v3/refund/domestic/refunds"
routes = [
    Route(REFUNDS, refund, methods=["POST"], name="refund"),
    Route(REFUNDS + "/{out_refund_no}", query_refund, methods=["GET"], name="query_refund"),
    Route(
        REFUNDS + "/{refund_id}/apply-abnormal-refund",
        abnormal_refund,
        methods=["POST"],
        name="abnormal_refund",
    ),
]
