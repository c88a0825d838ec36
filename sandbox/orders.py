"""Orders: prepay for mini programs, query by both numbers, close."""

import hashlib
import json
import secrets
import sqlite3
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox import faults, rules
from sandbox.errors import Refused
from sandbox.keys import Keys
from sandbox.ledger import Ledger, find_order
from sandbox.moments import china
from sandbox.prepays import LIFE_SECONDS, PAID, PREPAY_SECONDS, Prepay
from sandbox.web import body, parsed, pay_call, told

ORDER = "/v3/pay/transactions/out-trade-no/{out_trade_no}"
CLOSE_OLD = "UPDATE prepays SET state = 'CLOSED' WHERE state = 'NOTPAY' AND created_at < ?"


@pay_call
def prepay(request: Request) -> Response:
    """Open an order, or tell its prepay_id again to exactly the same request."""
    state = request.app.state
    asked = parsed(request)
    rules.check_prepay(asked, state.keys.app_id, state.keys.mchid)
    ledger: Ledger = state.ledger
    now = ledger.now()
    with ledger.connect() as db:
        note_body(db, asked["out_trade_no"], body(request))
    with ledger.connect() as db:
        order = opened(db, asked, now)
        early = faults.take(db, faults.INSIDE, text=order.out_trade_no)
    if early:
        ledger.pay(order.prepay_id)
        state.postman.deliver_now(order.out_trade_no)
    return told({"prepay_id": order.prepay_id})


def note_body(db: sqlite3.Connection, out_trade_no: str, raw: bytes) -> None:
    """Remember how many different requests came for a number."""
    digest = hashlib.sha256(raw).hexdigest()
    db.execute("INSERT OR IGNORE INTO prepay_bodies VALUES (?, ?)", (out_trade_no, digest))
    db.execute("UPDATE prepays SET prepay_calls = prepay_calls + 1 WHERE out_trade_no = ?", (out_trade_no,))


def opened(db: sqlite3.Connection, asked: dict[str, Any], now: float) -> Prepay:
    """The order of this request, new or known; raises Refused when the number cannot be used."""
    frozen = json.dumps(asked, sort_keys=True)
    known = current(db, asked["out_trade_no"], now)
    if known is None:
        insert(db, asked, frozen, now)
    else:
        check_again(known, frozen, now)
        if now > known.issued_at + PREPAY_SECONDS:
            row = (new_prepay_id(now), now, known.out_trade_no)
            db.execute("UPDATE prepays SET prepay_id = ?, issued_at = ? WHERE out_trade_no = ?", row)
    order = find_order(db, asked["out_trade_no"])
    assert order
    return order


def check_again(known: Prepay, frozen: str, now: float) -> None:
    """Raise Refused unless a number may come once more: unpaid, open, in time, word for word the same."""
    if known.state in PAID:
        raise Refused("ORDERPAID", "该订单已支付")
    if known.state == "CLOSED" and frozen != known.frozen:
        raise Refused("INVALID_REQUEST", "201 商户订单号重复", detail=268498688)
    if known.state == "CLOSED":
        raise Refused("ORDER_CLOSED", "201 商户订单号重复：该订单已关闭")
    if frozen != known.frozen:
        raise Refused("INVALID_REQUEST", "请求重入时，参数与首次请求时不一致", detail=268498688)
    if known.expires_at is not None and now > known.expires_at:
        raise Refused("INVALID_REQUEST", "订单已过期，请使用新的商户订单号下单")


def insert(db: sqlite3.Connection, asked: dict[str, Any], frozen: str, now: float) -> None:
    """A new order."""
    expires = rules.expiry(asked)
    if expires is not None and now > expires:
        raise Refused("PARAM_ERROR", "time_expire必须晚于当前时间")
    row = {
        "out_trade_no": asked["out_trade_no"],
        "prepay_id": new_prepay_id(now),
        "appid": asked["appid"],
        "mchid": asked["mchid"],
        "openid": asked["payer"]["openid"],
        "description": asked["description"],
        "attach": asked.get("attach", ""),
        "notify_url": asked["notify_url"],
        "total_fen": asked["amount"]["total"],
        "currency": asked["amount"].get("currency", "CNY"),
        "frozen": frozen,
        "created_at": now,
        "issued_at": now,
        "expires_at": expires,
        "prepay_calls": 1,
    }
    names, marks = ", ".join(row), ", ".join(f":{name}" for name in row)
    db.execute(f"INSERT INTO prepays ({names}) VALUES ({marks})", row)


def new_prepay_id(now: float) -> str:
    """In WeChat's form, 36 characters."""
    return f"wx{china(now):%d%H%M%S}{secrets.token_hex(13)}"


def current(db: sqlite3.Connection, out_trade_no: str, now: float) -> Prepay | None:
    """An order by the merchant's number; unpaid ones close by themselves after seven days."""
    db.execute(CLOSE_OLD + " AND out_trade_no = ?", (now - LIFE_SECONDS, out_trade_no))
    return find_order(db, out_trade_no)


def check_mchid(request: Request, keys: Keys) -> None:
    if request.query_params.get("mchid") != keys.mchid:
        raise Refused("PARAM_ERROR", "mchid缺失或与签名商户不一致")


@pay_call
def query(request: Request) -> Response:
    """The facts of an order by the merchant's number."""
    ledger: Ledger = request.app.state.ledger
    check_mchid(request, request.app.state.keys)
    with ledger.connect() as db:
        return known_or_refused(current(db, request.path_params["out_trade_no"], ledger.now()))


@pay_call
def query_by_id(request: Request) -> Response:
    """The facts of an order by WeChat's number."""
    check_mchid(request, request.app.state.keys)
    sql = "SELECT * FROM prepays WHERE transaction_id = ?"
    with request.app.state.ledger.read() as db:
        row = db.execute(sql, (request.path_params["transaction_id"],)).fetchone()
    return known_or_refused(Prepay.of(row) if row else None)


def known_or_refused(order: Prepay | None) -> Response:
    if order is None:
        raise Refused("ORDER_NOT_EXIST", "订单不存在", 404)
    return told(order.wire())


@pay_call
def close(request: Request) -> Response:
    """Make an order unpayable; again and again if need be."""
    state, out_trade_no = request.app.state, request.path_params["out_trade_no"]
    if parsed(request) != {"mchid": state.keys.mchid}:
        raise Refused("PARAM_ERROR", "mchid缺失或与签名商户不一致")
    with state.ledger.connect() as db:
        order = find_order(db, out_trade_no)
        if order is None:
            raise Refused("ORDER_NOT_EXIST", "订单不存在", 404)
        if order.state in PAID:
            raise Refused("ORDERPAID", "该订单已支付")
        db.execute("UPDATE prepays SET state = 'CLOSED' WHERE out_trade_no = ?", (out_trade_no,))
    return Response(status_code=204)


routes = [
    Route("/v3/pay/transactions/jsapi", prepay, methods=["POST"], name="prepay"),
    Route(ORDER, query, methods=["GET"], name="query"),
    Route("/v3/pay/transactions/id/{transaction_id}", query_by_id, methods=["GET"], name="query"),
    Route(ORDER + "/close", close, methods=["POST"], name="close"),
]
