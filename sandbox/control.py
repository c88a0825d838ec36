"""The control side, for tests and demonstrations: faults, the ledger, trust, the clock, callbacks, bills."""

import json
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import wraps
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox import deliveries, faults, refunds
from sandbox.errors import Refused
from sandbox.ledger import Ledger
from sandbox.signing import MODES
from sandbox.web import Endpoint, parsed, refused, told

MAX_COPIES = 1000
# Columns that belong to one delivery, not to its notification.
OF_ONE = ("id", "tries", "claimed_until")
DELIVERED = "SELECT * FROM deliveries WHERE out_trade_no = ? AND out_refund_no = ? AND form != 'signtest'"
ATTEMPTS = """
SELECT d.id AS delivery, d.notify_id, d.event_type, d.out_trade_no, d.out_refund_no, d.state, d.due_at,
    a.at, a.status, a.ms, a.problem, a.serial, a.form
FROM deliveries d LEFT JOIN attempts a ON a.delivery = d.id ORDER BY a.at IS NULL, a.at, d.id
"""
ORDERS = """
SELECT out_trade_no, state, total_fen, transaction_id, paid_times, prepay_id, openid, payer_total_fen,
    prepay_calls,
    (SELECT count(*) FROM prepay_bodies b WHERE b.out_trade_no = prepays.out_trade_no) AS bodies
FROM prepays ORDER BY created_at, rowid
"""
REFUNDS = """
SELECT out_refund_no, out_trade_no, amount_fen, status, calls, refund_id, reason, created_at
FROM refunds ORDER BY created_at, rowid
"""


def near(endpoint: Endpoint) -> Endpoint:
    """Refusals are told like everywhere else; the gate lets only this machine in."""

    @wraps(endpoint)
    def call(request: Request) -> Response:
        try:
            return endpoint(request)
        except Refused as refusal:
            return refused(refusal)

    return call


def ledger_of(request: Request) -> Ledger:
    ledger: Ledger = request.app.state.ledger
    return ledger


@near
def client(request: Request) -> Response:
    """The merchant's side of the keys, as the product's configuration needs them."""
    return told(request.app.state.keys.client)


@near
def set_fault(request: Request) -> Response:
    """Order a fault: ``{"name", "route"?, "times"?, "match"?, …}``."""
    with ledger_of(request).connect() as db:
        try:
            faults.plant(db, parsed(request))
        except ValueError as problem:
            raise Refused("PARAM_ERROR", str(problem)) from None
    return Response(status_code=204)


@near
def clear_faults(request: Request) -> Response:
    """Cancel all ordered faults."""
    with ledger_of(request).connect() as db:
        db.execute("DELETE FROM faults")
    return Response(status_code=204)


@near
def list_faults(request: Request) -> Response:
    """Faults that still wait."""
    with ledger_of(request).read() as db:
        rows = db.execute("SELECT name, route, times, options FROM faults ORDER BY id").fetchall()
    return told({"faults": [dict(row) | {"options": json.loads(row["options"])} for row in rows]})


@near
def show_ledger(request: Request) -> Response:
    """The money and the calls: what the product's books must agree with."""
    with ledger_of(request).read() as db:
        orders, back = dicts(db, ORDERS), dicts(db, REFUNDS)
        calls = {row["route"]: row["number"] for row in db.execute("SELECT * FROM calls")}
        peers = db.execute("SELECT count(*) FROM peers").fetchone()[0]
    answer = {
        "paid_fen": sum(row["total_fen"] * row["paid_times"] for row in orders),
        "refunded_fen": sum(row["amount_fen"] for row in back if row["status"] == "SUCCESS"),
        "refunding_fen": sum(row["amount_fen"] for row in back if row["status"] == "PROCESSING"),
        "orders": orders,
        "refunds": back,
        "calls": calls,
        "connections": peers,
    }
    return told(answer)


def dicts(db: sqlite3.Connection, query: str) -> list[dict[str, Any]]:
    return [dict(row) for row in db.execute(query)]


@near
def set_trust(request: Request) -> Response:
    """``{"mode": "public_key"|"certificate"|"dual", "public_key_percent"?: 50}``."""
    asked = parsed(request)
    percent = asked.get("public_key_percent", 50)
    if asked.get("mode") not in MODES or type(percent) is not int or not 0 <= percent <= 100:
        raise Refused("PARAM_ERROR", "mode或public_key_percent不正确")
    ledger_of(request).set_setting("trust", asked["mode"])
    ledger_of(request).set_setting("public_key_percent", str(percent))
    return told({"mode": asked["mode"], "public_key_percent": percent})


