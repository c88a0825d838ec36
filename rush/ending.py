"""How a rush is ended from outside: signals, and the end of the process that started it."""

import asyncio
import contextlib
import os
import signal
import threading
from collections.abc import Callable

STANDARD_INPUT = 0
SIGNALS = (signal.SIGINT, signal.SIGTERM)


def on_stop(stop: Callable[[], None], with_parent: bool) -> None:
    """SIGINT and SIGTERM stop it, and so does the end of standard input where that is asked for."""
    loop = asyncio.get_running_loop()
    for signum in SIGNALS:
        loop.add_signal_handler(signum, first_stop, loop, stop)
    if with_parent:
        threading.Thread(target=wait_for_end, args=(loop, stop), daemon=True).start()


def first_stop(loop: asyncio.AbstractEventLoop, stop: Callable[[], None]) -> None:
    """Stop; the next signal ends the process as it usually would."""
    for signum in SIGNALS:
        loop.remove_signal_handler(signum)
    stop()


def wait_for_end(loop: asyncio.AbstractEventLoop, stop: Callable[[], None]) -> None:
    """Until the parent closes our standard input, which its death does too."""
    while os.read(STANDARD_INPUT, 1024):  # unbuffered: a lock of sys.stdin would be missed at the very end
        pass
    with contextlib.suppress(RuntimeError):
        loop.call_soon_threadsafe(stop)
