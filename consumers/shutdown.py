"""Going down in order: not ready, `bye` and close 4000 to all sockets, last answers, the server's exit."""

import asyncio
import logging
import os
import random
import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

from consumers import process
from consumers.closing import Close
from hub import lifecycle

logger = logging.getLogger("consumers.shutdown")

SPREAD_MS = (500, 3500)
DRAIN_SECONDS = 0.5
LAST_ANSWERS_SECONDS = 5.0
LOOK_AGAIN_SECONDS = 0.05
LAST_RESORT_SECONDS = 13.0

Handler = Callable[[int, FrameType | None], Any]


class Shutdown:
    """Wraps the server's SIGTERM and SIGINT handlers once it runs (daphne has no lifespan to tell us)."""

    def __init__(self) -> None:
        self._installed = False
        self._began = False

    def install(self) -> None:
        """Call on the event loop's thread while the server runs; repeating it does nothing."""
        if self._installed or threading.current_thread() is not threading.main_thread():
            return
        self._installed = True
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            before = signal.getsignal(number)
            if callable(before):
                signal.signal(number, self._wrap(loop, before))

    def _wrap(self, loop: asyncio.AbstractEventLoop, before: Handler) -> Handler:
        def handle(number: int, frame: FrameType | None) -> None:
            if self._began:
                before(number, frame)
                return
            self._began = True
            lifecycle.state.stopping = True
            _end_at_the_latest()
            loop.call_soon_threadsafe(self._begin, loop, lambda: before(number, None))

        return handle

    def _begin(self, loop: asyncio.AbstractEventLoop, leave: Callable[[], Any]) -> None:
        told = _say_bye()
        logger.info("stopping", extra={"sockets": told})
        deadline = loop.time() + LAST_ANSWERS_SECONDS
        loop.call_later(DRAIN_SECONDS if told else 0, self._finish, loop, leave, deadline)

    def _finish(self, loop: asyncio.AbstractEventLoop, leave: Callable[[], Any], deadline: float) -> None:
        """Leave once the requests in hand are answered: a thread that waits for a stopped loop never ends."""
        lifecycle.state.leaving = True
        if lifecycle.state.requests and loop.time() < deadline:
            loop.call_later(LOOK_AGAIN_SECONDS, self._finish, loop, leave, deadline)
            return
        _say_bye()
        leave()


def _say_bye() -> int:
    """Tell every socket that is not closing yet when to come back; how many that were."""
    here = process.existing()
    sockets = [socket for socket in here.sockets if socket.closing is None] if here else []
    for socket in sockets:
        socket.bye(Close.SHUTDOWN, random.randint(*SPREAD_MS), "shutdown")
    return len(sockets)


def _end_at_the_latest() -> None:
    timer = threading.Timer(LAST_RESORT_SECONDS, os._exit, [1])
    timer.daemon = True
    timer.start()
