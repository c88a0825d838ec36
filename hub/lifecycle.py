"""What this process knows of its own life: whether it is stopping, what it still does, how far it lags."""

import sys
import time


def share_interpreter() -> None:
    """Let threads take turns every half a millisecond.

    By default a thread that has just committed keeps the interpreter from the event loop (or the publisher
    from the next transaction) for up to 5 ms.
    """
    sys.setswitchinterval(0.0005)


class Lifecycle:
    """One per process. ``last_sweep``: monotonic second of the last good sweep, None without sockets.

    ``stopping``: not ready for new clients; ``leaving``: no new request is taken either; ``requests`` are
    those that Django has in hand.
    """

    def __init__(self) -> None:
        self.stopping = False
        self.leaving = False
        self.requests = 0
        self.migrated = False
        self.last_sweep: float | None = None

    def event_lag(self) -> float:
        """Seconds since the last good sweep of the log; 0 in a process that has nothing to sweep."""
        return 0.0 if self.last_sweep is None else time.monotonic() - self.last_sweep


state = Lifecycle()
