"""Going down in order: not ready, then `bye` and close 4000 to every socket, then the server's own exit."""

import asyncio
import logging
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
            loop.call_soon_threadsafe(self._say_bye, loop, lambda: before(number, None))

        return handle

    def _say_bye(self, loop: asyncio.AbstractEventLoop, leave: Callable[[], Any]) -> None:
        here = process.existing()
        sockets = tuple(here.sockets) if here else ()
        for socket in sockets:
            socket.bye(Close.SHUTDOWN, random.randint(*SPREAD_MS), "shutdown")
        logger.info("stopping", extra={"sockets": len(sockets)})
        loop.call_later(DRAIN_SECONDS if sockets else 0, leave)
