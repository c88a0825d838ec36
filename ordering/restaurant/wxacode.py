"""Mini program codes of tables: drawn by WeChat in an outbox job, kept as PNG files under MEDIA_ROOT.

The code's scene is the table's token: 28 of the at most 32 characters, opaque, and rotated away with it. The
file's name follows from the token but does not tell it.
"""

import hashlib
import io
import os
from pathlib import Path
from typing import Any

from django.conf import settings
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


def order(tx: Transaction, table: DiningTable) -> dict[str, Any]:
    """Have the table's code drawn unless it is there; what `state` says. Refuses 409 ``wechat.off``."""
    tx.about(table)
    if settings.WECHAT_MODE == "off":
        raise Refusal("wechat.off", 409, "未接入微信,无法生成小程序码")
    if not _file(table).exists():
        payload = {"table": table.pk, "version": table.token_version}
        jobs.add_again(KIND, _key(table), payload, store=table.store.code)
    return state(table)


def state(table: DiningTable) -> dict[str, Any]:
    """``{"state", "image"}`` of the present token: none, pending, failed, or ready with an address."""
    if _file(table).exists():
        return {"state": "ready", "image": f"{settings.MEDIA_URL}{FOLDER}/{_file(table).name}"}
    job = Job.objects.filter(kind=KIND, key=_key(table), done_at=None).first()
    if job is None:
        return {"state": "none", "image": None}
    return {"state": "failed" if job.dead_at else "pending", "image": None}


def _key(table: DiningTable) -> str:
    return f"{table.pk}:{table.token_version}"


def _file(table: DiningTable) -> Path:
    name = hashlib.sha256(tokens.write(table).encode()).hexdigest()[:32]
    return Path(settings.MEDIA_ROOT) / FOLDER / f"{name}.png"


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
    _keep(_file(table), answer.content)


def _keep(file: Path, content: bytes) -> None:
    """Whole or not at all; WeChat sends JPEG or PNG, we keep PNG."""
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_suffix(f".{os.getpid()}.part")
    try:
        with Image.open(io.BytesIO(content), formats=("PNG", "JPEG")) as image:
            image.save(part, format="PNG")
    except (UnidentifiedImageError, Image.DecompressionBombError, SyntaxError):
        raise Never("wechat.bad_image") from None
    part.replace(file)
