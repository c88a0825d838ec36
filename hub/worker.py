"""The worker: timers over rows. Each job is a function that does due work once and says how much it did."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from django.db import DatabaseError, close_old_connections
from django.utils.module_loading import import_string

from hub import metrics
from hub.errors import Refusal

logger = logging.getLogger("hub.worker")

IDLE = 0.2


@dataclass(slots=True)
class Job:
    """A named function and the seconds between its runs (already divided by WORKER_SPEED)."""

    name: str
    run: Callable[[], int]
    every: float
    due_at: float = 0.0


def jobs() -> list[Job]:
    """The jobs that ``settings.WORKER_JOBS`` names: dotted path → seconds."""
    speed = settings.WORKER_SPEED
    return [Job(path, import_string(path), every / speed) for path, every in settings.WORKER_JOBS.items()]


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


def run_forever(stop: threading.Event, after: float = 0.0) -> None:
    """Work until ``stop`` is set; several workers may run at once, every job claims its rows.

    ``after`` seconds pass before the first job.
    """
    stop.wait(after)
    todo = jobs()
    while not stop.is_set():
        close_old_connections()
        run_due(todo, time.monotonic())
        stop.wait(min(IDLE, *(job.every for job in todo)) if todo else IDLE)
    close_old_connections()


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
