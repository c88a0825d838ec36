"""The rush as a child process of the server: one at a time, and it ends with the server however that ends."""

import json
import subprocess
import sys
import threading
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import timezone

COMMAND = (sys.executable, "manage.py", "simulate", "--json", "--with-parent")


class Switch:
    """``state`` is what the landing page shows; ``start`` and ``stop`` may be repeated."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._child: subprocess.Popen[str] | None = None
        self._stopping = False
        self._since: datetime | None = None
        self._per_minute: float | None = None
        self._counts: dict[str, Any] = {}
        self._said = ""

    def state(self) -> dict[str, Any]:
        """``{"running", "stopping", "since", "diners_per_minute", "counts", "problem"}``.

        ``counts`` stay after the end; ``problem`` is what a rush said that ended badly, else None.
        """
        child = self._child
        running = child is not None and child.poll() is None
        failed = child is not None and child.poll() not in (None, 0)
        since = timezone.localtime(self._since).isoformat(timespec="milliseconds") if self._since else None
        return {
            "running": running,
            "stopping": running and self._stopping,
            "since": since,
            "diners_per_minute": self._per_minute,
            "counts": self._counts,
            "problem": (self._said or "exit status " + str(child and child.returncode)) if failed else None,
        }

    def start(self, url: str, *, store: str, per_minute: float, minutes: float) -> None:
        """Start a rush against ``url``, unless one is running."""
        with self._guard:
            if self.state()["running"]:
                return
            options = ["--url", url, "--store", store, "--minutes", str(minutes)]
            # Its standard input is our life line: the system closes it with us, and then it stops.
            self._child = subprocess.Popen(
                [*COMMAND, *options, "--diners-per-minute", str(per_minute)],
                cwd=settings.BASE_DIR,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,  # Ctrl-C in the server's terminal is not for it
            )
            self._stopping, self._counts, self._said = False, {}, ""
            self._since, self._per_minute = timezone.now(), per_minute
            threading.Thread(target=self._listen, args=(self._child,), daemon=True).start()

    def stop(self) -> None:
        """No more guests; the process ends once those who are here are served, or after half a minute."""
        with self._guard:
            if self._child and self._child.poll() is None and not self._stopping:
                self._stopping = True
                self._child.terminate()

    def _listen(self, child: subprocess.Popen[str]) -> None:
        for line in child.stdout or ():
            try:
                self._counts = json.loads(line)["counts"]
            except (ValueError, TypeError, KeyError):
                self._said = (self._said + line)[-500:]
        child.wait()


switch = Switch()
