"""How reports read: one index leads to the orders of the days, keys lead on to their lines and payments.

Every statement begins at the orders of one store and span by the index ``order_by_day`` and goes on by the
indexes of ``orders_line.order_id``, ``payments_payment.order_no``, ``payments_refund.order_no`` and
``reviews_review.order_id``, or by primary keys. Where it begins and in which order it joins is said in the
statement, so that a planner with old statistics cannot begin at the wrong end: the cost is that of the days
asked for, whatever else there is.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from django.db import connection

from ordering.reports.span import Span, offsets


@dataclass(frozen=True, slots=True)
class Dialect:
    """What databases say differently. ``then`` joins in the order written; ``hour`` is of a shifted time."""

    by_day: str
    then: str
    seconds: str
    hour: str


MYSQL = Dialect(
    by_day="FORCE INDEX (order_by_day)",
    then="STRAIGHT_JOIN",
    seconds="TIMESTAMPDIFF(SECOND, {start}, {end})",
    hour="HOUR(DATE_ADD({column}, INTERVAL {ahead} SECOND))",
)
SQLITE = Dialect(
    by_day="INDEXED BY order_by_day",
    then="CROSS JOIN",
    seconds="(django_timestamp_diff({end}, {start}) / 1000000)",
    hour="CAST(strftime('%%H', {column}, ({ahead}) || ' seconds') AS INTEGER)",
)

ORDERS = "orders_order AS o {by_day}"
LINES = f"{ORDERS} {{then}} orders_line AS l ON l.order_id = o.id"
PAYMENTS = f"{ORDERS} {{then}} payments_payment AS p ON p.order_no = o.no"
REFUNDS = (
    f"{ORDERS} {{then}} payments_refund AS r ON r.order_no = o.no"
    " {then} payments_payment AS p ON p.id = r.payment_id"
)
COUPONS = (
    f"{ORDERS} {{then}} coupons_coupon AS c ON c.id = o.coupon_id"
    " {then} coupons_plan AS n ON n.id = c.plan_id"
)
REVIEWS = f"{ORDERS} {{then}} reviews_review AS v ON v.order_id = o.id"
RATINGS = f"{REVIEWS} {{then}} reviews_dishrating AS g ON g.review_id = v.id"
IN_SPAN = "o.store_id = %(store)s AND o.business_day BETWEEN %(first)s AND %(last)s"
NOT_ENDED = "o.status NOT IN ('cancelled', 'rejected')"


def read(statement: str, days: Span, **values: Any) -> list[tuple[Any, ...]]:
    """The rows of a statement made of the parts above; ``values`` are its further parameters."""
    said = dialect()
    text = statement.format(by_day=said.by_day, then=said.then)
    place = {"store": days.store.pk, "first": days.first.isoformat(), "last": days.last.isoformat()}
    with connection.cursor() as cursor:
        cursor.execute(text, {**place, **values})
        return list(cursor.fetchall())


def ranked(counted: str, percents: Iterable[int], sums: Mapping[str, str] | None = None) -> str:
    """A statement of ``place, every, *sums, percent, value``: nearest ranks of the values of every place.

    ``counted`` selects ``place, value, times``: the values of a place with how often each is there. A running
    sum over these counts tells at which value a rank lies, so that a row for each place and percent comes
    over. ``every`` is how many there are; ``sums`` are further sums over the rows ``s`` of ``counted``.
    """
    names = "".join(f", t.{name}" for name in sums or {})
    more = "".join(
        f", SUM({term}) OVER (PARTITION BY s.place) AS {name}" for name, term in (sums or {}).items()
    )
    return f"""
    SELECT t.place, t.every{names}, k.percent, MIN(t.value) FROM (
        SELECT s.place, s.value, SUM(s.times) OVER (PARTITION BY s.place) AS every{more},
            SUM(s.times) OVER (PARTITION BY s.place ORDER BY s.value) AS upto
        FROM ({counted}) AS s
    ) AS t JOIN ({" UNION ALL ".join(f"SELECT {percent} AS percent" for percent in percents)}) AS k
        ON t.upto * 100 >= k.percent * t.every
    GROUP BY t.place, t.every{names}, k.percent"""


def dialect() -> Dialect:
    """The words of the database at hand."""
    return MYSQL if connection.vendor == "mysql" else SQLITE


def seconds(start: str, end: str) -> str:
    """Whole seconds from one column's time to another's; 0 where clocks ran backwards."""
    passed = dialect().seconds.format(start=start, end=end)
    return f"CASE WHEN {end} > {start} THEN {passed} ELSE 0 END"


def hour(column: str, days: Span) -> str:
    """The local hour (0 to 23) of a column's time."""
    (_, first), *later = offsets(days)
    ahead = str(first)
    for since, seconds_ahead in later:
        moment = since.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
        ahead = f"CASE WHEN {column} >= '{moment}' THEN {seconds_ahead} ELSE {ahead} END"
    return dialect().hour.format(column=column, ahead=ahead)
