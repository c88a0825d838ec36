"""Pickup numbers: one counter row per store and business day, moved just before the stream rows."""

from datetime import date

from django.db import connection

from hub.transactions import Lock, Transaction
from ordering.restaurant.models import Store

PER_LETTER = 999
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"


def take(tx: Transaction, store: Store, day: date) -> str:
    """The next number of the store's day: A001 … A999, B001 …"""
    tx.reach(Lock.PICKUP)
    return written(_next(store.pk, day))


def written(number: int) -> str:
    """1 as A001, 1000 as B001; the letters come round again after the last."""
    letter, rest = divmod(number - 1, PER_LETTER)
    return f"{LETTERS[letter % len(LETTERS)]}{rest + 1:03d}"


def _next(store_id: int, day: date) -> int:
    with connection.cursor() as cursor:
        if connection.vendor == "mysql":
            # LAST_INSERT_ID(expr) hands the new number back with the statement's own reply; a new row
            # (one row affected instead of two) would hand back its id.
            cursor.execute(
                "INSERT INTO orders_pickupcounter (store_id, day, last) VALUES (%s, %s, 1)"
                " ON DUPLICATE KEY UPDATE last = LAST_INSERT_ID(last + 1)",
                [store_id, day],
            )
            return 1 if cursor.rowcount == 1 else int(cursor.lastrowid or 0)
        cursor.execute(
            "INSERT INTO orders_pickupcounter (store_id, day, last) VALUES (%s, %s, 1)"
            " ON CONFLICT (store_id, day) DO UPDATE SET last = last + 1 RETURNING last",
            [store_id, connection.ops.adapt_datefield_value(day)],
        )
        return int(cursor.fetchone()[0])
