"""Who uses the emulated WeChat: openids, log-in and phone codes, visits, consents and what they were sent."""

import hashlib
import json
import re
import secrets
import sqlite3
import time
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from typing import Any

from sandbox.ledger import Ledger

CODE_SECONDS = 5 * 60
VISIT_SECONDS = 2 * 3600
LOGINS_A_MINUTE = 100
DEMO_CODE = re.compile(r"demo-([A-Za-z0-9_-]{1,64})")
EVERYBODY = "everybody_consents"  # the ledger's setting
OPENID = re.compile(r"o[A-Za-z0-9_-]{27}")
CHANGEABLE = {"blocked", "limited", "visited_at", "session_key"}
SCHEMA = """
CREATE TABLE IF NOT EXISTS people (openid TEXT PRIMARY KEY, session_key TEXT NOT NULL DEFAULT '',
    visited_at REAL NOT NULL DEFAULT 0, blocked INTEGER NOT NULL DEFAULT 0,
    limited INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS codes (code TEXT PRIMARY KEY, kind TEXT NOT NULL, openid TEXT NOT NULL,
    phone TEXT NOT NULL DEFAULT '', issued_at REAL NOT NULL, used INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS logins (openid TEXT NOT NULL, at REAL NOT NULL);
CREATE INDEX IF NOT EXISTS logins_of ON logins (openid, at);
CREATE TABLE IF NOT EXISTS consents (openid TEXT NOT NULL, template_id TEXT NOT NULL, left INTEGER NOT NULL,
    PRIMARY KEY (openid, template_id));
CREATE TABLE IF NOT EXISTS templates (template_id TEXT PRIMARY KEY, fields TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS kept (id INTEGER PRIMARY KEY, kind TEXT NOT NULL, body TEXT NOT NULL,
    at REAL NOT NULL);
"""


class ApiError(Exception):
    """WeChat's way to refuse: `errcode` and `errmsg` in an answer of status 200."""

    def __init__(self, errcode: int, errmsg: str) -> None:
        super().__init__(errmsg)
        self.errcode, self.errmsg = errcode, errmsg


@dataclass(frozen=True, slots=True)
class Person:
    """A user of the mini program as WeChat knows them; `session_key` is of their newest log-in."""

    openid: str
    session_key: str
    visited_at: float
    blocked: bool
    limited: bool


def openid_of(name: str) -> str:
    """The stable openid of the demo person `name`, in WeChat's form: 28 characters that start with o."""
    digest = hashlib.sha256(f"demo person {name}".encode()).digest()
    return "o" + urlsafe_b64encode(digest).decode()[:27]


def new_openid() -> str:
    """Somebody nobody has seen before."""
    return "o" + secrets.token_urlsafe(32)[:27]


