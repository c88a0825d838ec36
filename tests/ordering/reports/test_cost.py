"""What a report costs is what its days hold: by the database's own plan, and by the rows it read."""

from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection

from ordering.reports import sql
from ordering.reports.catalogue import REPORTS
from ordering.reports.span import Span
from tests.ordering.reports.month import FIRST, Month

LAST = FIRST + timedelta(days=2)
OF_ORDERS = {
    "o": "orders_order", "l": "orders_line", "p": "payments_payment", "r": "payments_refund",
    "v": "reviews_review", "g": "reviews_dishrating",
}  # fmt: skip
WITHOUT = "IGNORE INDEX (order_by_day, order_by_status)"
OLDER = 500


@contextmanager
def statements():
    """The statements that are sent meanwhile, with their parameters."""
    found = []

    def keep(execute, text, parameters, many, context):
        found.append((text, parameters))
        return execute(text, parameters, many, context)

    with connection.execute_wrapper(keep):
        yield found


def plan_of(text, parameters):
    """(table's alias, access type, index) of every step."""
    with connection.cursor() as cursor:
        if connection.vendor == "mysql":
            cursor.execute("EXPLAIN " + text, parameters)
            return [(row[2], row[3], row[5]) for row in cursor.fetchall()]
        cursor.execute("EXPLAIN QUERY PLAN " + text, parameters)
        steps = [row[3].split() for row in cursor.fetchall()]
        return [(step[1], "ALL" if step[0] == "SCAN" else step[0], step[-2]) for step in steps]


def plans(days):
    """Every step of every statement of every report, with the report's name."""
    found = []
    for report in REPORTS:
        with statements() as sent:
            report.make(days)
        assert sent
        found += [(report.name, *step) for text, values in sent for step in plan_of(text, values)]
    return found


def full_scans(steps):
    """Steps that read all of a table or of an index that grows with every order."""
    known = {*OF_ORDERS, *OF_ORDERS.values()}
    return [step for step in steps if step[1] in known and step[2] in ("ALL", "index")]


def analysed():
    """The planner knows the tables as they are."""
    with connection.cursor() as cursor:
        for table in OF_ORDERS.values():
            cursor.execute(f"ANALYZE {'TABLE' if connection.vendor == 'mysql' else ''} {table}")


@pytest.mark.both
@pytest.mark.django_db
def test_no_statement_reads_a_whole_table(store, other_store):
    Month(store, 120)
    Month(other_store, 40, seed=3)
    # First and last: a few days, and all there is, when reading everything would look cheap.
    for last in (LAST, FIRST + timedelta(days=29)):
        steps = plans(Span(store, FIRST, last))
        assert full_scans(steps) == []
        assert {step[1] for step in steps} >= set(OF_ORDERS)


@pytest.mark.mariadb
@pytest.mark.django_db(transaction=True)
def test_no_statement_reads_a_whole_table_of_a_planner_that_knows_them(store, other_store):
    Month(store, 300)
    Month(other_store, 150, seed=3)
    analysed()
    for last in (LAST, FIRST + timedelta(days=29)):
        steps = plans(Span(store, FIRST, last))
        assert full_scans(steps) == []
        assert {step[3] for step in steps if step[1] == "o"} == {"order_by_day"}


@pytest.mark.mariadb
@pytest.mark.django_db(transaction=True)
def test_control_without_the_index_whole_tables_are_read(store, other_store, monkeypatch):
    Month(store, 300)
    analysed()
    monkeypatch.setattr(sql, "MYSQL", replace(sql.MYSQL, by_day=WITHOUT))
    scanned = {(name, table) for name, table, *_ in full_scans(plans(Span(store, FIRST, LAST)))}
    assert {name for name, _ in scanned} == {report.name for report in REPORTS}


def rows_read(report, days):
    """How many rows the server handled for the report."""

    def count():
        with connection.cursor() as cursor:
            cursor.execute("SHOW SESSION STATUS LIKE 'Handler_read%'")
            return sum(int(value) for _, value in cursor.fetchall())

    quiet = count()
    begin = count()
    report.make(days)
    return count() - begin - (begin - quiet)


def costs(days):
    return {report.name: rows_read(report, days) for report in REPORTS}


def grow(store, other_store):
    """Another restaurant's month, and the store's own past."""
    Month(other_store, OLDER, seed=3)
    Month(store, OLDER, first=FIRST - timedelta(days=300), days=300, seed=2)
    analysed()


@pytest.mark.mariadb
@pytest.mark.django_db(transaction=True)
def test_other_stores_and_older_orders_cost_nothing(store, other_store):
    Month(store, 300)
    Month(other_store, 3, seed=3)  # their menu
    analysed()
    days = Span(store, FIRST, LAST)
    before = costs(days)
    grow(store, other_store)
    assert min(before.values()) > 0
    assert costs(days) == before


@pytest.mark.mariadb
@pytest.mark.django_db(transaction=True)
def test_control_without_the_index_they_are_read_too(store, other_store, monkeypatch):
    monkeypatch.setattr(sql, "MYSQL", replace(sql.MYSQL, by_day=WITHOUT))
    Month(store, 300)
    analysed()
    days = Span(store, FIRST, LAST)
    before = costs(days)
    grow(store, other_store)
    after = costs(days)
    assert all(after[name] > before[name] + OLDER for name in before), (before, after)
