"""The lanes of `make test`: which tests run where, on which servers, and what became of them."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hub.bootstrap import coverage, packages, say, venv
from hub.bootstrap.servers import ServerError, throwaway_mariadb, throwaway_redis

NOTHING_COLLECTED = 5  # pytest's exit status
PATIENCE = 20  # seconds
# Empty rather than absent: what a `.env` says of the operator's servers must not reach the tests.
NO_SERVERS = dict.fromkeys(("DATABASE_URL", "DB_NAME", "DB_HOST", "REDIS_URL", "REDIS_HOST"), "")


@dataclass(frozen=True)
class Lane:
    """A run of pytest: tests of `marks`, over `workers` processes, with the system's `needs` there.

    One that `waits` a lot (for servers, for pages) runs beside those that do not.
    """

    name: str
    marks: str
    workers: int
    needs: tuple[str, ...] = ()
    on_servers: bool = False
    waits: bool = False


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
            waits=True,
        ),
        Lane("browser", "browser and not soak", 0, ("browser",), waits=True),
        Lane("soak", "soak", 0, ("mariadb", "redis"), on_servers=True, waits=True),
    )
}
DEFAULT = ("sqlite", "mariadb", "browser")


@dataclass
class Outcome:
    """What a lane came to; `trouble` is why it does not count as run, `reached` the lines it ran."""

    name: str
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    seconds: float = 0.0
    trouble: str = ""
    reached: coverage.Lines = field(default_factory=dict)

    @property
    def good(self) -> bool:
        """Ran, and nothing failed."""
        return not self.failed and not self.trouble


class Running:
    """The pytest processes of this moment, so that whoever is interrupted can end them all."""

    def __init__(self) -> None:
        self._processes: list[subprocess.Popen[bytes]] = []
        self._stopped = False

    def start(self, command: list[str], **options: Any) -> subprocess.Popen[bytes]:
        """Start one, unless everything is ending already (RuntimeError)."""
        if self._stopped:
            raise RuntimeError("interrupted")
        process = subprocess.Popen(command, **options)
        self._processes.append(process)
        return process

    def stop(self, *, tell: bool) -> None:
        """End all, told by us or by the terminal; pytest takes its own servers down, but not for ever."""
        self._stopped = True
        for process in self._processes:
            if tell and process.poll() is None:
                process.send_signal(signal.SIGINT)
        for process in self._processes:
            end(process)


@dataclass(frozen=True)
class Track:
    """Lanes that follow one another: where their files go, and whether they are seen as they go."""

    folder: Path
    running: Running
    shown: bool

    def said(self, lane: Lane) -> Path | None:
        """The file for a lane's words; None when they go to the terminal."""
        return None if self.shown else self.folder / f"{lane.name}.txt"

    def lines(self, lane: Lane) -> Path:
        """The folder for the lines that its processes reach."""
        folder = self.folder / f"{lane.name}-lines"
        folder.mkdir(exist_ok=True)
        return folder


def run_all(names: list[str], arguments: list[str]) -> list[Outcome]:
    """Every lane; a lane that fails keeps no other from running.

    Busy ones are shown as they go. Those that wait a lot run beside them and are shown when they are done;
    whichever of the two is done first takes the next one that waits.
    """
    busy = [name for name in names if not LANES[name].waits]
    waiting = deque(name for name in names if LANES[name].waits)
    running = Running()
    with tempfile.TemporaryDirectory(prefix="kaifan-reports-") as folder, ThreadPoolExecutor(2) as pool:
        shown, beside = Track(Path(folder), running, True), Track(Path(folder), running, False)
        tracks = [
            pool.submit(run_track, turns(busy, waiting), arguments, shown),
            pool.submit(run_track, turns([], waiting if busy else deque()), arguments, beside),
        ]
        try:
            return [outcome for track in tracks for outcome in track.result()]
        except (KeyboardInterrupt, SystemExit) as wish:
            running.stop(tell=isinstance(wish, SystemExit))
            raise


def turns(own: list[str], common: deque[str]) -> Iterator[str]:
    """One's own, and then whatever nobody has taken yet."""
    yield from own
    with suppress(IndexError):
        while True:
            yield common.popleft()


def run_track(names: Iterable[str], arguments: list[str], track: Track) -> list[Outcome]:
    """Some lanes, one after the other."""
    outcomes = []
    for lane in (LANES[name] for name in names):
        outcomes.append(run(lane, arguments, track))
        said = track.said(lane)
        if said is not None and said.exists():
            say.line(f"\n-> lane {lane.name} (done)\n{said.read_text(errors='replace').rstrip()}")
    return outcomes


def run(lane: Lane, arguments: list[str], track: Track) -> Outcome:
    """Run one lane with extra pytest arguments."""
    outcome = Outcome(lane.name)
    lacking = packages.missing(list(lane.needs))
    if lacking:
        outcome.trouble = f"missing on this machine: {' '.join(lacking)}"
        return outcome
    say.line(f"\n-> lane {lane.name}" + ("" if track.shown else " (beside it)"))
    began = time.monotonic()
    try:
        with environment(lane) as variables:
            status = pytest(lane, arguments, variables, track)
    except ServerError as error:
        outcome.trouble = str(error)
        return outcome
    count(outcome, track.folder / f"{lane.name}.xml")
    outcome.reached = coverage.reached(track.lines(lane))
    outcome.seconds = time.monotonic() - began
    outcome.trouble = trouble(status, outcome, narrowed=bool(arguments))
    return outcome


@contextmanager
def environment(lane: Lane) -> Iterator[dict[str, str]]:
    """The variables of the lane, with its servers running meanwhile."""
    variables = dict(os.environ) | NO_SERVERS
    variables |= {"DJANGO_SETTINGS_MODULE": "hub.settings.testing", "KAIFAN_LANE": lane.name}
    variables["CHROMIUM"] = packages.chromium() or ""
    variables["PYTHONDONTWRITEBYTECODE"] = ""  # a hundred processes would each compile the product anew
    with ExitStack() as servers:
        if lane.on_servers:
            variables["DATABASE_URL"] = servers.enter_context(throwaway_mariadb()).url
            variables["REDIS_URL"] = servers.enter_context(throwaway_redis()).url
        yield variables


def pytest(lane: Lane, arguments: list[str], variables: dict[str, str], track: Track) -> int:
    """Run pytest, in sight of the reader or into a file; returns its exit status."""
    report = track.folder / f"{lane.name}.xml"
    command = [str(venv.PYTHON), "-m", "pytest", "-q", "-m", lane.marks, f"--junitxml={report}"]
    command += ["-n", str(lane.workers)] if lane.workers else []
    if lane.name in DEFAULT and not arguments:  # a part of the tests says nothing about what no test reaches
        command += ["-p", coverage.PLUGIN]
        variables |= {coverage.FOLDER: str(track.lines(lane))}
    said = track.said(lane)
    variables["KAIFAN_SHARED"] = str(track.folder)  # what one lane has made the others need not make again
    with said.open("wb") if said else nullcontext() as out:
        options = {"cwd": venv.ROOT, "env": variables, "stdout": out, "stderr": out}
        return track.running.start([*command, *arguments], **options).wait()


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
