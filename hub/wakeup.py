"""After commit: tell this process's readers at once and the other processes through the channel layer.

A wake carries the encoded events, yet nobody's correctness depends on it: readers check that it is next in
line and read the log where it is not, and a sweep finds what no wake announced.
"""

import asyncio
import logging
import threading
from collections.abc import Callable
from typing import Any

import msgspec
from channels.layers import get_channel_layer
from redis.exceptions import RedisError

from hub.eventlog import Run

logger = logging.getLogger("hub.wakeup")

Deliver = Callable[[Run], None]

QUEUE_LIMIT = 1000
PUBLISH_TIMEOUT = 1.0
LOST = (RedisError, OSError, TimeoutError, asyncio.TimeoutError)

encode = msgspec.msgpack.Encoder().encode
decode = msgspec.msgpack.Decoder(Run).decode


def group(stream: str) -> str:
    """The channel-layer group of the processes that care about a stream."""
    return "wake." + stream.replace(":", ".")


def crosses_processes(layer: Any) -> bool:
    """Whether this layer reaches other processes (the in-memory one does not)."""
    return layer is not None and not type(layer).__name__.startswith("InMemory")


class Bus:
    """Where commits of this process become wakes. One per process."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._deliver: Deliver | None = None
        self._publisher: Publisher | None = None
        self._guard = threading.Lock()

    def attach(self, loop: asyncio.AbstractEventLoop, deliver: Deliver) -> None:
        """Have ``deliver`` called on ``loop`` for every run that this process commits."""
        with self._guard:
            self._loop, self._deliver = loop, deliver
            self._publisher = None

    def detach(self) -> None:
        """Forget the loop (it is closing)."""
        with self._guard:
            self._loop = self._deliver = self._publisher = None

    def tell(self, runs: tuple[Run, ...]) -> None:
        """Called after commit, from any thread; never blocks and never raises for a dead loop or layer."""
        loop, deliver = self._loop, self._deliver
        if loop is not None and deliver is not None:
            try:
                loop.call_soon_threadsafe(self._arrive, runs, deliver)
                return
            except RuntimeError:  # the loop has closed: this process is going down
                return
        self._publish(runs)

    def _arrive(self, runs: tuple[Run, ...], deliver: Deliver) -> None:
        for run in runs:
            deliver(run)
        publisher = self._publisher or self._start_publisher()
        if publisher is not None:
            publisher.accept(runs)

    def _publish(self, runs: tuple[Run, ...]) -> None:
        publisher = self._publisher or self._start_publisher()
        if publisher is not None:
            publisher.put(runs)

    def _start_publisher(self) -> "Publisher | None":
        with self._guard:
            if self._publisher is None and crosses_processes(get_channel_layer()):
                self._publisher = Publisher(self._loop or _thread_loop())
            return self._publisher


def _thread_loop() -> asyncio.AbstractEventLoop:
    """A loop in a thread of its own, for processes that serve no sockets (worker, WSGI)."""
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="wakeup", daemon=True).start()
    return loop


class Publisher:
    """One bounded background queue per process; when it is full the oldest wake is dropped."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._runs: list[Run] = []
        self._busy = False
        self.dropped = 0

    def put(self, runs: tuple[Run, ...]) -> None:
        """Queue wakes, from any thread."""
        try:
            self._loop.call_soon_threadsafe(self.accept, runs)
        except RuntimeError:  # the loop has closed
            return

    def accept(self, runs: tuple[Run, ...]) -> None:
        """Queue wakes, on the loop's own thread."""
        self._runs.extend(runs)
        overflow = len(self._runs) - QUEUE_LIMIT
        if overflow > 0:
            self.dropped += overflow
            del self._runs[:overflow]
        if not self._busy:
            self._busy = True
            self._task = self._loop.create_task(self._drain())

    async def _drain(self) -> None:
        layer = get_channel_layer()
        try:
            while self._runs:
                run = self._runs.pop(0)
                message = {"type": "wake", "run": encode(run)}
                try:
                    # Not wait_for: it would make a task for every wake.
                    async with asyncio.timeout(PUBLISH_TIMEOUT):
                        await layer.group_send(group(run.stream), message)
                except LOST as error:
                    logger.warning("wake not published", extra={"error": type(error).__name__})
        finally:
            self._busy = False


bus = Bus()
