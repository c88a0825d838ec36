"""Mini program codes of tables: drawn by WeChat in an outbox job, kept as PNG files in the media storage.

The code's scene is the table's token: 28 of the at most 32 characters, opaque, and rotated away with it. The
file's name follows from the token but does not tell it.
"""

import hashlib
import io
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from PIL import Image, UnidentifiedImageError

from hub import jobs
from hub.errors import Refusal
from hub.jobs import Later, Never
from hub.models import Job
from hub.transactions import Transaction
from ordering.restaurant import tokens
from ordering.restaurant.models import DiningTable
from ordering.users.wechat import jobs as wechat_jobs

KIND = "table.code"
PATH = "/wxa/getwxacodeunlimit"
TABLE_PAGE = "pages/menu/menu"
WIDTH = 430
FOLDER = "table-codes"
VERSIONS = {"formal": "release", "trial": "trial", "developer": "develop"}


def order(tx: Transaction, table: DiningTable, *, drawn: bool) -> dict[str, Any]:
    """Have the table's code drawn unless it is there; what `state` says. Refuses 409 ``wechat.off``.

    ``drawn`` is what `is_drawn` said before the transaction: the storage may be far away.
    """
    tx.about(table)
    if settings.WECHAT_MODE == "off":
        raise Refusal("wechat.off", 409, "未接入微信,无法生成小程序码")
    if not drawn:
        payload = {"table": table.pk, "version": table.token_version}
        jobs.add_again(KIND, _key(table), payload, store=table.store.code)
    return _shown(table, drawn)


def state(table: DiningTable) -> dict[str, Any]:
    """``{"state", "image"}`` of the present token: none, pending, failed, or ready with an address."""
    return _shown(table, is_drawn(table))


def is_drawn(table: DiningTable) -> bool:
    """Whether the code is there, asked of the storage; a file that a crash left empty does not count."""
    try:
        return default_storage.size(_name(table)) > 0
    except FileNotFoundError:
        return False


def _shown(table: DiningTable, drawn: bool) -> dict[str, Any]:
    if drawn:
        return {"state": "ready", "image": default_storage.url(_name(table))}
    job = Job.objects.filter(kind=KIND, key=_key(table), done_at=None).first()
    if job is None:
        return {"state": "none", "image": None}
    return {"state": "failed" if job.dead_at else "pending", "image": None}


def _key(table: DiningTable) -> str:
    return f"{table.pk}:{table.token_version}"


def _name(table: DiningTable) -> str:
    return f"{FOLDER}/{hashlib.sha256(tokens.write(table).encode()).hexdigest()[:32]}.png"


def make(payload: dict[str, Any]) -> None:
    """Fetch the code and keep it; nothing for a token that was rotated away meanwhile."""
    table = DiningTable.objects.filter(pk=payload["table"], token_version=payload["version"]).first()
    if table is None:
        return
    body = {
        "scene": tokens.write(table),
        "page": settings.WECHAT["TABLE_PAGE"] or TABLE_PAGE,
        "check_path": False,
        "env_version": VERSIONS.get(settings.WECHAT["MINIPROGRAM_STATE"] or "formal", "release"),
        "width": WIDTH,
    }
    answer = wechat_jobs.ask(PATH, body)
    if answer is None or not answer.content_type.startswith("image/"):
        raise Later("wechat.no_image")
    _keep(_name(table), answer.content)


def _keep(name: str, content: bytes) -> None:
    """Only what is a picture, written at once; WeChat sends JPEG or PNG, we keep PNG."""
    drawn = io.BytesIO()
    try:
        with Image.open(io.BytesIO(content), formats=("PNG", "JPEG")) as image:
            image.save(drawn, format="PNG")
    except (UnidentifiedImageError, Image.DecompressionBombError, SyntaxError):
        raise Never("wechat.bad_image") from None
    try:
        default_storage.delete(name)  # what a crash left: a second file would get another name
        default_storage.save(name, ContentFile(drawn.getvalue()))
    except Refusal as refusal:
        raise Later(refusal.code) from None
