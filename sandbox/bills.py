"""Bills: a past day's trades and account flow as WeChat's CSV files, with differences planted for tests."""

import gzip
import hashlib
import json
import secrets
import sqlite3
from datetime import date
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox import csvfiles
from sandbox.errors import Refused
from sandbox.ledger import Ledger, find_order
from sandbox.moments import china, seconds
from sandbox.web import base, pay_call, told

KEPT_DAYS = 92
TYPES = {"ALL": ("SUCCESS", "REFUND"), "SUCCESS": ("SUCCESS",), "REFUND": ("REFUND",)}
ACCOUNTS = ("BASIC", "OPERATION", "FEES")


@pay_call
def trade_bill(request: Request) -> Response:
    """Prepare a day's trade bill and tell where it lies."""
    ledger: Ledger = request.app.state.ledger
    kind = request.query_params.get("bill_type", "ALL")
    if kind not in TYPES:
        raise Refused("PARAM_ERROR", "bill_type不正确")
    day = asked_day(request)
    with ledger.connect() as db:
        rows = [row for row in trades(db, day, plants(db, day)) if row["state"] in TYPES[kind]]
        return offered(request, db, day, csvfiles.trade_file(rows) if rows else None)


@pay_call
def fund_flow_bill(request: Request) -> Response:
    """Prepare a day's account flow and tell where it lies."""
    ledger: Ledger = request.app.state.ledger
    account = request.query_params.get("account_type", "BASIC")
    if account not in ACCOUNTS:
        raise Refused("PARAM_ERROR", "account_type不正确")
    day = asked_day(request)
    with ledger.connect() as db:
        rows = trades(db, day, plants(db, day)) if account == "BASIC" else []
        return offered(request, db, day, csvfiles.flow_file(rows) if rows else None)


def asked_day(request: Request) -> date:
    """`bill_date`: a day that is over, in the last three months; raises Refused."""
    ledger: Ledger = request.app.state.ledger
    try:
        day = date.fromisoformat(request.query_params.get("bill_date", ""))
    except ValueError:
        raise Refused("PARAM_ERROR", "bill_date格式应为yyyy-MM-dd") from None
    age = (china(ledger.now()).date() - day).days
    first = 0 if ledger.setting("bill_today") else 1
    if age < first or age > KEPT_DAYS:
        raise Refused("INVALID_REQUEST", "账单日期不在可下载的范围内，请检查bill_date")
    return day


def offered(request: Request, db: sqlite3.Connection, day: date, file: bytes | None) -> Response:
    """Keep the file under a token; its SHA1 is of the file before packing."""
    if file is None:
        raise Refused("NO_STATEMENT_EXIST", "账单文件不存在")
    packed = request.query_params.get("tar_type") == "GZIP"
    token = secrets.token_urlsafe(32)
    content = gzip.compress(file) if packed else file
    db.execute("INSERT INTO bills VALUES (?, ?, ?)", (token, packed, content))
    digest = hashlib.sha1(file).hexdigest()
    if any(plant["kind"] == "wrong_hash" for plant in plants(db, day)):
        digest = hashlib.sha1(file + b"?").hexdigest()
    url = f"{base(request)}/v3/billdownload/file?token={token}"
    url += "&tartype=gzip" if packed else ""
    return told({"hash_type": "SHA1", "hash_value": digest, "download_url": url})


@pay_call
def download(request: Request) -> Response:
    """The file itself, as bytes; its answer carries no signature."""
    sql = "SELECT content FROM bills WHERE token = ?"
    with request.app.state.ledger.read() as db:
        row = db.execute(sql, (request.query_params.get("token", ""),)).fetchone()
    if row is None:
        raise Refused("NO_STATEMENT_EXIST", "账单文件不存在")
    return Response(row["content"], media_type="application/octet-stream")


# What the day holds


def day_bounds(day: date) -> tuple[float, float]:
    """The day in China, as seconds since 1970: from, to."""
    begin = seconds(f"{day.isoformat()}T00:00:00+08:00")
    return begin, begin + 24 * 3600


