"""Table tokens: what the QR code on a table carries; signed, short, voided by rotation."""

import base64
import re

from django.utils.crypto import constant_time_compare, salted_hmac

from hub.errors import Refusal
from ordering.restaurant.models import DiningTable

SALT = "ordering.restaurant.tokens"
SIGNATURE_BYTES = 15  # 120 bits: 20 characters
SHAPE = re.compile(r"([0-9A-Z]{8})([0-9A-Za-z_-]{20})")
REMEMBERED_ROTATIONS = 100


def invalid() -> Refusal:
    """A token that is forged, garbled or another store's."""
    return Refusal("table.token_invalid", 403, "桌码无效,请重新扫描桌上的二维码")


def write(table: DiningTable) -> str:
    """The table's present token: 28 URL-safe characters."""
    return table.uid + _signature(table.uid, table.token_version)


def read(token: str, store_code: str | None = None) -> DiningTable:
    """The table (with its store) that a token names.

    Refuses with 403 ``table.token_invalid`` for what is forged, garbled or of another store than
    ``store_code``, and 403 ``table.token_stale`` for a token that was rotated away.
    """
    match = SHAPE.fullmatch(token) if isinstance(token, str) and len(token) <= 32 else None
    if match is None:
        raise invalid()
    table = DiningTable.objects.select_related("store").filter(uid=match[1]).first()
    if table is None or (store_code is not None and table.store.code != store_code):
        raise invalid()
    if not constant_time_compare(match[2], _signature(table.uid, table.token_version)):
        raise _stale() if _was_signed(table, match[2]) else invalid()
    return table


def _signature(uid: str, version: int) -> str:
    digest = salted_hmac(SALT, f"{uid}.{version}", algorithm="sha256").digest()
    return base64.urlsafe_b64encode(digest[:SIGNATURE_BYTES]).decode()


def _was_signed(table: DiningTable, signature: str) -> bool:
    newest = table.token_version - 1
    versions = range(newest, max(newest - REMEMBERED_ROTATIONS, 0), -1)
    return any(constant_time_compare(signature, _signature(table.uid, version)) for version in versions)


def _stale() -> Refusal:
    return Refusal("table.token_stale", 403, "桌码已更换,请重新扫描桌上的二维码")
