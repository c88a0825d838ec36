"""Photos on a review: kept re-encoded in two sizes under names of ours; files first, then the row."""

import secrets
from datetime import timedelta
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from hub import clock, images
from hub.audit import Call
from hub.errors import Refusal
from hub.transactions import Lock, Transaction, transact
from ordering.reviews import queries
from ordering.reviews.models import Review, ReviewImage
from ordering.users.actors import Actor

SIZES = {"large": 1080, "small": 320}
MOST = 6
OPEN_FOR = timedelta(hours=24)


def add(actor: Actor, review: Review, file: images.File, *, call: Call | None = None) -> dict[str, Any]:
    """Put a photo on the caller's own review; the author's row of the review.

    Refuses as `hub.images.reencode`, then 409 ``review.images_closed`` a day after the review was written and
    ``review.images_full`` beyond six. Storage may be far away, so files are written before the transaction,
    and taken back when it refuses.
    """
    encoded = images.reencode(file, SIZES)
    _refuse_state(review)
    names = _store(encoded)
    try:
        return transact(lambda tx: _keep(tx, review.pk, names), actor=actor.label, call=call)
    except Refusal as refusal:
        if refusal.status < 500:  # else the row may be there after all
            _discard(names)
        raise


def _store(encoded: dict[str, bytes]) -> dict[str, str]:
    name = secrets.token_hex(16)
    return {
        size: default_storage.save(f"reviews/{name}-{size}.webp", ContentFile(content))
        for size, content in encoded.items()
    }


def _keep(tx: Transaction, pk: int, names: dict[str, str]) -> dict[str, Any]:
    _refuse_state(tx.lock_one(Lock.ORDER, Review.objects.filter(pk=pk)))
    tx.created(ReviewImage.objects.create(review_id=pk, **names))
    return queries.own_row(queries.one(pk))


def _refuse_state(review: Review) -> None:
    if clock.now() >= review.created_at + OPEN_FOR:
        raise Refusal("review.images_closed", 409, "评价 24 小时后不能再添加图片")
    if ReviewImage.objects.filter(review=review).count() >= MOST:
        detail = format_lazy(_("每条评价最多 {most} 张图片"), most=MOST)
        raise Refusal("review.images_full", 409, detail, limit=MOST)


def _discard(names: dict[str, str]) -> None:
    for name in names.values():
        default_storage.delete(name)
