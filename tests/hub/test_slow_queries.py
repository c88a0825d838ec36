"""The slow-query log: which statement, how long, for whom; never a value, and nothing when all is quick."""

import logging
import threading

import pytest
from django.db import connection

from hub import logs

pytestmark = pytest.mark.django_db

SECRET = "canary-13800138000"


def ask(value=SECRET):
    with connection.cursor() as cursor:
        cursor.execute("SELECT  %s,\n 1", [value])
        return cursor.fetchone()


def slow(caplog):
    return [record for record in caplog.records if record.name == "hub.slow"]


@pytest.mark.both
def test_a_slow_statement_is_told_without_its_values(settings, caplog):
    settings.SLOW_QUERY_MS = 0.000001
    with logs.request_scope("request-1"):
        caplog.handler.addFilter(logs.RequestIdFilter())
        assert ask() == (SECRET, 1)
    (told,) = slow(caplog)
    assert (told.levelno, told.statement, told.many, told.request_id) == (
        logging.WARNING,
        "SELECT %s, 1",
        False,
        "request-1",
    )
    assert told.duration_ms >= 0 and SECRET not in str(vars(told))


def test_a_refused_statement_is_told_too(settings, caplog):
    settings.SLOW_QUERY_MS = 0.000001
    with pytest.raises(Exception, match="nowhere"), connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM nowhere")
    assert [told.statement for told in slow(caplog)] == ["SELECT 1 FROM nowhere"]


@pytest.mark.parametrize("limit", [0, 60_000])
def test_quick_statements_are_not(settings, caplog, limit):
    settings.SLOW_QUERY_MS = limit
    ask()
    assert slow(caplog) == []


@pytest.mark.django_db(transaction=True)
def test_connections_of_other_threads_have_it(settings, caplog):
    settings.SLOW_QUERY_MS = 0.000001

    def elsewhere():
        try:
            ask()
        finally:
            connection.close()

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert "SELECT %s, 1" in [told.statement for told in slow(caplog)]
