"""Metrics of sockets, streams, the worker and its jobs, for Prometheus."""

import hmac

from django.conf import settings
from django.db import DatabaseError
from django.db.models import Min
from django.http import HttpRequest, HttpResponse
from django_prometheus.exports import ExportToDjangoView
from prometheus_client import Counter, Gauge, Histogram

from hub import clock, errors
from hub.models import Job

SOCKETS = Gauge("kaifan_sockets", "Open sockets", ["endpoint"])
READERS = Gauge("kaifan_readers", "Streams followed by this process")
FRAMES = Counter("kaifan_frames_total", "Event frames for sockets", ["view"])
CLOSES = Counter("kaifan_socket_closes_total", "Sockets closed by us", ["code"])
RESYNCS = Counter("kaifan_resyncs_total", "Resyncs sent", ["reason"])
GAPS = Counter("kaifan_gap_reads_total", "Gaps that a reader filled from the database")
SWEEP_SECONDS = Histogram("kaifan_sweep_seconds", "Duration of a sweep")
WORKER_RUNS = Counter("kaifan_worker_runs_total", "Runs of a worker job", ["job", "outcome"])
JOBS = Counter(
    "kaifan_jobs_total", "Attempts of outbox jobs: done, failed (tried again) or dead", ["kind", "outcome"]
)
JOBS_OLDEST = Gauge("kaifan_jobs_oldest_seconds", "How long the oldest outbox job has waited beyond its time")
JOBS_DEAD = Gauge("kaifan_jobs_dead", "Outbox jobs that were given up")
PAYMENT_ALARMS = Counter("kaifan_payment_alarms_total", "What a person must look at", ["alarm"])
GATEWAY_CALLS = Counter("kaifan_gateway_calls_total", "Calls of the payment gateway", ["call", "outcome"])
GATEWAY_NOTICES = Counter("kaifan_gateway_notices_total", "Notifications of the payment gateway", ["outcome"])


def page(request: HttpRequest) -> HttpResponse:
    """This process's metrics; with METRICS_TOKEN set only for who brings it, in production never without."""
    token = settings.METRICS_TOKEN
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not (hmac.compare_digest(given.encode(), token.encode()) if token else settings.DEBUG):
        raise errors.not_found()
    _measure_jobs()
    return ExportToDjangoView(request)


def _measure_jobs() -> None:
    """What the rows say, for whichever process is asked; without a database the last known."""
    now = clock.now()
    try:
        first = Job.objects.filter(next_try_at__lte=now).aggregate(at=Min("next_try_at"))["at"]
        JOBS_DEAD.set(Job.objects.filter(dead_at__isnull=False).count())
    except DatabaseError:
        return
    JOBS_OLDEST.set((now - first).total_seconds() if first else 0.0)