@near
def rotate(request: Request) -> Response:
    """A new platform certificate signs from now on."""
    return told({"serial_no": request.app.state.keys.rotate()})


@near
def set_clock(request: Request) -> Response:
    """``{"skew": seconds}``: how far the emulator's clock is ahead of the real one."""
    skew = parsed(request).get("skew")
    if type(skew) not in (int, float):
        raise Refused("PARAM_ERROR", "skew必须为秒数")
    ledger_of(request).set_setting("skew", str(skew))
    return told({"skew": skew})


@near
def show_callbacks(request: Request) -> Response:
    """Every delivery with its tries, oldest first; one that was not tried yet has no status."""
    with ledger_of(request).read() as db:
        return told({"attempts": dicts(db, ATTEMPTS)})


@near
def deliver(request: Request) -> Response:
    """Deliver the callback of a payment or refund now, whatever became of it before; tells the answers.

    ``{"out_trade_no", "out_refund_no"?, "copies"?: 1, "threads"?: 8, "form"?: "signtest"|"old_timestamp",
    "wrong"?: {"field": …}}``; all copies are one notification, but each is signed by itself.
    """
    asked = parsed(request)
    copies, threads = int(asked.get("copies", 1)), int(asked.get("threads", 8))
    if not 1 <= copies <= MAX_COPIES or not 1 <= threads <= MAX_COPIES:
        raise Refused("PARAM_ERROR", "copies或threads不正确")
    rows = [copied(ledger_of(request), asked) for _ in range(copies)]
    with ThreadPoolExecutor(min(threads, copies)) as pool:
        tries = list(pool.map(request.app.state.postman.deliver, rows))
    return told({"attempts": [{"status": t.status, "ms": t.ms, "problem": t.problem} for t in tries]})


def copied(ledger: Ledger, asked: dict[str, Any]) -> sqlite3.Row:
    """One more delivery of a notification; it is not tried again by itself."""
    numbers = (asked.get("out_trade_no", ""), asked.get("out_refund_no", ""))
    with ledger.connect() as db:
        first = db.execute(DELIVERED + " ORDER BY id LIMIT 1", numbers).fetchone()
        if first is None:
            raise Refused("RESOURCE_NOT_EXISTS", "没有该单号的通知", 404)
        row = {name: value for name, value in dict(first).items() if name not in OF_ONE}
        if "wrong" in asked:
            wrong = deliveries.falsified(json.loads(row["resource"]), asked["wrong"])
            row["resource"] = deliveries.compact(wrong)
        deliveries.insert(db, row | {"form": asked.get("form", "")}, "once", None)
        made: sqlite3.Row = db.execute("SELECT * FROM deliveries WHERE id = last_insert_rowid()").fetchone()
    return made


@near
def decide_refund(request: Request) -> Response:
    """``{"status": "SUCCESS"|"ABNORMAL"|"CLOSED"}`` ends a slow refund."""
    number = request.path_params["out_refund_no"]
    refunds.decide(ledger_of(request), number, str(parsed(request).get("status")))
    return Response(status_code=204)


@near
def set_bills(request: Request) -> Response:
    """``{"plant": [{"kind": "missing"|"extra"|"different"|"wrong_hash", "out_trade_no"?, "out_refund_no"?,
    "amount_fen"?, "bill_date"?}], "today"?: true}`` replaces what was planted before.

    ``today`` lets a bill be fetched before its day is over.
    """
    asked = parsed(request)
    with ledger_of(request).connect() as db:
        db.execute("DELETE FROM plants")
        rows = [(json.dumps(plant),) for plant in asked.get("plant", [])]
        db.executemany("INSERT INTO plants (plant) VALUES (?)", rows)
        today = "1" if asked.get("today") else ""
        db.execute("INSERT OR REPLACE INTO settings VALUES ('bill_today', ?)", (today,))
    return Response(status_code=204)


def route(path: str, methods: dict[str, Callable[[Request], Response]]) -> list[Route]:
    return [Route(path, call, methods=[method], name="control") for method, call in methods.items()]


routes = [
    Route("/client.json", client, methods=["GET"], name="client"),
    *route("/control/faults/", {"GET": list_faults, "POST": set_fault, "DELETE": clear_faults}),
    *route("/control/ledger/", {"GET": show_ledger}),
    *route("/control/trust/", {"POST": set_trust}),
    *route("/control/rotate/", {"POST": rotate}),
    *route("/control/clock/", {"POST": set_clock}),
    *route("/control/callbacks/", {"GET": show_callbacks}),
    *route("/control/deliver/", {"POST": deliver}),
    *route("/control/refunds/{out_refund_no}/", {"POST": decide_refund}),
    *route("/control/bills/", {"POST": set_bills}),
]
