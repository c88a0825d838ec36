"""The outbox: what is to be done outside is written with its cause and done later by a worker, until it is.

``settings.JOB_KINDS`` maps a kind to its handler's dotted path. ``handler(payload)`` runs outside any
transaction and returns when it is done, or raises `Later` or `Never`. A handler may run again after a crash.
"""

import logging
import random
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import F, Q, QuerySet
from django.utils.module_loading import import_string

from hub import clock, metrics
from hub.errors import Refusal
from hub.models import Job
from hub.transactions import Transaction, transact

logger = logging.getLogger("hub.jobs")

LEASE = 60.0
PAUSES = (10.0, 60.0, 300.0, 1800.0, 7200.0, 21600.0)
TRIES = len(PAUSES) + 1
AT_ONCE = 50
BUDGET = 5.0  # seconds after which a run takes no further job
KEPT_FOR = timedelta(days=7)

Handler = Callable[[dict[str, Any]], None]


class Later(Exception):
    """It could not be done now; the argument is a short code without secrets."""


class Never(Exception):
    """Trying again would not help; the argument is a short code without secrets."""


def add(
    kind: str, key: str, payload: dict[str, Any], *, store: str = "", not_before: datetime | None = None
) -> None:
    """Write down a job inside the caller's transaction: one INSERT, and nothing at all for a known key.

    ``payload`` is JSON-able and names things by id; no openid, no token.
    """
    at = clock.now()
    row = Job(kind=kind, key=key, store=store, payload=payload, next_try_at=not_before or at, created_at=at)
    Job.objects.bulk_create([row], ignore_conflicts=True)


def add_again(kind: str, key: str, payload: dict[str, Any], *, store: str = "") -> None:
    """As `add`, but a job that is done or dead begins anew."""
    finished = Job.objects.filter(Q(done_at__isnull=False) | Q(dead_at__isnull=False), kind=kind, key=key)
    if not _begin_anew(finished):
        add(kind, key, payload, store=store)


def retry(tx: Transaction, job: Job) -> Job:
    """Take a dead job up again; refuses 409 ``job.not_dead`` for any other."""
    before = {"dead_at": job.dead_at}
    if not _begin_anew(Job.objects.filter(pk=job.pk, dead_at__isnull=False)):
        raise Refusal("job.not_dead", 409, "该任务未处于失败状态")
    job.refresh_from_db()
    tx.changed(job, before, {"dead_at": job.dead_at})
    return job


def _begin_anew(rows: QuerySet[Job]) -> int:
    return rows.update(attempts=0, next_try_at=clock.now(), done_at=None, dead_at=None)


def dead(store: str) -> QuerySet[Job]:
    """What was given up in a store, newest first."""
    return Job.objects.filter(store=store, dead_at__isnull=False).order_by("-dead_at", "-pk")


def run_due() -> int:
    """Do what is due, one job at a time, until nothing is left or the run was long enough; how many."""
    count, end = 0, time.monotonic() + BUDGET
    # Looking before the transaction: where writers queue (SQLite), an idle worker must not stand in line.
    while count < AT_ONCE and time.monotonic() < end and due().exists():
        job = transact(claim, actor="system")
        if job is None:
            break
        _do(job)
        count += 1
    return count


def due() -> QuerySet[Job]:
    """Jobs whose time has come, of the kinds that this version knows."""
    return Job.objects.filter(kind__in=settings.JOB_KINDS, next_try_at__lte=clock.now())


def claim(tx: Transaction) -> Job | None:
    """Take a due job for the length of a lease, unless another worker has it; the attempt counts at once."""
    skip = connection.features.has_select_for_update_skip_locked
    job = due().select_for_update(skip_locked=skip).order_by("next_try_at").first()
    if job is None:
        return None
    until = clock.now() + clock.scheduled(LEASE)
    mine = Job.objects.filter(pk=job.pk, next_try_at=job.next_try_at)
    if not mine.update(next_try_at=until, attempts=F("attempts") + 1):
        return None
    job.next_try_at, job.attempts = until, job.attempts + 1
    return job


def _do(job: Job) -> None:
    handler: Handler = import_string(settings.JOB_KINDS[job.kind])
    try:
        if job.attempts > TRIES:
            raise Never("crashed")
        handler(job.payload)
    except Never as error:
        _bury(job, str(error))
    except Later as error:
        _postpone(job, str(error))
    else:
        _finish(job)


def _finish(job: Job) -> None:
    # Done is done, even if the lease ran out meanwhile and somebody else has begun again.
    Job.objects.filter(pk=job.pk).update(done_at=clock.now(), dead_at=None, next_try_at=None, last_error="")
    metrics.JOBS.labels(job.kind, "done").inc()


def _postpone(job: Job, reason: str) -> None:
    if job.attempts >= TRIES:
        _bury(job, reason)
        return
    pause = clock.scheduled(PAUSES[job.attempts - 1] * random.uniform(1.0, 1.2))
    _mine(job).update(next_try_at=clock.now() + pause, last_error=reason[:64])
    metrics.JOBS.labels(job.kind, "failed").inc()


def _bury(job: Job, reason: str) -> None:
    _mine(job).update(dead_at=clock.now(), next_try_at=None, last_error=reason[:64])
    metrics.JOBS.labels(job.kind, "dead").inc()
    logger.warning("job is dead", extra={"job": job.pk, "kind": job.kind, "error": reason[:64]})


def _mine(job: Job) -> QuerySet[Job]:
    return Job.objects.filter(pk=job.pk, next_try_at=job.next_try_at)


def forget_done() -> int:
    """Delete jobs that were done a week ago; how many went. Bounded, for the worker to call again."""
    old = Job.objects.filter(done_at__lt=clock.now() - KEPT_FOR).values_list("pk", flat=True)[:500]
    return Job.objects.filter(pk__in=list(old)).delete()[0]
