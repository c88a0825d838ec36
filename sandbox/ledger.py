"""The gateway's own books in one SQLite file: orders, refunds, callbacks to deliver; kept over restarts."""

import secrets
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sandbox import deliveries
from sandbox.errors import Refused
from sandbox.moments import china
from sandbox.prepays import PAID, Prepay, Transaction
from sandbox.schema import TABLES

__all__ = ["Ledger", "Prepay", "Refused", "Transaction"]

FILE = "ledger.sqlite3"
BUSY_SECONDS = 20


class Ledger:
    """Books in ``folder``; ``speed`` divides the gateway's own waits. Any thread may call anything.

    Connections are lent from a stack, because opening one costs more than most statements. Several
    processes may share the folder. ``due`` is set when something became due in this process.
    """

    def __init__(self, folder: Path, *, speed: float = 1.0):
        self.folder, self.speed, self.due = Path(folder), speed, threading.Event()
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.path = self.folder / FILE
        self._idle: list[sqlite3.Connection] = []
        with self._open() as connection:
            connection.execute("PRAGMA journal_mode=WAL")
        self.ensure(TABLES)

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = self._new()
        try:
            yield connection
        finally:
            connection.rollback()
            self._idle.append(connection)

    def _new(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA synchronous=NORMAL")
        return connection

    def close(self) -> None:
        """Let go of the file; it opens again when it is needed."""
        while self._idle:
            self._idle.pop().close()

    def ensure(self, schema: str) -> None:
        """Create what is missing: statements of `CREATE … IF NOT EXISTS`."""
        with self._open() as connection:
            connection.executescript(f"BEGIN IMMEDIATE; {schema}; COMMIT;")

    @contextmanager
    def connect(self) -> Iterator[sqlite3.Connection]:
        """A write transaction: committed at the end of the block, rolled back when it raises."""
        with self._open() as connection:
            connection.execute("BEGIN IMMEDIATE")
            yield connection
            # a script inside the block has committed by itself
            connection.commit()

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """One consistent look, without the write lock."""
        with self._open() as connection:
            connection.execute("BEGIN")
            yield connection

    # Settings and the clock

    def setting(self, name: str, default: str = "") -> str:
        """A value set by the control side."""
        with self.read() as db:
            return read_setting(db, name, default)

    def set_setting(self, name: str, value: str) -> None:
        """Keep a value, over restarts too."""
        with self.connect() as db:
            db.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", (name, value))

    def now(self) -> float:
        """The emulator's clock: seconds since 1970, its skew included."""
        return time.time() + float(self.setting("skew", "0"))

    # Orders

    def prepays(self, state: str | None = None) -> list[Prepay]:
        """Orders, newest first; of one state if named."""
        with self.read() as db:
            rows = db.execute(
                "SELECT * FROM prepays WHERE ? IS NULL OR state = ? ORDER BY created_at DESC, rowid DESC",
                (state, state),
            )
            return [Prepay.of(row) for row in rows]

    def prepay(self, prepay_id: str) -> Prepay:
        """One order; raises Refused (404) when there is none."""
        with self.read() as db:
            return find_prepay(db, prepay_id)

    def pay(
        self, prepay_id: str, openid: str | None = None, *, payer_total_fen: int | None = None
    ) -> Transaction:
        """The guest pays: money moves once, the callback is booked with it.

        ``openid`` must be the payer's if given; ``payer_total_fen`` is less than the total when WeChat's
        own coupon pays the rest. Raises Refused: ORDERPAID, ORDER_CLOSED, TIME_EXPIRED, OPENID_MISMATCH.
        """
        now = self.now()
        with self.connect() as db:
            order = find_prepay(db, prepay_id)
            check_payable(order, now, openid)
            payer_total = order.total_fen if payer_total_fen is None else payer_total_fen
            if not 0 <= payer_total <= order.total_fen:
                raise Refused("PARAM_ERROR", "用户支付金额不正确")
            paid = book_payment(db, order, payer_total, now)
            deliveries.book_payment(db, paid, now)
        self.due.set()
        return paid.transaction()

    def cancel(self, prepay_id: str) -> Prepay:
        """The guest leaves the cashier without paying; the order stays NOTPAY."""
        with self.connect() as db:
            find_prepay(db, prepay_id)
            db.execute("UPDATE prepays SET cancelled_at = ? WHERE prepay_id = ?", (time.time(), prepay_id))
            return find_prepay(db, prepay_id)


def read_setting(db: sqlite3.Connection, name: str, default: str = "") -> str:
    """A setting, in a transaction that is already open."""
    row = db.execute("SELECT value FROM settings WHERE name = ?", (name,)).fetchone()
    return row["value"] if row else default


def find_prepay(db: sqlite3.Connection, prepay_id: str) -> Prepay:
    """The order of a prepay_id; raises Refused (404)."""
    row = db.execute("SELECT * FROM prepays WHERE prepay_id = ?", (prepay_id,)).fetchone()
    if row is None:
        raise Refused("ORDER_NOT_EXIST", "订单不存在", 404)
    return Prepay.of(row)


def find_order(db: sqlite3.Connection, out_trade_no: str) -> Prepay | None:
    """The order of a merchant's number."""
    row = db.execute("SELECT * FROM prepays WHERE out_trade_no = ?", (out_trade_no,)).fetchone()
    return Prepay.of(row) if row else None


def check_payable(order: Prepay, now: float, openid: str | None) -> None:
    """Raise Refused unless this person can pay this order now."""
    if order.state in PAID:
        raise Refused("ORDERPAID", "该订单已支付")
    if order.state == "CLOSED":
        raise Refused("ORDER_CLOSED", "该订单已关闭")
    if not order.payable(now):
        raise Refused("TIME_EXPIRED", "订单已过期，请重新下单")
    if openid is not None and openid != order.openid:
        raise Refused("OPENID_MISMATCH", "支付者与下单用户不一致", 403)


def book_payment(db: sqlite3.Connection, order: Prepay, payer_total_fen: int, now: float) -> Prepay:
    """Move the money."""
    db.execute(
        "UPDATE prepays SET state = 'SUCCESS', transaction_id = ?, payer_total_fen = ?, paid_at = ?,"
        " paid_times = paid_times + 1 WHERE out_trade_no = ?",
        (number("4200", now), payer_total_fen, now, order.out_trade_no),
    )
    return find_prepay(db, order.prepay_id)


def number(prefix: str, now: float) -> str:
    """One of WeChat's own 28-digit numbers."""
    digits = 20 - len(prefix)
    return f"{prefix}{china(now):%Y%m%d}{secrets.randbelow(10**digits):0{digits}d}"
