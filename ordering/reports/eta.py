"""Whether guests got their dishes when they were told.

An order counts when it was promised a time (``promised_at``), was neither cancelled nor rejected, and every
line of that promise is ready: those that the kitchen got at ``accepted_at`` and that were not voided.
Dishes added later were not promised. **Late** is the last of these lines' ``ready_at - promised_at`` in
whole seconds, negative when early; on time is what is not late. A station is measured by its own lines
against the order's promise. Hours are the local ones of accepting.
"""

from collections.abc import Iterator
from typing import Any

from ordering.reports import sql
from ordering.reports.span import Span
from ordering.reports.tables import Column, Report, Row, Table, average, station_names, text

RANKS = (50, 80)
SUMS = {"kept": "CASE WHEN s.value <= 0 THEN s.times ELSE 0 END", "missed": "ABS(s.value) * s.times"}
PROMISED = f"""
    SELECT d.place AS place, d.late AS value, COUNT(*) AS times FROM (
        SELECT {{place}} AS place, {{late}} AS late FROM {sql.LINES}
        WHERE {sql.IN_SPAN} AND {sql.NOT_ENDED} AND o.promised_at IS NOT NULL
            AND l.queued_at = o.accepted_at AND l.state <> 'voided'
        GROUP BY o.id, {{place}} HAVING COUNT(*) = COUNT(l.ready_at)
    ) AS d GROUP BY d.place, d.late"""
KEPT = sql.ranked(PROMISED, RANKS, SUMS)


def eta(days: Span) -> Table:
    """All orders together, by business day, by station and by hour."""
    stations = station_names(days)
    rows = [
        *_kept(days, "all", "1", lambda place: (None, "")),
        *_kept(days, "day", "o.business_day", lambda place: (str(place), str(place))),
        *_kept(days, "station", "l.station", lambda place: (place, stations.get(place, place))),
        *_kept(days, "hour", sql.hour("o.accepted_at", days), lambda place: (str(place), f"{place:02d}:00")),
    ]
    return Table(rows)


def _kept(days: Span, by: str, place: str, name: Any) -> Iterator[Row]:
    """A row for every day, station or hour, in the order of these."""
    late = sql.dialect().seconds.format(start="MAX(o.promised_at)", end="MAX(l.ready_at)")
    found: dict[Any, Row] = {}
    statement = KEPT.replace("{place}", place).replace("{late}", late)
    for where, every, kept, missed, percent, seconds in sql.read(statement, days):
        row = found.setdefault(where, _row(int(every), int(kept), int(missed)))
        row[f"late_p{percent}_seconds"] = int(seconds)
    for where in sorted(found):
        key, title = name(where)
        yield {"by": by, "key": key, "name": title, **found[where]}


def _row(orders: int, kept: int, missed: int) -> Row:
    return {
        "orders": orders,
        "on_time": kept,
        "on_time_percent": average(100 * kept, orders),
        "error_seconds": average(missed, orders),
    }


ETA = Report(
    "eta",
    "预计出餐准确度",
    "Whether orders were ready when it was promised: altogether, by business day, station and hour.",
    [
        text("by", "统计方式", words={"all": "全部", "day": "按日", "station": "按档口", "hour": "按小时"}),
        text("key", "编号", optional=True, help="The business day, the station's code, the local hour."),
        text("name", "名称"),
        Column("orders", "订单数", help="Promised, and all that was promised is ready."),
        Column("on_time", "准时"),
        Column("on_time_percent", "准时率(%)", help="To the nearest whole, halves up."),
        Column("error_seconds", "平均误差(秒)", help="How far from the promise, early or late, on average."),
        Column("late_p50_seconds", "迟到 P50(秒)", help="Negative: early."),
        Column("late_p80_seconds", "迟到 P80(秒)", help="Negative: early."),
    ],
    eta,
)