def trades(db: sqlite3.Connection, day: date, planted: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Payments and refunds of a day by time, differences planted; money in fen."""
    bounds = day_bounds(day)
    paid = db.execute("SELECT * FROM prepays WHERE paid_at >= ? AND paid_at < ?", bounds).fetchall()
    back = db.execute("SELECT * FROM refunds WHERE created_at >= ? AND created_at < ?", bounds).fetchall()
    rows = [payment_row(row) for row in paid] + [refund_row(db, row) for row in back]
    for plant in planted:
        rows = with_difference(rows, plant, bounds[0])
    return sorted(rows, key=lambda row: row["at"])


def payment_row(row: sqlite3.Row) -> dict[str, Any]:
    names = ("appid", "mchid", "out_trade_no", "transaction_id", "openid", "description", "attach")
    facts = {name: row[name] for name in names}
    money = {"total_fen": row["total_fen"], "settled_fen": row["total_fen"], "refund_fen": 0}
    return facts | money | {"at": row["paid_at"], "state": "SUCCESS", "refund_id": "", "out_refund_no": ""}


def refund_row(db: sqlite3.Connection, row: sqlite3.Row) -> dict[str, Any]:
    order = find_order(db, row["out_trade_no"])
    assert order
    names = ("appid", "mchid", "out_trade_no", "transaction_id", "openid", "description", "attach")
    facts = {name: getattr(order, name) for name in names}
    numbers = {"refund_id": row["refund_id"], "out_refund_no": row["out_refund_no"]}
    money = {"total_fen": 0, "settled_fen": 0, "refund_fen": row["amount_fen"]}
    return facts | numbers | money | {"at": row["created_at"], "state": "REFUND", "status": row["status"]}


def plants(db: sqlite3.Connection, day: date) -> list[dict[str, Any]]:
    """Differences ordered for this day or for any."""
    rows = [json.loads(row["plant"]) for row in db.execute("SELECT plant FROM plants ORDER BY id")]
    return [row for row in rows if row.get("bill_date", day.isoformat()) == day.isoformat()]


def with_difference(rows: list[dict[str, Any]], plant: dict[str, Any], begin: float) -> list[dict[str, Any]]:
    """A row left out (``missing``), invented (``extra``) or with another amount (``different``).

    ``out_refund_no`` names a refund, else ``out_trade_no`` a payment; ``amount_fen`` is the amount told.
    """
    kind, state = plant["kind"], "REFUND" if plant.get("out_refund_no") else "SUCCESS"
    key = "out_refund_no" if state == "REFUND" else "out_trade_no"
    if kind == "extra":
        return [*rows, invented(plant, state, begin)]
    if kind not in ("missing", "different"):
        return rows
    ours = [row for row in rows if row["state"] == state and row[key] == plant.get(key)]
    others = [row for row in rows if row not in ours]
    if kind == "missing":
        return others
    fen = plant["amount_fen"]
    money = {"refund_fen": fen} if state == "REFUND" else {"total_fen": fen, "settled_fen": fen}
    return others + [row | money for row in ours]


def invented(plant: dict[str, Any], state: str, begin: float) -> dict[str, Any]:
    """A trade nobody made, at noon of the day."""
    fen, back = int(plant.get("amount_fen", 100)), state == "REFUND"
    return {
        "at": begin + 12 * 3600,
        "state": state,
        "status": "SUCCESS",
        "appid": plant.get("appid", "wx0000000000000000"),
        "mchid": plant.get("mchid", "1900000000"),
        "out_trade_no": plant.get("out_trade_no", "EXTRA" + secrets.token_hex(6)),
        "transaction_id": plant.get("transaction_id", "42" + f"{secrets.randbelow(10**26):026d}"),
        "openid": plant.get("openid", "oExtra"),
        "description": "外来交易",
        "attach": "",
        "out_refund_no": plant.get("out_refund_no", ""),
        "refund_id": "50" + f"{secrets.randbelow(10**26):026d}" if back else "",
        "refund_fen": fen if back else 0,
        "total_fen": 0 if back else fen,
        "settled_fen": 0 if back else fen,
    }


routes = [
    Route("/v3/bill/tradebill", trade_bill, methods=["GET"], name="bill"),
    Route("/v3/bill/fundflowbill", fund_flow_bill, methods=["GET"], name="bill"),
    Route("/v3/billdownload/file", download, methods=["GET"], name="bill_download"),
]
