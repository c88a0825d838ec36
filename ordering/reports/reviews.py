"""What guests thought: ratings of whole orders by business day, and of dishes.

Only published reviews count, as in the menu, each on the business day of its order. An average has one
decimal, halves up. ``replied`` counts the reviews that the restaurant answered; a dish's, those in which it
is rated.
"""

from typing import Any

from ordering.dishes.ratings import average
from ordering.reports import sql
from ordering.reports.span import Span
from ordering.reports.tables import Column, Kind, Report, Row, Table, dish_names, text

STARS = {5: "五星", 4: "四星", 3: "三星", 2: "二星", 1: "一星"}
SAID = "COUNT(*), SUM(CASE WHEN v.reply <> '' THEN 1 ELSE 0 END)"
SHOWN = f"{sql.IN_SPAN} AND v.state = 'published'"

BY_DAY = f"""
    SELECT o.business_day, v.rating, {SAID} FROM {sql.REVIEWS}
    WHERE {SHOWN} GROUP BY o.business_day, v.rating"""
BY_DISH = f"""
    SELECT g.dish_id, g.rating, {SAID} FROM {sql.RATINGS}
    WHERE {SHOWN} GROUP BY g.dish_id, g.rating ORDER BY 1"""


def reviews(days: Span) -> Table:
    """All orders together, every day, then every dish that was rated, the best first."""
    whole = _row("all", None, "")
    by_day = {each.isoformat(): _row("day", each.isoformat(), each.isoformat()) for each in days.days}
    for each, *said in sql.read(BY_DAY, days):
        for row in (whole, by_day[str(each)]):
            _add(row, *said)
    names = dish_names(days)
    by_dish: dict[int, Row] = {}
    for dish, *said in sql.read(BY_DISH, days):
        _add(by_dish.setdefault(dish, _row("dish", str(dish), names[dish])), *said)
    rows = [*map(_averaged, (whole, *by_day.values())), *_best(map(_averaged, by_dish.values()))]
    return Table(rows)


def _row(by: str, key: str | None, name: str) -> Row:
    stars = {f"stars_{number}": 0 for number in STARS}
    return {"by": by, "key": key, "name": name, "count": 0, "average": None, **stars, "replied": 0}


def _add(row: Row, rating: int, count: Any, replied: Any) -> None:
    row["count"] += int(count)
    row[f"stars_{rating}"] += int(count)
    row["replied"] += int(replied)


def _averaged(row: Row) -> Row:
    total = sum(number * row[f"stars_{number}"] for number in STARS)
    return row | (average(total, row["count"]) or {})


def _best(rows: Any) -> list[Row]:
    return sorted(rows, key=lambda row: (-row["average"], -row["count"], int(row["key"])))


REVIEWS = Report(
    "reviews",
    "评价",
    "What guests thought of their orders, day by day, and of the dishes; published reviews only.",
    [
        text("by", "统计方式", words={"all": "全部", "day": "按日", "dish": "按菜品"}),
        text("key", "编号", optional=True, help="The business day, the dish's id."),
        text("name", "名称"),
        Column("count", "评价数", help="Reviews of orders; of a dish, how often it was rated."),
        Column("average", "平均分", Kind.RATING, help="One decimal, halves up.", optional=True),
        *(Column(f"stars_{number}", title) for number, title in STARS.items()),
        Column("replied", "已回复"),
    ],
    reviews,
)
