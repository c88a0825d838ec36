"""Access tokens of the emulated WeChat API: one is current, older ones live on for a while."""

import secrets
import sqlite3
import time

from sandbox.ledger import Ledger
from sandbox.people import ApiError

LIFE_SECONDS = 7200
RENEW_SECONDS = 300  # within its last five minutes a token is renewed, and both are good
FORCE_APART_SECONDS = 30
FORCES_A_DAY = 20
SCHEMA = """
CREATE TABLE IF NOT EXISTS access_tokens (id INTEGER PRIMARY KEY, token TEXT NOT NULL UNIQUE,
    issued_at REAL NOT NULL, expires_at REAL NOT NULL, forced INTEGER NOT NULL,
    dead INTEGER NOT NULL DEFAULT 0);
"""
NEWEST = "SELECT * FROM access_tokens WHERE dead = 0 AND expires_at > ? ORDER BY id DESC LIMIT 1"


class Tokens:
    """The tokens of the one app this emulator serves."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        ledger.ensure(SCHEMA)

    def current(self, *, force: bool = False) -> tuple[str, int]:
        """(token, seconds it still lives). Normal mode repeats the current one until its last five minutes.

        `force` ends the current one and makes a new one; within 30 s of the last force nothing changes.
        ApiError 45009 above 20 forces a day.
        """
        now = time.time()
        with self._ledger.connect() as db:  # a write transaction: two callers at once get one token
            token = self._choose(db, now, force)
        return token["token"], int(token["expires_at"] - now)

    def _choose(self, db: sqlite3.Connection, now: float, force: bool) -> sqlite3.Row:
        newest = db.execute(NEWEST, (now,)).fetchone()
        if newest and force and not self._forced(db, now - FORCE_APART_SECONDS):
            if self._forced(db, now - 86400) >= FORCES_A_DAY:
                raise ApiError(45009, "reach max api daily quota limit")
            db.execute("UPDATE access_tokens SET dead = 40001 WHERE dead = 0")
        elif newest and (force or newest["expires_at"] - now > RENEW_SECONDS):
            return newest
        row = (secrets.token_urlsafe(384), now, now + LIFE_SECONDS, int(force))
        db.execute(
            "INSERT INTO access_tokens (token, issued_at, expires_at, forced) VALUES (?, ?, ?, ?)", row
        )
        return db.execute(NEWEST, (now,)).fetchone()

    def _forced(self, db: sqlite3.Connection, since: float) -> int:
        count = "SELECT count(*) FROM access_tokens WHERE forced = 1 AND issued_at > ?"
        return int(db.execute(count, (since,)).fetchone()[0])

    def require(self, token: str) -> None:
        """ApiError 41001 without a token, 42001 for one that has ended, 40001 for one nobody issued."""
        if not token:
            raise ApiError(41001, "access_token missing")
        with self._ledger.read() as db:
            row = db.execute("SELECT * FROM access_tokens WHERE token = ?", (token,)).fetchone()
        if row is None or row["dead"] == 40001:
            raise ApiError(40001, "invalid credential, access_token is invalid or not latest")
        if row["dead"] or row["expires_at"] <= time.time():
            raise ApiError(42001, "access_token expired")

    def end(self, errcode: int = 42001) -> int:
        """End every living token; calls with one are answered `errcode`. Returns how many there were."""
        with self._ledger.connect() as db:
            return db.execute("UPDATE access_tokens SET dead = ? WHERE dead = 0", (errcode,)).rowcount

    def age(self, left: float) -> None:
        """The current token has `left` seconds to live."""
        with self._ledger.connect() as db:
            ends = "UPDATE access_tokens SET expires_at = ? WHERE dead = 0"
            db.execute(ends, (time.time() + left,))

    def issued(self) -> list[str]:
        """Every token ever issued, for tests that look for what must not leak."""
        with self._ledger.read() as db:
            return [row["token"] for row in db.execute("SELECT token FROM access_tokens ORDER BY id")]
