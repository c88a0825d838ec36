"""Logs: one JSON line each, with the request id, and nothing secret in them."""

import logging
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from hub.redaction import HIDDEN, clean, is_secret, redact

request_id: ContextVar[str] = ContextVar("request_id", default="")

ACCEPTED_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
# What every record has; everything else came as an `extra` field.
STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
WRITER = logging.Formatter()


@contextmanager
def request_scope(given: str | None) -> Iterator[str]:
    """Work under a request id: the caller's if it is well-formed, else a fresh one."""
    value = given if given and ACCEPTED_ID.fullmatch(given) else secrets.token_hex(8)
    token = request_id.set(value)
    try:
        yield value
    finally:
        request_id.reset(token)


class RequestIdFilter(logging.Filter):
    """Puts the request id on every record."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = request_id.get()
        return True


class RedactFilter(logging.Filter):
    """Takes secrets and identities out of messages, extra fields and tracebacks."""

    def filter(self, record: logging.LogRecord) -> bool:
        self._message(record)
        for name in record.__dict__.keys() - STANDARD:
            value = record.__dict__[name]
            record.__dict__[name] = HIDDEN if is_secret(name) else clean(value)
        self._traceback(record)
        return True

    def _message(self, record: logging.LogRecord) -> None:
        if isinstance(record.msg, dict):
            record.msg = clean(record.msg)
            return
        try:
            message = record.getMessage()
        except (
            TypeError,
            ValueError,
            KeyError,
        ):  # arguments that do not fit; they would be printed as they are
            record.msg, record.args = redact(str(record.msg)).replace("%", "%%"), ()
            return
        redacted = redact(message)
        if redacted != message:
            record.msg, record.args = redacted, ()

    def _traceback(self, record: logging.LogRecord) -> None:
        """As text, for whichever formatter, and only where something had to be taken out."""
        if record.exc_info and record.exc_info is not True:
            text = WRITER.formatException(record.exc_info)
            redacted = redact(text)
            if redacted != text:
                record.exc_text, record.exc_info = redacted, None
        elif record.exc_text:
            record.exc_text = redact(record.exc_text)
        if record.stack_info:
            record.stack_info = redact(record.stack_info)
