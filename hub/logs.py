"""Logs: one JSON line each, with the request id, and nothing secret in them."""

import logging
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

request_id: ContextVar[str] = ContextVar("request_id", default="")

ACCEPTED_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
SECRETS = re.compile(
    r"(?i)(authorization:?\s*\S+\s+|bearer\s+|(?:secret|access_token|refresh|js_code|token|password)[\"']?\s*[=:]\s*[\"']?)"
    r"[^\s\"'&,}]+"
)


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
    """Takes tokens, codes and passwords out of messages."""

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        redacted = SECRETS.sub(r"\1***", message)
        if redacted != message:
            record.msg, record.args = redacted, ()
        return True
