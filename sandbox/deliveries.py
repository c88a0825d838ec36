"""Callbacks waiting in the ledger: booked with the fact they tell, in one transaction."""

import json
import sqlite3
import time
import uuid
from typing import Any

from sandbox import faults
from sandbox.prepays import Prepay

SUMMARIES = {
    "TRANSACTION.SUCCESS": "支付成功",
    "REFUND.SUCCESS": "退款成功",
    "REFUND.ABNORMAL": "退款异常",
    "REFUND.CLOSED": "退款关闭",
}
# Longest that a reordered callback waits for the one that shall overtake it, seconds.
HELD_SECONDS = 10.0
WRONG = {"appid": "wx0000000000000000", "mchid": "1999999999", "currency": "USD"}


def compact(value: Any) -> str:
    """JSON as WeChat writes it: no spaces, raw Chinese."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def book_payment(db: sqlite3.Connection, paid: Prepay, now: float) -> None:
    """The callback of a payment."""
    row = {"kind": "transaction", "event_type": "TRANSACTION.SUCCESS", "out_trade_no": paid.out_trade_no}
    book(db, row | {"url": paid.notify_url, "out_refund_no": ""}, paid.wire(), now)


def book(db: sqlite3.Connection, row: dict[str, Any], resource: dict[str, Any], now: float) -> None:
    """Book one notification; the callback faults that wait for one take effect here.

    ``now`` is the emulator's clock; when it is due goes by the real one, whatever the skew.
    """
    fault = faults.take(
        db, faults.CALLBACK, text=f"{row['kind']} {row['out_trade_no']} {row['out_refund_no']}"
    )
    name = fault.name if fault else ""
    if fault and name == "callback_wrong":
        resource = falsified(resource, fault.options)
    row = row | {
        "notify_id": str(uuid.uuid4()),
        "resource": compact(resource),
        "summary": SUMMARIES[row["event_type"]],
        "created_at": now,
    }
    if name == "callback_signtest":
        insert(db, row | {"form": "signtest"}, "waiting", time.time())
    copies = int(fault.options.get("copies", 2)) if fault and name == "callback_duplicate" else 1
    old = {"form": "old_timestamp"} if name == "callback_old_timestamp" else {}
    due = time.time() + (HELD_SECONDS if name == "callback_reorder" else 0)
    when = None if name == "callback_lost" else due
    state = {"callback_lost": "lost", "callback_reorder": "held"}.get(name, "waiting")
    for _ in range(copies):
        insert(db, row | old, state, when)


def insert(db: sqlite3.Connection, row: dict[str, Any], state: str, due: float | None) -> None:
    """One delivery; without ``due`` nobody carries it by himself."""
    values = {"form": ""} | row | {"state": state, "due_at": due}
    names = ", ".join(values)
    marks = ", ".join(f":{name}" for name in values)
    db.execute(f"INSERT INTO deliveries ({names}) VALUES ({marks})", values)


def release(db: sqlite3.Connection, overtaker: int) -> None:
    """A later callback has arrived: what was held for it follows."""
    now = time.time()
    db.execute(
        "UPDATE deliveries SET state = 'waiting', due_at = ? WHERE state = 'held' AND id < ?",
        (now, overtaker),
    )


def falsified(resource: dict[str, Any], options: dict[str, Any]) -> dict[str, Any]:
    """A callback about another amount, currency, app or merchant than the order's."""
    field = options.get("field", "amount")
    if field in ("appid", "mchid"):
        return resource | {field: options.get("value", WRONG[field])}
    amount = dict(resource["amount"])
    key = "currency" if field == "currency" else "total"
    wrong = WRONG["currency"] if key == "currency" else amount["total"] + 1
    return resource | {"amount": amount | {key: options.get("value", wrong)}}
