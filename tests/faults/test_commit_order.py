"""Commit order is not id order: a reader of our log misses nothing, a reader of AUTO_INCREMENT ids does."""

import random
import threading
import time

import pytest
from django.db import connection, transaction

from hub import eventlog, transactions
from tests.faults import noise

pytestmark = [pytest.mark.mariadb, pytest.mark.django_db(transaction=True)]
WRITERS, EACH = 8, 25
NAIVE = "CREATE TABLE naive_log (id BIGINT AUTO_INCREMENT PRIMARY KEY, n INT NOT NULL)"


def write_ours(rng):
    def work(tx):
        noise.change()(tx)
        time.sleep(rng.uniform(0, 0.004))

    transactions.transact(work, actor="system")


def write_naively(rng):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("INSERT INTO naive_log (n) VALUES (1)")
        time.sleep(rng.uniform(0, 0.004))


def read_ours(position):
    return [event.seq for event in eventlog.read_after(noise.STREAM, position)]


def read_naively(position):
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM naive_log WHERE id > %s ORDER BY id", [position])
        return [row[0] for row in cursor.fetchall()]


def lost(write, read):
    """How many of all rows a reader never saw that polls behind its position while writers commit."""
    done = threading.Event()
    seen = []

    def writer(number):
        rng = random.Random(number)
        for _ in range(EACH):
            write(rng)
        connection.close()

    def reader():
        position = 0
        while True:
            last_look = done.is_set()
            fresh = read(position)
            seen.extend(fresh)
            position = max([position, *fresh])
            if last_look and not fresh:
                return connection.close()

    threads = [threading.Thread(target=writer, args=(number,)) for number in range(WRITERS)]
    watcher = threading.Thread(target=reader)
    for thread in (watcher, *threads):
        thread.start()
    for thread in threads:
        thread.join()
    done.set()
    watcher.join()
    assert seen == sorted(set(seen))
    return WRITERS * EACH - len(seen)


def test_a_reader_of_the_log_misses_nothing(store):
    before = len(read_ours(0))
    assert lost(write_ours, read_ours) == -before
    assert read_ours(0) == list(range(1, before + WRITERS * EACH + 1))


def test_control_auto_increment():
    with connection.cursor() as cursor:
        cursor.execute(NAIVE)
        try:
            assert lost(write_naively, read_naively) > 0
        finally:
            cursor.execute("DROP TABLE naive_log")
