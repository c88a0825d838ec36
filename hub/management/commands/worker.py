"""`manage.py worker`: expiry, menu edges, clean-up, what goes out to WeChat; any number of them."""

import signal
import threading
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from hub import worker
from hub.lifecycle import share_interpreter


class Command(BaseCommand):
    """Runs the jobs of settings.WORKER_JOBS and WORKER_NETWORK_JOBS until SIGTERM or Ctrl-C."""

    help = "Run the timers and the jobs that go out: expiry, menu edges, messages. Several may run at once."

    def handle(self, *args: Any, **options: Any) -> None:
        share_interpreter()
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        self.stdout.write("worker: " + ", ".join([*settings.WORKER_JOBS, *settings.WORKER_NETWORK_JOBS]))
        self.stdout.flush()
        worker.run_forever(stop)
        self.stdout.write("worker: stopped")
