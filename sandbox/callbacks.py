"""Delivers callbacks as WeChat Pay does: signed afresh at each try, within 5 s, on its retry schedule."""

import http.client
import logging
import sqlite3
import threading
import time
from base64 import b64encode
from dataclasses import dataclass
from secrets import token_bytes
from typing import Any
from urllib.parse import urlsplit

from sandbox import refunds
from sandbox.deliveries import compact, release
from sandbox.ledger import Ledger
from sandbox.moments import rfc3339
from sandbox.signing import Signer, encrypt

logger = logging.getLogger("sandbox.callbacks")

# Seconds until the next try, after the first failed, the second failed … (divided by the speed).
SCHEDULE = (15, 15, 30, 180, 600, 1200, 1800, 1800, 1800, 3600, 10800, 10800, 10800, 21600, 21600)
TIMEOUT_SECONDS = 5.0
# A claimed delivery belongs to its process for this long; if that dies, another one tries again.
CLAIM_SECONDS = 15.0
# How often a process looks for what another process booked.
LOOK_SECONDS = 0.5
AT_ONCE = 32
OLD_SECONDS = 600.0
NEXT = """
SELECT min(moment) FROM (
    SELECT max(due_at, claimed_until) AS moment FROM deliveries WHERE due_at IS NOT NULL
    UNION ALL SELECT due_at FROM refunds WHERE due_at IS NOT NULL)
"""
DUE = "SELECT * FROM deliveries WHERE due_at <= :now AND claimed_until <= :now"


@dataclass(frozen=True, slots=True)
class Attempt:
    """How one try ended: the merchant's status, or None with the problem."""

    status: int | None
    ms: float
    problem: str = ""


class Postman:
    """Carries what is due in threads of its own; ends refunds too. Processes on one ledger share the work."""

    def __init__(self, ledger: Ledger, signer: Signer):
        self._ledger, self._signer = ledger, signer
        self._hands, self._stopped = threading.Semaphore(AT_ONCE), threading.Event()
        self._thread = threading.Thread(target=self._work, name="sandbox-postman", daemon=True)

    def start(self) -> None:
        """Begin, if not begun yet."""
        if not self._thread.is_alive() and not self._stopped.is_set():
            self._thread.start()

    def stop(self) -> None:
        """Take up nothing more; what is on its way goes on."""
        self._stopped.set()
        self._ledger.due.set()
        if self._thread.is_alive():
            self._thread.join(CLAIM_SECONDS)

    def _work(self) -> None:
        while not self._stopped.is_set():
            self._ledger.due.clear()
            try:
                wait = self._round()
            except sqlite3.Error as problem:
                logger.warning("the ledger cannot be read: %s", problem)
                wait = LOOK_SECONDS
            if wait > 0:
                self._ledger.due.wait(min(wait, LOOK_SECONDS))

    def _round(self) -> float:
        """Do what is due; the seconds until something will be."""
        with self._ledger.read() as db:
            moment = db.execute(NEXT).fetchone()[0]
        wait = LOOK_SECONDS if moment is None else moment - time.time()
        if wait > 0:
            return wait
        refunds.finish_due(self._ledger)
        for row in self._claim(f"{DUE} ORDER BY due_at LIMIT {AT_ONCE}"):
            self._hands.acquire()
            threading.Thread(target=self._carry, args=(row,), daemon=True).start()
        return 0.0

    def _claim(self, query: str, **values: Any) -> list[sqlite3.Row]:
        """Rows that are ours alone for a while."""
        now = time.time()
        with self._ledger.connect() as db:
            rows = db.execute(query, {"now": now, **values}).fetchall()
            ids = [(now + CLAIM_SECONDS, row["id"]) for row in rows]
            db.executemany("UPDATE deliveries SET claimed_until = ? WHERE id = ?", ids)
        return rows

    def _carry(self, row: sqlite3.Row) -> None:
        try:
            self.deliver(row)
        finally:
            self._hands.release()
            self._ledger.due.set()

    def deliver_now(self, out_trade_no: str) -> None:
        """Deliver what waits for this order, here; what the other thread has in hand is waited for."""
        for row in self._claim(DUE + " AND out_trade_no = :no", no=out_trade_no):
            self.deliver(row)
        until = time.monotonic() + TIMEOUT_SECONDS
        while self._untried(out_trade_no) and time.monotonic() < until:
            time.sleep(0.005)

    def _untried(self, out_trade_no: str) -> bool:
        with self._ledger.read() as db:
            query = "SELECT 1 FROM deliveries WHERE out_trade_no = ? AND tries = 0 AND claimed_until > ?"
            return db.execute(query, (out_trade_no, time.time())).fetchone() is not None

    def deliver(self, row: sqlite3.Row) -> Attempt:
        """One try, and what follows from it: done, another try later, or given up."""
        form = row["form"] if row["form"] != "old_timestamp" or row["tries"] == 0 else ""
        body, headers = self._letter(row, form)
        attempt = post(row["url"], body, headers)
        with self._ledger.connect() as db:
            keep(db, row, attempt, headers["Wechatpay-Serial"], form)
            settle(db, row, attempt, self._ledger.speed)
            release(db, row["id"])
        return attempt

    def _letter(self, row: sqlite3.Row, form: str) -> tuple[bytes, dict[str, str]]:
        sealed = encrypt(self._signer.keys.apiv3_key, row["resource"], row["kind"])
        told = {
            "id": row["notify_id"],
            "create_time": rfc3339(row["created_at"]),
            "resource_type": "encrypt-resource",
            "event_type": row["event_type"],
            "summary": row["summary"],
            "resource": {"original_type": row["kind"], **sealed},
        }
        body = compact(told).encode()
        headers = self._signer.headers(body, callback=True, age=OLD_SECONDS if form == "old_timestamp" else 0)
        if form == "signtest":
            headers["Wechatpay-Signature"] = "WECHATPAY/SIGNTEST/" + b64encode(token_bytes(240)).decode()
        return body, headers


