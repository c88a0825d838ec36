"""What this process knows of its own life: whether it is stopping, and how far its readers lag."""

import time


class Lifecycle:
    """One per process. ``last_sweep``: monotonic second of the last good sweep, None without sockets."""

    def __init__(self) -> None:
        self.stopping = False
        self.migrated = False
        self.last_sweep: float | None = None

    def event_lag(self) -> float:
        """Seconds since the last good sweep of the log; 0 in a process that has nothing to sweep."""
        return 0.0 if self.last_sweep is None else time.monotonic() - self.last_sweep


state = Lifecycle()
