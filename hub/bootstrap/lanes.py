"""The lanes of `make test`: which tests run where, on which servers, and what became of them."""

from __future__ import annotations

import os
import signal
import subprocess
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from hub.bootstrap import packages, say, venv
from hub.bootstrap.servers import ServerError, throwaway_mariadb, throwaway_redis

NOTHING_COLLECTED = 5  # pytest's exit status
PATIENCE = 20  # seconds
# Empty rather than absent: what a `.env` says of the operator's servers must not reach the tests.
NO_SERVERS = dict.fromkeys(("DATABASE_URL", "DB_NAME", "DB_HOST", "REDIS_URL", "REDIS_HOST"), "")


@dataclass(frozen=True)
class Lane:
    """A run of pytest: tests of `marks`, over `workers` processes, with the system's `needs` there."""

    name: str
    marks: str
    workers: int
    needs: tuple[str, ...] = ()
    on_servers: bool = False


LANES = {
    lane.name: lane
    for lane in (
        Lane("sqlite", "not mariadb and not browser and not soak", workers=2),
        Lane(
            "mariadb",
            "(mariadb or both) and not browser and not soak",
            0,
            ("mariadb", "redis"),
            on_servers=True,
        ),
        Lane("browser", "browser and not soak", 0, ("browser",)),
        Lane("soak", "soak", 0, ("mariadb", "redis"), on_servers=True),
    )
}
DEFAULT = ("sqlite", "mariadb", "browser")


@dataclass
class Outcome:
    """What a lane came to; `trouble` is why it does not count as run."""

    name: str
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    seconds: float = 0.0
    trouble: str = ""

    @property
    def good(self) -> bool:
        """Ran, and nothing failed."""
        return not self.failed and not self.trouble


def run(lane: Lane, arguments: list[str], report: Path) -> Outcome:
    """Run one lane with extra pytest arguments; `report` is where its JUnit file goes."""
    outcome = Outcome(lane.name)
    lacking = packages.missing(list(lane.needs))
    if lacking:
        outcome.trouble = f"missing on this machine: {' '.join(lacking)}"
        return outcome
    say.line(f"\n-> lane {lane.name}")
    began = time.monotonic()
    try:
        with environment(lane) as variables:
            status = pytest(lane, arguments, report, variables)
    except ServerError as error:
        outcome.trouble = str(error)
        return outcome
    count(outcome, report)
    outcome.seconds = time.monotonic() - began
    outcome.trouble = trouble(status, outcome, narrowed=bool(arguments))
    return outcome


@contextmanager
def environment(lane: Lane) -> Iterator[dict[str, str]]:
    """The variables of the lane, with its servers running meanwhile."""
    variables = dict(os.environ) | NO_SERVERS
    variables |= {"DJANGO_SETTINGS_MODULE": "hub.settings.testing", "KAIFAN_LANE": lane.name}
    variables["CHROMIUM"] = packages.chromium() or ""
    with ExitStack() as servers:
        if lane.on_servers:
            variables["DATABASE_URL"] = servers.enter_context(throwaway_mariadb()).url
            variables["REDIS_URL"] = servers.enter_context(throwaway_redis()).url
        yield variables


def pytest(lane: Lane, arguments: list[str], report: Path, variables: dict[str, str]) -> int:
    """Run pytest in sight of the reader; returns its exit status. It ends with us."""
    command = [str(venv.PYTHON), "-m", "pytest", "-q", "-m", lane.marks, f"--junitxml={report}"]
    command += ["-n", str(lane.workers)] if lane.workers else []
    process = subprocess.Popen([*command, *arguments], cwd=venv.ROOT, env=variables)
    try:
        return process.wait()
    except SystemExit:  # SIGTERM was for us alone; Ctrl-C reaches pytest by itself
        process.send_signal(signal.SIGINT)
        raise
    finally:
        end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    """Let pytest take its own servers down, but not for ever."""
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def count(outcome: Outcome, report: Path) -> None:
    """Read the counts from the JUnit file, where pytest came to write one."""
    if not report.exists():
        return
    for suite in ElementTree.parse(report).iter("testsuite"):
        bad = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
        skipped = int(suite.get("skipped", 0))
        outcome.failed += bad
        outcome.skipped += skipped
        outcome.passed += max(0, int(suite.get("tests", 0)) - bad - skipped)


def trouble(status: int, outcome: Outcome, *, narrowed: bool) -> str:
    """Why the lane does not count although nothing is marked failed; empty when it does."""
    if status == 0 or outcome.failed:
        return ""
    if status == NOTHING_COLLECTED:
        return "" if narrowed else "no test carries this lane's marks"
    return f"pytest ended with status {status}"