def post(url: str, body: bytes, headers: dict[str, str]) -> Attempt:
    """Hand a callback over; redirects are not followed."""
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    begun = time.monotonic()
    own = {"Content-Type": "application/json", "User-Agent": "Mozilla/4.0", "Accept": "*/*"}
    connection = kind(parts.hostname or "", parts.port, timeout=TIMEOUT_SECONDS)
    try:
        connection.request("POST", parts.path or "/", body, {**own, **headers, "Connection": "close"})
        answer = connection.getresponse()
        answer.read(1 << 16)
        return Attempt(answer.status, milliseconds(begun))
    except (OSError, http.client.HTTPException) as problem:
        return Attempt(None, milliseconds(begun), type(problem).__name__)
    finally:
        connection.close()


def milliseconds(begun: float) -> float:
    return round((time.monotonic() - begun) * 1000, 1)


def keep(db: sqlite3.Connection, row: sqlite3.Row, attempt: Attempt, serial: str, form: str) -> None:
    """Write down a try."""
    db.execute(
        "INSERT INTO attempts (delivery, at, status, ms, problem, serial, form) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (row["id"], time.time(), attempt.status, attempt.ms, attempt.problem, serial, form),
    )


def settle(db: sqlite3.Connection, row: sqlite3.Row, attempt: Attempt, speed: float) -> None:
    """200 and 204 end a delivery, anything else is tried again while the schedule lasts.

    A probe, and what the control side delivers, comes once.
    """
    tries = row["tries"] + 1
    if attempt.status in (200, 204) or row["form"] == "signtest" or row["state"] == "once":
        state, due = "done", None
    elif tries > len(SCHEDULE):
        state, due = "given_up", None
    else:
        state, due = "waiting", time.time() + SCHEDULE[tries - 1] / speed
    db.execute(
        "UPDATE deliveries SET state = ?, due_at = ?, tries = ?, claimed_until = 0 WHERE id = ?",
        (state, due, tries, row["id"]),
    )
