"""The product's ASGI application, unchanged, behind a private route that commits events by its door."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import transaction

from asgi import application as product
from benchmarks.apps.cards import event_of
from benchmarks.baselines.driver import PATH, Burst, answer, read_burst
from hub.transactions import Transaction, transact

# One thread, as one request at a time is what a busy store looks like to its stream row.
threads = ThreadPoolExecutor(1, thread_name_prefix="bench")


def commit(burst: Burst) -> list[int]:
    """One transaction per event; the times at which COMMIT had returned and the first on_commit hook ran."""
    times: list[int] = []

    def work(tx: Transaction) -> None:
        transaction.on_commit(lambda: times.append(time.monotonic_ns()))
        tx.record(burst.stream, event_of(burst.stream))

    for _ in range(burst.n):
        transact(work, actor="bench")
        time.sleep(burst.pause_us / 1e6)
    return times


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """The private route, or the product."""
    if scope["type"] == "http" and scope["path"] == PATH:
        burst = read_burst(scope["query_string"].decode())
        times = await asyncio.get_running_loop().run_in_executor(threads, commit, burst)
        await answer(send, times)
    else:
        await product(scope, receive, send)
