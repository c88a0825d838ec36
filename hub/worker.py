"""The worker: timers over rows. Each job is a function that does due work once and says how much it did.

Jobs that wait for a network have a thread each, so that no timer ever waits for a gateway.
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.conf import settings
from django.db import DatabaseError, close_old_connections
from django.utils.module_loading import import_string

from hub import metrics
from hub.errors import Refusal

logger = logging.getLogger("hub.worker")

IDLE = 0.2
GRACE = 12.0  # seconds for network calls in hand at the end; a lease covers what is cut off
REVIVE_EVERY = 1.0


@dataclass(slots=True)
class Job:
    """A named function and the seconds between its runs (already divided by WORKER_SPEED)."""

    name: str
    run: Callable[[], int]
    every: float
    due_at: float = 0.0


def jobs(table: Mapping[str, float] | None = None) -> list[Job]:
    """The jobs of a table (``settings.WORKER_JOBS``): dotted path → seconds."""
    speed = settings.WORKER_SPEED
    rows = settings.WORKER_JOBS if table is None else table
    return [Job(path, import_string(path), every / speed) for path, every in rows.items()]


def run_due(todo: list[Job], now: float) -> int:
    """Run every job whose time has come; how much work they did together."""
    done = 0
    for job in todo:
        if job.due_at <= now:
            done += _run(job)
            job.due_at = now + job.every
    return done


def _run(job: Job) -> int:
    try:
        count = job.run()
    except (DatabaseError, Refusal) as error:
        # The rows stay due: the next run finds them again.
        metrics.WORKER_RUNS.labels(job.name, "failed").inc()
        logger.warning("job failed", extra={"job": job.name, "error": type(error).__name__})
        close_old_connections()
        return 0
    metrics.WORKER_RUNS.labels(job.name, "ok").inc()
    return count


class Lane:
    """A network job in a thread of its own, begun anew when an error ended it."""

    def __init__(self, job: Job, stop: threading.Event) -> None:
        self._job, self._stop = job, stop
        self._thread = self._begin()

    def _begin(self) -> threading.Thread:
        thread = threading.Thread(
            target=_work, args=([self._job], self._stop), name=f"lane {self._job.name}", daemon=True
        )
        thread.start()
        return thread

    def revive(self) -> int:
        """Begin anew if an error that nobody expected ended it; whether it had (0 or 1)."""
        if self._thread.is_alive() or self._stop.is_set():
            return 0
        metrics.WORKER_RUNS.labels(self._job.name, "crashed").inc()
        logger.error("lane begins anew", extra={"job": self._job.name})
        self._thread = self._begin()
        return 1

    def join(self, until: float) -> None:
        """Wait for its end, at most until then (monotonic)."""
        self._thread.join(timeout=max(0.0, until - time.monotonic()))


def _work(todo: list[Job], stop: threading.Event) -> None:
    try:
        while not stop.is_set():
            close_old_connections()
            run_due(todo, time.monotonic())
            stop.wait(min(IDLE, *(job.every for job in todo)))
    finally:
        close_old_connections()


def run_forever(stop: threading.Event, after: float = 0.0) -> None:
    """Work until ``stop`` is set; several workers may run at once, every job claims its rows.

    ``after`` seconds pass before the first job. Timers run in this thread, network jobs in one each.
    """
    stop.wait(after)
    lanes = [Lane(job, stop) for job in jobs(settings.WORKER_NETWORK_JOBS)]
    _work([*jobs(), Job("lanes", lambda: sum(lane.revive() for lane in lanes), REVIVE_EVERY)], stop)
    until = time.monotonic() + GRACE
    for lane in lanes:
        lane.join(until)


class WorkerThread:
    """The worker embedded in a web process (``make run``)."""

    def __init__(self, after: float) -> None:
        self._stop = threading.Event()
        self._thread = threading.Thread(
            target=run_forever, args=(self._stop, after), name="worker", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Finish the job in hand and end."""
        self._stop.set()
        self._thread.join(timeout=5)


def start_thread(after: float = 0.0) -> WorkerThread:
    """Start the embedded worker; its first job waits ``after`` seconds."""
    return WorkerThread(after)
