"""B11's loops, in a process without sockets as a REST worker is: the product's door and the bare driver.

    python -m benchmarks.apps.transactions DATABASE_PORT ROUNDS SECONDS

prints one JSON object: for each variant `{"p50_us": [per round], "per_second": [per round]}`. `submit` is the
product's own, `door` bare rows of an order through `hub.transactions`, `raw` the same by the bare driver.
"Without" runs the same code with the numbering and writing of events switched off.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from statistics import median
from unittest.mock import patch

import django

django.setup()

from django.db import connection  # noqa: E402  (after the settings)

from benchmarks.apps import submits  # noqa: E402
from benchmarks.apps.cards import order_submitted, placed  # noqa: E402
from benchmarks.baselines import order_statements, raw_transaction  # noqa: E402
from hub import eventlog  # noqa: E402
from hub.transactions import Transaction, transact  # noqa: E402

STREAM, THREADS = "store:bench", 8
Once = Callable[[], None]


def plain(tx: Transaction) -> None:
    """The order's rows, nothing told."""
    with connection.cursor() as cursor:
        order_statements.submit(cursor)


def evented(tx: Transaction) -> None:
    """The same rows and the event."""
    with connection.cursor() as cursor:
        no = order_statements.submit(cursor)
    tx.record(STREAM, order_submitted(no))


def variants(port: int) -> dict[str, Callable[[], Once]]:
    """For each variant a maker of workers; every worker has a connection of its own."""
    who, dishes = submits.actor(), submits.menu()
    return {
        "submit with": lambda: submits.submitter(who, dishes),
        "submit without": lambda: submits.submitter(who, dishes),
        "door with": lambda: lambda: transact(evented, actor="bench"),
        "door without": lambda: lambda: transact(plain, actor="bench"),
        "raw with": lambda: raw_transaction.worker(port, placed()),
        "raw without": lambda: raw_transaction.worker(port, None),
    }


def events_off(name: str) -> AbstractContextManager[object]:
    """For the variants without: what is recorded is neither numbered nor written nor told."""
    return patch.object(eventlog, "append", lambda pending, actor: []) if "without" in name else nullcontext()


def alone(make: Callable[[], Once], seconds: float) -> float:
    """p50 in µs of one thread's transactions."""
    once, times, end = make(), [], time.perf_counter() + seconds
    once()
    while (begun := time.perf_counter()) < end:
        once()
        times.append(time.perf_counter() - begun)
    return median(times) * 1e6


def together(make: Callable[[], Once], seconds: float) -> float:
    """Transactions per second of THREADS threads on one hot store."""
    done, begin = [0] * THREADS, threading.Barrier(THREADS + 1)

    def work(number: int) -> None:
        once = make()
        once()
        begin.wait()
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            once()
            done[number] += 1
        connection.close()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    begin.wait()
    begun = time.perf_counter()
    for thread in threads:
        thread.join()
    return sum(done) / (time.perf_counter() - begun)


def warm_up(port: int) -> None:
    """Fill the database's caches and Python's."""
    for make in variants(port).values():
        together(make, 0.3)


def main(port: int, rounds: int, seconds: float) -> None:
    """Set up, then visit all variants in turn, round by round."""
    with connection.cursor() as cursor:
        order_statements.create(cursor)
    for stream in (STREAM, raw_transaction.STREAM):
        eventlog.create_stream(stream)
    warm_up(port)
    found: dict[str, dict[str, list[float]]] = {}
    for _ in range(rounds):
        for name, make in variants(port).items():
            figures = found.setdefault(name, {"p50_us": [], "per_second": []})
            with events_off(name):
                figures["p50_us"].append(alone(make, seconds))
                figures["per_second"].append(together(make, seconds))
    print(json.dumps(found))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))
