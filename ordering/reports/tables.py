"""What a report is: a table with named columns, from which come JSON, CSV, XLSX and the OpenAPI document."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ordering.dishes.models import Dish
from ordering.reports.span import Span
from ordering.restaurant.models import Station

Row = dict[str, Any]


class Kind(StrEnum):
    """What stands in a column; money is whole fen in JSON and yuan on sheets, a rating has one decimal."""

    TEXT = "text"
    DAY = "day"
    WHOLE = "whole"
    MONEY = "money"
    RATING = "rating"


@dataclass(frozen=True, slots=True)
class Column:
    """``name`` in JSON, ``title`` on sheets; ``words`` are what a code is called there."""

    name: str
    title: str
    kind: Kind = Kind.WHOLE
    help: str = ""
    words: dict[str, str] | None = None
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of a report, and their sum where there is one."""

    rows: list[Row]
    total: Row | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """One report: ``name`` is the end of its address, ``make`` reads it."""

    name: str
    title: str
    description: str
    columns: Sequence[Column]
    make: Callable[[Span], Table]


def day(title: str = "营业日") -> Column:
    """A business day; null in rows that are not of one day."""
    return Column("day", title, Kind.DAY, optional=True)


def text(name: str, title: str, **more: Any) -> Column:
    """Words, or a code that ``words`` translates on sheets."""
    return Column(name, title, Kind.TEXT, **more)


def fen(name: str, title: str, **more: Any) -> Column:
    """Money."""
    return Column(name, title, Kind.MONEY, **more)


def dish_names(days: Span) -> dict[int, str]:
    """What the store's dishes are called today, by id."""
    return dict(Dish.objects.filter(store=days.store).values_list("pk", "name"))


def station_names(days: Span) -> dict[str, str]:
    """What the store's stations are called today, by code."""
    return dict(Station.objects.filter(store=days.store).values_list("code", "name"))


def average(total: int, count: int) -> int:
    """``total / count`` to the nearest whole, halves up; 0 of nothing."""
    return (2 * total + count) // (2 * count) if count else 0
