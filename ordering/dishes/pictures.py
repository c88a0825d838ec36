"""Pictures of dishes: two WebP files under one random name, by whatever storage the settings name.

Files are written before the transaction and the old ones deleted after it, so that no transaction waits for a
storage and a rollback loses nothing; at worst a file stays that no dish names. ``dish.image`` is the large
one; the small one's name follows from it.
"""

import secrets
from collections.abc import Mapping
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import Storage
from django.db import transaction

from hub.transactions import Lock, Transaction
from ordering.dishes.actions import touch_menu
from ordering.dishes.models import Dish

FOLDER = "dishes"
SIZES = {"large": 1080, "small": 320}


def keep(pictures: Mapping[str, bytes]) -> str:
    """Write both sizes under a random name; the large one's name in the storage."""
    name = f"{FOLDER}/{secrets.token_hex(16)}"
    large = _storage().save(f"{name}.webp", ContentFile(pictures["large"]))
    _storage().save(small_of(large), ContentFile(pictures["small"]))
    return large


def discard(large: str) -> None:
    """Delete both sizes; nothing happens for a dish without a picture."""
    if large:
        _storage().delete(large)
        _storage().delete(small_of(large))


def set_image(tx: Transaction, dish: Dish, large: str) -> Dish:
    """Show the picture of this name (none for ""); the old one's files go once that is committed."""
    touch_menu(tx, dish.store)
    locked = tx.lock_one(Lock.DISH, Dish.objects.filter(pk=dish.pk))
    old = locked.image.name
    locked.image = large
    locked.save(update_fields=["image"])
    transaction.on_commit(lambda: discard(old), robust=True)
    return locked


def thumbnail(dish: Dish) -> str | None:
    """The address of the small picture, if there is one."""
    return dish.image.storage.url(small_of(dish.image.name)) if dish.image else None


def small_of(large: str) -> str:
    """The small picture's name in the storage."""
    return large.removesuffix(".webp") + "-small.webp"


def _storage() -> Storage:
    field: Any = Dish._meta.get_field("image")
    return field.storage
