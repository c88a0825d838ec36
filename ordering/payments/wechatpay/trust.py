"""Whose signatures we trust: WeChat Pay's platform certificates, replaced as a whole and never emptied.

An unknown serial number makes us look into the folder that all processes share, then ask WeChat; a stranger
can make us ask once a minute, and a failed question leaves what we have.
"""

import logging
import os
import re
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from secrets import token_hex
from time import monotonic, time

from cryptography.x509 import Certificate
from wechatpayv3.utils import load_certificate

from hub import clock

log = logging.getLogger(__name__)

SERIAL = re.compile(r"[0-9A-Fa-f]{1,40}")
ASK_AGAIN = 60.0  # seconds
ASK_AGAIN_FAILED = 5.0  # our own calls wait for certificates; strangers' never shorten their minute


class Unfetched(Exception):
    """WeChat gave no usable certificates; ``args[0]`` says why."""


class Certificates:
    """The platform certificates that are valid now, by serial number.

    ``fetch`` asks WeChat and returns PEM texts or raises `Unfetched`. ``not_ours`` is the serial number of
    the merchant's own certificate, which people put into the folder by mistake.
    """

    def __init__(self, folder: str, not_ours: str, fetch: Callable[[], list[str]]) -> None:
        self._folder = Path(folder) if folder else None
        self._not_ours = int(not_ours, 16) if SERIAL.fullmatch(not_ours) else -1
        self._fetch = fetch
        self._held: tuple[Certificate, ...] = ()
        self._folder_seen = -1
        self._fetching = threading.Lock()
        self._next_ask = {"answer": 0.0, "stranger": 0.0}
        self._read_folder()

    def current(self) -> list[Certificate]:
        """Those that are valid at this moment."""
        return _valid(self._held)

    def know(self, serial: str, *, stranger: bool) -> bool:
        """Whether the serial number is a platform certificate's, after asking around if we may.

        A stranger's question is never waited for when another thread already asks.
        """
        if not SERIAL.fullmatch(serial):
            return False
        number = int(serial, 16)
        if self._holds(number):
            return True
        self._read_folder()
        if not self._holds(number):
            self._ask(number, stranger=stranger)
        return self._holds(number)

    def _holds(self, number: int) -> bool:
        return any(one.serial_number == number for one in self.current())

    def _ask(self, number: int, *, stranger: bool) -> None:
        if not self._fetching.acquire(blocking=not stranger):
            return
        try:
            if not self._holds(number) and self._may_ask("stranger" if stranger else "answer"):
                self._replace(self._fetch())
        except Unfetched as error:
            self._next_ask["answer"] = monotonic() + ASK_AGAIN_FAILED
            log.warning("wechatpay: no new platform certificates (%s), keeping the old ones", error)
        finally:
            self._fetching.release()

    def _may_ask(self, who: str) -> bool:
        now = monotonic()
        if now < self._next_ask[who] or (who == "stranger" and not self._first_this_minute()):
            return False
        self._next_ask[who] = self._next_ask["stranger"] = now + ASK_AGAIN
        return True

    def _first_this_minute(self) -> bool:
        """Whether no other process that shares the folder has asked for a stranger in this minute."""
        if not self._folder:
            return True
        mark = self._folder / f".asked-{int(time() // ASK_AGAIN)}"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            mark.touch(exist_ok=False)
            for old in self._folder.glob(".asked-*"):
                if old != mark:
                    old.unlink(missing_ok=True)
        except FileExistsError:
            return False
        except OSError:
            return True
        return True

    def _replace(self, texts: list[str]) -> None:
        found = self._usable(texts)
        if not found:
            raise Unfetched("none that is valid now")
        self._held = found
        try:
            self._write_folder(found, texts)
        except OSError as error:
            log.warning("wechatpay: certificates cannot be kept in WECHAT_PAY_CERT_DIR: %s", error.strerror)

    def _usable(self, texts: Iterable[str]) -> tuple[Certificate, ...]:
        loaded = (load_certificate(text) for text in texts)
        return tuple(_valid(one for one in loaded if one and one.serial_number != self._not_ours))

    def _read_folder(self) -> None:
        """Take over what another process has fetched; only when something has changed there."""
        try:
            seen = self._folder.stat().st_mtime_ns if self._folder else -1
            if seen == self._folder_seen or not self._folder:
                return
            found = self._usable(_texts(self._folder.glob("*.pem")))
        except OSError:
            return
        self._folder_seen = seen
        self._held = found or self._held

    def _write_folder(self, found: Iterable[Certificate], texts: list[str]) -> None:
        if not self._folder:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        ours = {f"{one.serial_number:040X}.pem" for one in found}
        for text in texts:
            one = load_certificate(text)
            if one and f"{one.serial_number:040X}.pem" in ours:
                _write(self._folder / f"{one.serial_number:040X}.pem", text)
        for old in self._folder.glob("*.pem"):
            if re.fullmatch(r"[0-9A-F]{40}\.pem", old.name) and old.name not in ours:
                old.unlink(missing_ok=True)


def _valid(certificates: Iterable[Certificate]) -> list[Certificate]:
    now = clock.now()
    return [one for one in certificates if one.not_valid_before_utc <= now <= one.not_valid_after_utc]


def _texts(paths: Iterable[Path]) -> Iterable[str]:
    for path in paths:
        try:
            yield path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            continue


def _write(path: Path, text: str) -> None:
    """At once or not at all: other processes read while we write."""
    draft = path.with_name(f".{path.name}.{token_hex(4)}")
    draft.write_text(text, encoding="utf-8")
    os.replace(draft, path)
