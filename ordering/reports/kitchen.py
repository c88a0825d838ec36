"""What was sold most, and how long the kitchen took.

- **Top dishes**: portions and amounts of live lines (not voided) of orders that are neither cancelled nor
  rejected. The amount is what the lines cost before any discount. A combo counts as the dishes it is made of,
  at their shares of its price, for these are the lines of an order.
- **Prep time** of a line is ``ready_at - queued_at``: from the kitchen having it until it was called ready;
  **cooking time** is ``ready_at - started_at`` where a cook had said that it was begun. Every line with both
  times counts, whatever became of it afterwards, in whole seconds (a part of one is dropped). p50, p80 and
  p95 are nearest ranks: the p-th percentile of n times is the ceil(p * n / 100)-th shortest of them. The hour
  is the local one in which the kitchen got the line.

Percentiles are found in the database (`sql.ranked`): three rows for each dish, station and hour come over.
"""

from collections.abc import Iterator
from typing import Any

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from ordering.reports import sql
from ordering.reports.span import Span
from ordering.reports.tables import Column, Report, Row, Table, dish_names, fen, station_names, text

RANKS = (50, 80, 95)
WAITS = {"prep": "l.queued_at", "cooking": "l.started_at"}
NAMES = [f"{wait}_{what}" for wait in WAITS for what in ("count", *(f"p{rank}_seconds" for rank in RANKS))]

SOLD = f"""
    SELECT l.dish_id, SUM(l.quantity), SUM(l.amount_fen) FROM {sql.LINES}
    WHERE {sql.IN_SPAN} AND {sql.NOT_ENDED} AND l.state <> 'voided'
    GROUP BY l.dish_id ORDER BY 2 DESC, 3 DESC, 1"""
WAITED = sql.ranked(
    f"""
    SELECT {{place}} AS place, {{waited}} AS value, COUNT(*) AS times FROM {sql.LINES}
    WHERE {sql.IN_SPAN} AND {{start}} IS NOT NULL AND l.ready_at IS NOT NULL GROUP BY 1, 2""",
    RANKS,
)


def top_dishes(days: Span) -> Table:
    """A row for every dish that was sold, most portions first; then the most money."""
    names = dish_names(days)
    return Table(
        [
            {"dish": dish, "name": names[dish], "quantity": int(quantity), "amount_fen": int(amount)}
            for dish, quantity, amount in sql.read(SOLD, days)
        ]
    )


def prep_time(days: Span) -> Table:
    """All lines together, then by station, by dish and by hour."""
    stations = station_names(days)
    rows = [
        *_waits(days, "all", "1", lambda place: (None, "")),
        *_waits(days, "station", "l.station", lambda place: (place, stations.get(place, place))),
        *_waits(days, "dish", "l.dish_id", _named(dish_names(days))),
        *_waits(days, "hour", sql.hour("l.queued_at", days), lambda place: (str(place), f"{place:02d}:00")),
    ]
    return Table(rows)


def _named(names: dict[int, str]) -> Any:
    return lambda place: (str(place), names[place])


def _waits(days: Span, by: str, place: str, name: Any) -> Iterator[Row]:
    """A row for every station, dish or hour, in the order of these."""
    found: dict[Any, Row] = {}
    for wait, start in WAITS.items():
        for where, every, percent, waited in _ranked(days, place, start):
            row = found.setdefault(where, dict.fromkeys(NAMES) | {f"{each}_count": 0 for each in WAITS})
            row |= {f"{wait}_count": int(every), f"{wait}_p{percent}_seconds": int(waited)}
    for where in sorted(found):
        key, title = name(where)
        yield {"by": by, "key": key, "name": title, **found[where]}


def _ranked(days: Span, place: str, start: str) -> list[tuple[Any, ...]]:
    statement = WAITED.replace("{place}", place).replace("{start}", start)
    return sql.read(statement.replace("{waited}", sql.seconds(start, "l.ready_at")), days)


def _seconds(wait: str, title: str) -> list[Column]:
    ranks = [
        Column(f"{wait}_p{rank}_seconds", _said("{title} P{rank}(秒)", title, rank=rank), optional=True)
        for rank in RANKS
    ]
    return [Column(f"{wait}_count", _said("{title}份数", title), help="How many lines."), *ranks]


def _said(text: str, title: str, **values: Any) -> Any:
    return format_lazy(_(text), title=_(title), **values)


TOP_DISHES = Report(
    "top-dishes",
    "菜品销量",
    "Portions and amounts of what was sold; cancelled, rejected and voided does not count.",
    [
        Column("dish", "菜品编号"),
        text("name", "菜品", help="What it is called today."),
        Column("quantity", "份数"),
        fen("amount_fen", "金额(元)", help="Before any discount."),
    ],
    top_dishes,
)
PREP_TIME = Report(
    "prep-time",
    "出餐时间",
    "How long lines took from the kitchen having them, and from being begun, until they were ready.",
    [
        text(
            "by", "统计方式", words={"all": "全部", "station": "按档口", "dish": "按菜品", "hour": "按小时"}
        ),
        text("key", "编号", optional=True, help="The station's code, the dish's id, the local hour."),
        text("name", "名称"),
        *_seconds("prep", "出餐"),
        *_seconds("cooking", "制作"),
    ],
    prep_time,
)
