"""Metrics of sockets, streams, the worker and the door, for Prometheus."""

import hmac

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django_prometheus.exports import ExportToDjangoView
from prometheus_client import Counter, Gauge, Histogram

from hub import errors

SOCKETS = Gauge("kaifan_sockets", "Open sockets", ["endpoint"])
READERS = Gauge("kaifan_readers", "Streams followed by this process")
FRAMES = Counter("kaifan_frames_total", "Event frames for sockets", ["view"])
CLOSES = Counter("kaifan_socket_closes_total", "Sockets closed by us", ["code"])
RESYNCS = Counter("kaifan_resyncs_total", "Resyncs sent", ["reason"])
GAPS = Counter("kaifan_gap_reads_total", "Gaps that a reader filled from the database")
SWEEP_SECONDS = Histogram("kaifan_sweep_seconds", "Duration of a sweep")
WORKER_RUNS = Counter("kaifan_worker_runs_total", "Runs of a worker job", ["job", "outcome"])


def page(request: HttpRequest) -> HttpResponse:
    """This process's metrics; with METRICS_TOKEN set only for who brings it, in production never without."""
    token = settings.METRICS_TOKEN
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not (hmac.compare_digest(given.encode(), token.encode()) if token else settings.DEBUG):
        raise errors.not_found()
    return ExportToDjangoView(request)
