"""`make test` itself: which lanes run, where, and how the sum is told."""

import inspect
import os
import signal
import subprocess
import sys
import time
from collections import deque
from types import SimpleNamespace

import pytest

from hub.bootstrap import check_all, coverage, lanes, packages, say, venv
from hub.bootstrap.lanes import LANES, Lane, Outcome

JUNIT = '<testsuites><testsuite tests="9" failures="1" errors="1" skipped="2"/></testsuites>'


def test_unknown_lanes_are_refused_by_name():
    command = [sys.executable, "manage.py", "check-all", "--lanes", "sqlite,oracle"]
    done = subprocess.run(command, cwd=venv.ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "unknown lane 'oracle'; there are sqlite, mariadb, browser, soak" in done.stderr


def test_lanes_come_from_the_environment(monkeypatch):
    monkeypatch.delenv("LANES", raising=False)
    assert check_all.parser().parse_args([]).lanes == ["sqlite", "mariadb", "browser"]
    monkeypatch.setenv("LANES", "browser, sqlite")
    assert check_all.parser().parse_args([]).lanes == ["browser", "sqlite"]


def test_counts_come_from_the_report(tmp_path):
    (tmp_path / "r.xml").write_text(JUNIT)
    outcome = Outcome("sqlite")
    lanes.count(outcome, tmp_path / "r.xml")
    assert (outcome.passed, outcome.failed, outcome.skipped) == (5, 2, 2)
    assert not outcome.good


def test_the_last_line_is_the_sum(capsys):
    outcomes = [Outcome("sqlite", passed=5, skipped=1), Outcome("browser", passed=2)]
    assert check_all.conclude([], outcomes, 1.0) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "7 passed, 0 failed, 1 skipped"


@pytest.mark.parametrize("bad", [Outcome("mariadb", failed=1), Outcome("mariadb", trouble="no server")])
def test_a_lane_that_failed_or_did_not_run_fails_the_command(bad):
    assert check_all.conclude([], [Outcome("sqlite", passed=5), bad], 1.0) == 1


def test_a_lane_without_its_programs_says_what_is_missing(monkeypatch, tmp_path):
    need = packages.Need(lambda: None, ("redis-server",))
    monkeypatch.setitem(packages.NEEDS, "redis", (need,))
    track = lanes.Track(tmp_path, lanes.Running(), shown=True)
    outcome = lanes.run(Lane("mariadb", "mariadb", 0, ("redis",)), [], track)
    assert outcome.trouble == "missing on this machine: redis-server"
    assert not outcome.good


@pytest.mark.parametrize(
    ("status", "narrowed", "trouble"),
    [
        (0, False, ""),
        (5, False, "no test carries this lane's marks"),
        (5, True, ""),
        (4, True, "pytest ended with status 4"),
    ],
)
def test_an_empty_lane_counts_only_when_asked_for_less(status, narrowed, trouble):
    assert lanes.trouble(status, Outcome("browser"), narrowed=narrowed) == trouble


def test_a_lane_starts_from_a_clean_environment(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "mysql://production.example/kaifan")
    monkeypatch.setenv("DB_HOST", "production.example")
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    with lanes.environment(LANES["sqlite"]) as variables:
        assert variables["DATABASE_URL"] == ""
        assert variables["DB_HOST"] == variables["PYTHONDONTWRITEBYTECODE"] == ""
        assert variables["DJANGO_SETTINGS_MODULE"] == "hub.settings.testing"


def test_the_track_that_is_done_first_takes_the_next_lane():
    waiting = deque(["mariadb", "browser", "soak"])
    busy, beside = lanes.turns(["sqlite"], waiting), lanes.turns([], waiting)
    assert [next(busy), next(beside), next(busy), next(beside)] == ["sqlite", "mariadb", "browser", "soak"]
    assert (list(busy), list(beside)) == ([], [])


def test_a_terminated_run_takes_pytest_along(tmp_path):
    """pytest is told to stop, so that its fixtures take their servers down; then we leave."""
    (tmp_path / "test_slow.py").write_text(
        "import pathlib, time\n"
        "def test_slow():\n"
        f"    pathlib.Path({str(tmp_path / 'started')!r}).touch()\n"
        "    try:\n"
        "        time.sleep(60)\n"
        "    finally:\n"
        f"        pathlib.Path({str(tmp_path / 'torn down')!r}).touch()\n"
    )
    code = (
        "import signal, pathlib; from hub.bootstrap import check_all, front, lanes;"
        "front.heed_interrupts(); signal.signal(signal.SIGTERM, check_all.interrupt);"
        "lanes.LANES['sqlite'] = lanes.Lane('sqlite', 'not soak', 0);"
        f"lanes.run_all(['sqlite'], ['-c', '/dev/null', {str(tmp_path)!r}])"
    )
    process = subprocess.Popen([sys.executable, "-c", code], cwd=venv.ROOT, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 20
    while not (tmp_path / "started").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGTERM)
    assert process.wait(20) == 128 + signal.SIGTERM
    assert (tmp_path / "torn down").exists()


FIVE_LINES = "def pay(fen):\n    if fen:\n        return fen\n    fen = 1\n    return fen\n"


@pytest.fixture
def house(monkeypatch, tmp_path):
    """A house with one file of five lines, a migration, and a test."""
    for name, text in (("hub/till.py", FIVE_LINES), ("hub/migrations/0001.py", "1\n"), ("tests/t.py", "1\n")):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.setattr(venv, "ROOT", tmp_path)
    return tmp_path


def closing(capsys, *outcomes):
    check_all.conclude([], list(outcomes), 1.0)
    return capsys.readouterr().out.splitlines()


def test_a_line_counts_once_some_process_of_some_lane_ran_it(tmp_path):
    (tmp_path / "1.json").write_text('{"hub/a.py": [1, 2], "hub/b.py": []}')
    (tmp_path / "2.json").write_text('{"hub/a.py": [2, 5], "hub/c.py": [7]}')
    assert coverage.reached(tmp_path) == {"hub/a.py": {1, 2, 5}, "hub/b.py": set(), "hub/c.py": {7}}


def test_coverage_is_told_before_the_sum_and_lists_what_nobody_reached(capsys, house):
    lines = closing(
        capsys,
        Outcome("sqlite", passed=5, reached={"hub/till.py": {1, 2}}),
        Outcome("mariadb", passed=2, reached={"hub/till.py": {1, 3}, "hub/migrations/0001.py": {1}}),
        Outcome("browser", passed=1, reached={"hub/till.py": {1}, "tests/t.py": {1}}),
    )
    assert lines[-2:] == ["coverage      60 % of lines", "8 passed, 0 failed, 0 skipped"]
    assert (house / "var/coverage.txt").read_text() == " 60 %  hub/till.py  4-5\n"


def test_a_file_nobody_imports_counts_as_missing(capsys, house):
    (house / "rush").mkdir()
    (house / "rush/idle.py").write_text(FIVE_LINES)
    assert closing(capsys, Outcome("sqlite", reached={"hub/till.py": {1, 2, 3, 4, 5}}))[-2].endswith(
        "50 % of lines, in sqlite only"
    )
    assert (house / "var/coverage.txt").read_text() == "  0 %  rush/idle.py  1-5\n"


def test_coverage_of_some_lanes_says_which(capsys, house):
    whole = Outcome("sqlite", reached={"hub/till.py": {1, 2, 3}})
    broken = Outcome("mariadb", reached={"hub/till.py": {4}}, trouble="pytest ended with status 3")
    lines = closing(capsys, whole, broken, Outcome("browser", trouble="no chromium"))
    assert lines[-2] == "coverage      60 % of lines, in sqlite only"
    assert closing(capsys, broken)[-2].startswith("lane mariadb")


def test_a_narrowed_run_tells_no_coverage(capsys, house):
    assert not [line for line in closing(capsys, Outcome("sqlite", passed=1)) if "coverage" in line]


@pytest.mark.parametrize(
    ("lane", "arguments", "measured"), [("sqlite", [], True), ("sqlite", ["-x"], False), ("soak", [], False)]
)
def test_whole_lanes_are_measured_and_soaks_are_not(monkeypatch, tmp_path, lane, arguments, measured):
    running = lanes.Running()
    started = []
    ended = SimpleNamespace(wait=lambda: 0)
    monkeypatch.setattr(
        running, "start", lambda command, **options: started.append((command, options)) or ended
    )
    lanes.pytest(LANES[lane], arguments, {}, lanes.Track(tmp_path, running, shown=True))
    [(command, options)] = started
    assert ("tests.reached" in command) == measured
    assert (options["env"].get("KAIFAN_COVERAGE") == str(tmp_path / f"{lane}-lines")) == measured


def test_every_process_writes_what_it_ran_also_in_threads_and_what_django_loads_first(tmp_path):
    (tmp_path / "test_try.py").write_text(
        "import runpy  # frozen, and new to a worker\n"
        "from threading import Thread\n"
        "from hub.bootstrap import say\n"
        "def test_try():\n"
        "    thread = Thread(target=say.line)\n"
        "    thread.start()\n"
        "    thread.join()\n"
    )
    options = ["-p", "tests.reached", "-n1", "-c", os.devnull, "--ds", "hub.settings.testing"]
    command = [sys.executable, "-m", "pytest", *options, str(tmp_path)]
    subprocess.run(command, cwd=venv.ROOT, env=os.environ | {"KAIFAN_COVERAGE": str(tmp_path)}, check=True)
    assert len(list(tmp_path.glob("*.json"))) == 2  # who deals the tests out, and who runs them
    ran, known = coverage.reached(tmp_path), coverage.executable(venv.ROOT)
    said = inspect.getsourcelines(say.line)[1] + 2
    assert said in ran["hub/bootstrap/say.py"] & known["hub/bootstrap/say.py"]
    assert ran["hub/settings/testing.py"] == known["hub/settings/testing.py"]
    assert not [name for name in ran if name.startswith("tests/") or "/migrations/" in name]
