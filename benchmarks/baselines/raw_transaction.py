"""The floor of a transaction: an order's statements by bare mysqlclient, with and without an event's."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

import MySQLdb

from benchmarks.baselines.order_statements import submit

STREAM, KIND = "store:raw", "order.submitted"


def connect(port: int) -> Any:
    """A connection with the product's isolation level, committing only when told."""
    return MySQLdb.connect(
        host="127.0.0.1",
        port=port,
        user="kaifan",
        database="kaifan",
        charset="utf8mb4",
        init_command="SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
    )


def record(cursor: Any, no: str, card: dict[str, Any]) -> None:
    """Advance the counter row, last of all, and insert the event."""
    tag = random.getrandbits(32)
    cursor.execute(
        "UPDATE hub_stream SET seq = LAST_INSERT_ID(seq + 1), tag = %s WHERE `key` = %s", (tag, STREAM)
    )
    cursor.execute(
        "INSERT INTO hub_event (stream_id, seq, `key`, version, kind, tag, actor, at, body)"
        " VALUES (%s, %s, %s, 1, %s, %s, 'bench', NOW(6), %s)",
        (STREAM, cursor.lastrowid, f"order:{no}", KIND, tag, json.dumps(card)),
    )


def worker(port: int, card: dict[str, Any] | None) -> Callable[[], None]:
    """A function that runs one transaction on its own connection; with an event where a card is given."""
    connection = connect(port)

    def once() -> None:
        cursor = connection.cursor()
        no = submit(cursor)
        if card is not None:
            record(cursor, no, card)
        connection.commit()

    return once
