"""Takes secrets and people's identities out of text: by the name in front of them, or by their shape."""

import re
from collections.abc import Mapping
from datetime import date, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

HIDDEN = "***"
DEEPEST = 6  # containers within containers; what lies deeper is left out

# A name may have anything in front of it: `app_secret`, `sp_openid`, `Wechatpay-Signature`.
NAMES = (
    r"secret|secret_key|token|password|refresh|authorization|cookie|open_?id|touser|session_key|api_?v3_?key"
    r"|private_key|js_code|phone|phone_?number|mobile|signature|paysign"
)
NAME_STEMS = (
    "secret", "token", "password", "refresh", "authorization", "cookie", "open", "touser", "_key", "v3",
    "js_code", "phone", "mobile", "sign",
)  # fmt: skip
NAMED = re.compile(
    rf"(?i)((?:{NAMES})[\\\"']*\s*[=:]\s*)"
    r"(?:\\*\"[^\"\n]*|\\*'[^'\n]*|(?:(?:bearer|basic)\s+)?[^\s\"'\\&,;<>()\[\]{}]+)"
)
SCHEMES = ("wechatpay2", "bearer", "authorization")
SIGNED = re.compile(
    r"(?i)(wechatpay2-[\w-]+)[ \t][^\n]*|(\b(?:bearer|authorization:?\s+\S+)\s+)[^\s\"'\\,;}]+"
)
PEM = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL)
SHAPED = re.compile(
    r"(?<![A-Za-z0-9_-])(?:"
    r"[A-Za-z0-9]{32}"  # an AppSecret, an APIv3 key, a nonce
    r"|o(?=[\w-]*[A-Z0-9])[A-Za-z0-9_-]{27}"  # an openid
    r"|eyJ[\w-]{4,}\.[\w-]+\.[\w-]+"  # a JWT
    r"|dev_[A-Za-z0-9_-]{43}"  # a device's token
    r"|\d{1,3}_[A-Za-z0-9_-]{60,}|[A-Za-z0-9][A-Za-z0-9_-]{79,}"  # WeChat's access token
    r")(?![A-Za-z0-9_-])"
    r"|(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{22}=="  # a session_key
    r"|(?<![A-Za-z0-9_])(?:\+?86[ -]?)?1[3-9]\d[ -]?\d{4}[ -]?\d{4}(?![A-Za-z0-9_])"  # a mobile number
)
LONG_WORD = re.compile(r"[A-Za-z0-9_+/-]{11}|1\d\d[ -]\d{4}")  # without one there is no shape to look for
SECRET_FIELD = re.compile(rf"(?i)(?:{NAMES})\Z")
PLAIN = (int, float, bool, type(None))
WRITTEN = (date, time, timedelta, Decimal, Enum, UUID)  # datetime is a date


def redact(text: str) -> str:
    """The text without what nobody may read in a log; some microseconds for a usual line."""
    lower = text.lower()
    if has(NAME_STEMS, lower):
        text = NAMED.sub(rf"\1{HIDDEN}", text)
    if has(SCHEMES, lower):
        text = SIGNED.sub(rf"\1\2{HIDDEN}", text)
    if "-----BEGIN" in text:
        text = PEM.sub(HIDDEN, text)
    if LONG_WORD.search(text):
        text = SHAPED.sub(HIDDEN, text)
    return text


def has(words: tuple[str, ...], text: str) -> bool:
    """Whether one of the words stands in the text; far cheaper than a pattern that finds nothing."""
    for word in words:  # noqa: SIM110 - a generator would cost as much as the search
        if word in text:
            return True
    return False


def is_secret(name: object) -> bool:
    """Whether the value under this name is hidden whatever it is."""
    return isinstance(name, str) and SECRET_FIELD.search(name) is not None


def clean(value: Any, depth: int = 0) -> Any:
    """A value fit for a log: containers are copied, bytes and objects that could show more become text."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, PLAIN):
        return value
    if depth == DEEPEST:
        return HIDDEN
    if isinstance(value, Mapping):
        return {
            clean(name, depth + 1): HIDDEN if is_secret(name) else clean(item, depth + 1)
            for name, item in value.items()
        }
    if isinstance(value, list | tuple | set | frozenset):
        return [clean(item, depth + 1) for item in value]
    if isinstance(value, bytes):
        return redact(value.decode(errors="replace"))
    # A formatter would take a dataclass apart, hidden fields and all.
    return value if isinstance(value, WRITTEN) else redact(str(value))
