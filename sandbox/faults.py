"""Fault switches: rows that wait for their moment and are used up by it."""

import json
import sqlite3
from dataclasses import dataclass
from typing import Any

# What happens to an answer.
ANSWER = (
    "delay", "429", "500", "reset", "drop_answer", "unsigned", "bad_signature", "html_502", "hang", "refuse",
)  # fmt: skip
# What happens to a notification when it is booked.
CALLBACK = (
    "callback_lost", "callback_duplicate", "callback_reorder", "callback_signtest", "callback_old_timestamp",
    "callback_wrong",
)  # fmt: skip
# What happens inside prepay, and to a refund.
INSIDE = ("callback_before_answer",)
REFUND = ("refund_abnormal", "refund_closed", "refund_slow", "refund_not_enough")
# What api.weixin.qq.com says when it is busy: errcode -1.
API = ("busy",)
NAMES = ANSWER + CALLBACK + INSIDE + REFUND + API


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault that strikes now; ``options`` as they were ordered."""

    name: str
    options: dict[str, Any]


def plant(db: sqlite3.Connection, order: dict[str, Any]) -> None:
    """Order a fault: ``{"name", "route"?, "times"? (1; -1 until cleared), "match"?, options…}``.

    ``match`` is a text that path, body or numbers must hold. ValueError when the name or times is none.
    """
    options = dict(order)
    name, route, times = options.pop("name", None), options.pop("route", None), options.pop("times", 1)
    if name not in NAMES or type(times) is not int or times == 0 or times < -1:
        raise ValueError(f"unknown fault {name!r} or times {times!r}")
    row = (name, route, times, json.dumps(options))
    db.execute("INSERT INTO faults (name, route, times, options) VALUES (?, ?, ?, ?)", row)


def take(
    db: sqlite3.Connection, names: tuple[str, ...], *, route: str | None = None, text: str = ""
) -> Fault | None:
    """The first waiting fault of those names for this route and text, used up once; None when none waits."""
    for row in db.execute("SELECT * FROM faults ORDER BY id").fetchall():
        options = json.loads(row["options"])
        if row["name"] not in names or row["route"] not in (None, route):
            continue
        if options.get("match", "") not in text:
            continue
        db.execute("UPDATE faults SET times = times - 1 WHERE id = ? AND times > 0", (row["id"],))
        db.execute("DELETE FROM faults WHERE times = 0")
        return Fault(row["name"], options)
    return None
