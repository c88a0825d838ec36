"""How the admin shows money: in yuan, wherever a column counts fen."""

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.utils.functional import lazy

from hub import money

UNITS = ("(分)", "(fen)", "(元)")


def yuan(fen: int | None) -> str:
    """An amount as people read it."""
    return "-" if fen is None else f"¥{money.yuan(fen)}"


@cache  # forms compare columns by identity
def in_yuan(model: type[Model], name: str) -> Callable[[Model], str]:
    """A column for ``list_display`` and read-only pages: the amount of the field ``name``."""
    label = model._meta.get_field(name).verbose_name

    @admin.display(description=lazy(lambda: _without_unit(str(label)), str)(), ordering=name)
    def shown(row: Model) -> str:
        return yuan(getattr(row, name))

    return shown


def fields_in_yuan(model: type[Model], names: Iterable[Any]) -> list[Any]:
    """The names with those of amounts replaced by columns in yuan."""
    return [in_yuan(model, name) if str(name).endswith("_fen") else name for name in names]


def _without_unit(label: str) -> str:
    for unit in UNITS:
        label = label.replace(unit, "")
    return label.strip()
