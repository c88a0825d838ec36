"""The row work of an order of three lines, as SQL: what a submit reads, locks and writes, without any event.

Both sides of B11 run exactly this: raw mysqlclient by its cursor, ours by Django's inside the product's door.
"""

from __future__ import annotations

import random
import secrets
from typing import Any

DISHES, LINES = 100, 3
TABLES = (
    "CREATE TABLE bench_store (id INT PRIMARY KEY, code VARCHAR(32) UNIQUE, is_open BOOL)",
    "CREATE TABLE bench_dish (id INT PRIMARY KEY, store_id INT, name VARCHAR(64), price_fen INT,"
    " remaining INT, station VARCHAR(32))",
    "CREATE TABLE bench_key (scope VARCHAR(150), `key` VARCHAR(64), fingerprint CHAR(64), status INT,"
    " body TEXT, PRIMARY KEY (scope, `key`))",
    "CREATE TABLE bench_order (id BIGINT AUTO_INCREMENT PRIMARY KEY, no CHAR(26) UNIQUE, store_id INT,"
    " kind VARCHAR(8), status VARCHAR(16), version INT, subtotal_fen INT, total_fen INT, remark VARCHAR(200),"
    " submitted_at DATETIME(6), KEY (store_id, status, id))",
    "CREATE TABLE bench_batch (id BIGINT AUTO_INCREMENT PRIMARY KEY, order_id BIGINT, number INT,"
    " sent_by VARCHAR(48), UNIQUE (order_id, number))",
    "CREATE TABLE bench_line (id BIGINT AUTO_INCREMENT PRIMARY KEY, order_id BIGINT, batch_id BIGINT,"
    " dish_id INT, name VARCHAR(64), options TEXT, quantity INT, amount_fen INT, station VARCHAR(32),"
    " state VARCHAR(8), KEY (order_id), KEY (batch_id))",
    "INSERT INTO bench_store VALUES (1, 'bench', 1)",
)


def create(cursor: Any) -> None:
    """The tables, one store, and dishes that never run out."""
    for statement in TABLES:
        cursor.execute(statement)
    rows = [(number, 1, f"菜 {number}", 1800, 10**9, "wok") for number in range(1, DISHES + 1)]
    cursor.executemany("INSERT INTO bench_dish VALUES (%s, %s, %s, %s, %s, %s)", rows)


def submit(cursor: Any) -> str:
    """Write one order: nine statements, stock before lines and sorted by id; returns its number."""
    no, key = secrets.token_hex(13), secrets.token_hex(16)
    wanted = sorted(random.sample(range(1, DISHES + 1), LINES))
    cursor.execute("INSERT INTO bench_key VALUES ('user:1', %s, %s, 0, '')", (key, "f" * 64))
    cursor.execute("SELECT id, is_open FROM bench_store WHERE code = 'bench'")
    cursor.execute("SELECT id, name, price_fen, station FROM bench_dish WHERE id IN (%s, %s, %s)", wanted)
    dishes = cursor.fetchall()
    take = "UPDATE bench_dish SET remaining = remaining - 1 WHERE id IN (%s, %s, %s) AND remaining >= 1"
    cursor.execute(take, wanted)
    total = sum(dish[2] for dish in dishes)
    cursor.execute(
        "INSERT INTO bench_order (no, store_id, kind, status, version, subtotal_fen, total_fen, remark,"
        " submitted_at) VALUES (%s, 1, 'pickup', 'placed', 1, %s, %s, '', NOW(6))",
        (no, total, total),
    )
    order = cursor.lastrowid
    cursor.execute("INSERT INTO bench_batch (order_id, number, sent_by) VALUES (%s, 1, 'diner:1')", (order,))
    insert_lines(cursor, order, cursor.lastrowid, dishes)
    cursor.execute(
        "UPDATE bench_key SET status = 201, body = %s WHERE scope = 'user:1' AND `key` = %s", ("{}", key)
    )
    return no


def insert_lines(cursor: Any, order: int, batch: int, dishes: Any) -> None:
    """All lines by one statement."""
    values = [
        cell for id, name, price, station in dishes for cell in (order, batch, id, name, price, station)
    ]
    marks = ", ".join(["(%s, %s, %s, %s, '[]', 1, %s, %s, 'queued')"] * len(dishes))
    columns = "order_id, batch_id, dish_id, name, options, quantity, amount_fen, station, state"
    cursor.execute(f"INSERT INTO bench_line ({columns}) VALUES {marks}", values)
