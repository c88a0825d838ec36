"""Reads of the database for the readers: a small pool of threads that keep their connections."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from django.db import InterfaceError, OperationalError, connection

P = ParamSpec("P")
T = TypeVar("T")

THREADS = 4


class Pool:
    """Runs reads off the event loop. One per process and loop."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="reader")

    async def read(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The result of ``work`` in a pool thread; a connection that died is replaced once."""
        return await asyncio.get_running_loop().run_in_executor(
            self._threads, lambda: _with_fresh_connection(work, *args, **kwargs)
        )

    def close(self) -> None:
        """Let the threads end; their connections go with them."""
        for _ in range(THREADS):
            self._threads.submit(connection.close)
        self._threads.shutdown(wait=False)


def _with_fresh_connection(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    try:
        return work(*args, **kwargs)
    except (OperationalError, InterfaceError):
        connection.close()
    try:
        return work(*args, **kwargs)
    except (OperationalError, InterfaceError):
        connection.close()
        raise