class People:
    """People, codes and consents in the ledger's file; any number of threads and processes may use it."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        ledger.ensure(SCHEMA)

    def person(self, openid: str) -> Person | None:
        """A person who was seen or named before."""
        with self._ledger.read() as db:
            return find(db, openid)

    def everybody(self) -> list[dict[str, Any]]:
        """All people, for tests that look for what must not leak."""
        with self._ledger.read() as db:
            return [dict(row) for row in db.execute("SELECT * FROM people ORDER BY rowid")]

    def known(self, openid: object) -> str:
        """The openid, if it has WeChat's form or was named before; ApiError 40003 otherwise."""
        if not isinstance(openid, str) or not (OPENID.fullmatch(openid) or self.person(openid)):
            raise ApiError(40003, "invalid openid")
        return openid

    def set(self, openid: str, **values: Any) -> None:
        """Create the person, or change `blocked`, `limited`, `visited_at`."""
        with self._ledger.connect() as db:
            change(db, openid, **values)

    def issue(self, kind: str, openid: str, *, phone: str = "", age: float = 0) -> str:
        """A code as the client would get it: `kind` login or phone; `age` seconds ago."""
        code = f"0{secrets.token_hex(16)}"[:32]
        row = (code, kind, openid, phone, time.time() - age)
        with self._ledger.connect() as db:
            change(db, openid)
            db.execute("INSERT INTO codes (code, kind, openid, phone, issued_at) VALUES (?, ?, ?, ?, ?)", row)
        return code

    def redeem(self, kind: str, code: str) -> tuple[str, str]:
        """(openid, phone) of a code, once within five minutes; ApiError 40163 used, 40029 unknown or old."""
        with self._ledger.connect() as db:
            return redeemed(db, kind, code)

    def log_in(self, code: str) -> Person:
        """Redeem a log-in code; ApiError 40029, 40163, 40226 (blocked), 45011 (above 100 a minute)."""
        demo = DEMO_CODE.fullmatch(code)
        session_key = secrets.token_urlsafe(18).replace("-", "+").replace("_", "/")
        with self._ledger.connect() as db:
            openid = openid_of(demo[1]) if demo else redeemed(db, "login", code)[0]
            change(db, openid)
            person = found(db, openid)
            rate = counted(db, openid)
            if not (person.blocked or person.limited or rate > LOGINS_A_MINUTE):
                change(db, openid, session_key=session_key, visited_at=time.time())
                return found(db, openid)
        # after the commit: a refused log-in has used up its code too
        if person.blocked:
            raise ApiError(40226, "code blocked")
        raise ApiError(45011, "api minute-quota reach limit, must slower, retry next minute")

    def require_visit(self, openid: str) -> None:
        """ApiError 61010 unless the person used the mini program within two hours."""
        person = self.person(openid)
        if person is None or person.visited_at < time.time() - VISIT_SECONDS:
            raise ApiError(61010, "code is expired")

    def consent(self, openid: str, template_id: str, count: int) -> None:
        """The person allows `count` more messages of a template."""
        with self._ledger.connect() as db:
            change(db, openid)
            db.execute("INSERT OR IGNORE INTO consents VALUES (?, ?, 0)", (openid, template_id))
            both = (count, openid, template_id)
            db.execute("UPDATE consents SET left = left + ? WHERE openid = ? AND template_id = ?", both)

    def use_consent(self, openid: str, template_id: str) -> None:
        """One consent is one message; ApiError 43101 without one."""
        if self._ledger.setting(EVERYBODY) == "1":
            return
        with self._ledger.connect() as db:
            left = "UPDATE consents SET left = left - 1 WHERE openid = ? AND template_id = ? AND left > 0"
            if db.execute(left, (openid, template_id)).rowcount:
                return
        raise ApiError(43101, "user refuse to accept the msg")

    def declare(self, template_id: str, fields: list[str]) -> None:
        """Make a template known, with the fields a message of it must have."""
        with self._ledger.connect() as db:
            db.execute("INSERT OR REPLACE INTO templates VALUES (?, ?)", (template_id, json.dumps(fields)))

    def fields_of(self, template_id: str) -> list[str]:
        """What the template must be filled with; ApiError 40037 where others are declared and this is not."""
        with self._ledger.read() as db:
            rows = db.execute("SELECT * FROM templates").fetchall()
            agreed = db.execute("SELECT 1 FROM consents WHERE template_id = ?", (template_id,)).fetchone()
        declared = {row["template_id"]: json.loads(row["fields"]) for row in rows}
        if declared and template_id not in declared and not agreed:
            raise ApiError(40037, "invalid template_id")
        return declared.get(template_id, [])

    def keep(self, kind: str, body: dict[str, Any]) -> None:
        """Remember what was accepted: kind message, check or shipping."""
        row = (kind, json.dumps(body, ensure_ascii=False), time.time())
        with self._ledger.connect() as db:
            db.execute("INSERT INTO kept (kind, body, at) VALUES (?, ?, ?)", row)

    def kept(self, kind: str) -> list[dict[str, Any]]:
        """What was accepted, oldest first."""
        with self._ledger.read() as db:
            rows = db.execute("SELECT body FROM kept WHERE kind = ? ORDER BY id", (kind,)).fetchall()
        return [json.loads(row["body"]) for row in rows]


def find(db: sqlite3.Connection, openid: str) -> Person | None:
    """A person, if known."""
    row = db.execute("SELECT * FROM people WHERE openid = ?", (openid,)).fetchone()
    if row is None:
        return None
    flags = bool(row["blocked"]), bool(row["limited"])
    return Person(row["openid"], row["session_key"], row["visited_at"], *flags)


def found(db: sqlite3.Connection, openid: str) -> Person:
    """A person who must be known."""
    person = find(db, openid)
    assert person is not None
    return person


def change(db: sqlite3.Connection, openid: str, **values: Any) -> None:
    """Create the person if new, and set what is given."""
    db.execute("INSERT OR IGNORE INTO people (openid) VALUES (?)", (openid,))
    for name in values.keys() & CHANGEABLE:
        db.execute(f"UPDATE people SET {name} = ? WHERE openid = ?", (values[name], openid))


def redeemed(db: sqlite3.Connection, kind: str, code: str) -> tuple[str, str]:
    """(openid, phone) of a code that is used up by this."""
    row = db.execute("SELECT * FROM codes WHERE code = ? AND kind = ?", (code, kind)).fetchone()
    if row is None or row["issued_at"] < time.time() - CODE_SECONDS:
        raise ApiError(40029, "invalid code")
    if row["used"]:
        raise ApiError(40163, "code been used")
    db.execute("UPDATE codes SET used = 1 WHERE code = ?", (code,))
    return row["openid"], row["phone"]


def counted(db: sqlite3.Connection, openid: str) -> int:
    """Log-ins of this person in the last minute, this one among them."""
    now = time.time()
    db.execute("DELETE FROM logins WHERE at < ?", (now - 60,))
    db.execute("INSERT INTO logins (openid, at) VALUES (?, ?)", (openid, now))
    return int(db.execute("SELECT count(*) FROM logins WHERE openid = ?", (openid,)).fetchone()[0])
