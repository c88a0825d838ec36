"""Reads what WeChat Pay says into facts. Pure: raises `Nonsense` for what has not the documented shape.

Every text is bounded, every amount a whole number of fen, every time aware; nothing else leaves this module.
"""

import gzip
import hashlib
import io
import json
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ordering.payments.gateway import PaymentFact, RefundFact

WORD = re.compile(r"[\x21-\x7e]{1,64}")
MOMENT = re.compile(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)", re.ASCII)
MOST_FEN = 2**31 - 1
MOST_BILL_BYTES = 64 << 20
KEPT = (
    *("mchid", "appid", "out_trade_no", "transaction_id", "trade_type", "trade_state", "bank_type"),
    *("out_refund_no", "refund_id", "refund_status", "success_time"),
)
KEPT_AMOUNTS = ("total", "payer_total", "refund", "payer_refund", "currency")


class Nonsense(ValueError):
    """Not what the documents promise; ``args`` name the field, never its content."""


@dataclass(frozen=True, slots=True)
class BillPlace:
    """Where a bill lies and the SHA1 of its text."""

    url: str
    sha1: str


def document(body: bytes) -> dict[str, Any]:
    """A JSON object, as bytes."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise Nonsense("json") from None
    if not isinstance(found, dict):
        raise Nonsense("json")
    return found


def prepay_id(said: Mapping[str, Any]) -> str:
    """The id that a guest's client pays with."""
    return word(said, "prepay_id")


def payment(said: Mapping[str, Any]) -> PaymentFact:
    """A transaction, of a query or a notification. Paid ones must tell the transaction, amount and time."""
    state, amount = word(said, "trade_state"), _table(said, "amount")
    fact = PaymentFact(
        out_trade_no=word(said, "out_trade_no"),
        state=state[:32],
        appid=word(said, "appid", ""),
        mchid=word(said, "mchid", ""),
        transaction_id=word(said, "transaction_id", "") or None,
        amount_fen=_fen(amount, "total"),
        currency=word(amount, "currency", "") or None,
        payer_total_fen=_fen(amount, "payer_total"),
        paid_at=_moment(said, "success_time"),
    )
    if fact.paid and (fact.transaction_id is None or fact.amount_fen is None or fact.paid_at is None):
        raise Nonsense("paid without transaction, amount or time")
    return fact


def refund(said: Mapping[str, Any], mchid: str = "") -> RefundFact:
    """A refund, of an answer (``status``; its merchant is who asked) or a notification."""
    return RefundFact(
        out_refund_no=word(said, "out_refund_no"),
        out_trade_no=word(said, "out_trade_no"),
        state=word(said, "status" if "status" in said else "refund_status")[:32],
        mchid=word(said, "mchid", mchid),
        refund_id=word(said, "refund_id", "") or None,
        amount_fen=_fen(_table(said, "amount"), "refund"),
        finished_at=_moment(said, "success_time"),
    )


def bill_place(said: Mapping[str, Any]) -> BillPlace:
    """Where a bill can be fetched."""
    url, sha1 = said.get("download_url"), said.get("hash_value")
    if said.get("hash_type") != "SHA1" or not isinstance(sha1, str) or not isinstance(url, str):
        raise Nonsense("bill")
    return BillPlace(url, sha1.lower())


def bill_text(content: bytes, sha1: str) -> bytes:
    """The bill unpacked, of at most 64 MiB, if its checksum is right."""
    try:
        text = gzip.GzipFile(fileobj=io.BytesIO(content)).read(MOST_BILL_BYTES + 1)
    except (OSError, EOFError, zlib.error):
        raise Nonsense("gzip") from None
    if len(text) > MOST_BILL_BYTES:
        raise Nonsense("bill too large")
    if hashlib.sha1(text, usedforsecurity=False).hexdigest() != sha1:
        raise Nonsense("bill checksum")
    return text


def code(body: bytes) -> tuple[str, str]:
    """The code of a refusal without underscores, and its sentence; raises Nonsense when it has none."""
    said = document(body)
    detail = said.get("message")
    return word(said, "code").replace("_", ""), detail[:200] if isinstance(detail, str) else ""


def digest(notice: Mapping[str, Any], resource: Mapping[str, Any]) -> dict[str, object]:
    """What may be kept of a notification: numbers, states, amounts, times; neither payer nor signature."""
    amounts = resource.get("amount")
    kept: dict[str, object] = {name: _short(notice[name]) for name in ("id", "create_time") if name in notice}
    kept.update({name: _short(resource[name]) for name in KEPT if name in resource})
    if isinstance(amounts, Mapping):
        kept["amount"] = {name: _short(amounts[name]) for name in KEPT_AMOUNTS if name in amounts}
    return kept


def _short(value: object) -> object:
    if isinstance(value, int) and abs(value) <= MOST_FEN:
        return value
    return value[:64].encode("ascii", "replace").decode() if isinstance(value, str) else "?"


def word(said: Mapping[str, Any], name: str, default: str | None = None) -> str:
    """A short ASCII text; ``default`` where it is missing, else Nonsense."""
    value = said.get(name)
    if default is not None and value in (None, ""):
        return default
    if not isinstance(value, str) or not WORD.fullmatch(value):
        raise Nonsense(name)
    return value


def _table(said: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = said.get(name, {})
    if not isinstance(value, Mapping):
        raise Nonsense(name)
    return value


def _fen(amount: Mapping[str, Any], name: str) -> int | None:
    value = amount.get(name)
    if value is not None and (type(value) is not int or not 0 <= value <= MOST_FEN):
        raise Nonsense(name)
    return value


def _moment(said: Mapping[str, Any], name: str) -> datetime | None:
    value = said.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, str) or not MOMENT.fullmatch(value):
        raise Nonsense(name)
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        raise Nonsense(name) from None
