"""Metrics of sockets, streams, the worker and the door, for Prometheus."""

from prometheus_client import Counter, Gauge, Histogram

SOCKETS = Gauge("kaifan_sockets", "Open sockets", ["endpoint"])
READERS = Gauge("kaifan_readers", "Streams followed by this process")
FRAMES = Counter("kaifan_frames_total", "Event frames for sockets", ["view"])
CLOSES = Counter("kaifan_socket_closes_total", "Sockets closed by us", ["code"])
RESYNCS = Counter("kaifan_resyncs_total", "Resyncs sent", ["reason"])
GAPS = Counter("kaifan_gap_reads_total", "Gaps that a reader filled from the database")
SWEEP_SECONDS = Histogram("kaifan_sweep_seconds", "Duration of a sweep")
WORKER_RUNS = Counter("kaifan_worker_runs_total", "Runs of a worker job", ["job", "outcome"])
