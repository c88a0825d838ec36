"""`make test` itself: which lanes run, where, and how the sum is told."""

import os
import signal
import subprocess
import sys
import time

import pytest

from hub.bootstrap import check_all, lanes, packages, venv
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
    with lanes.environment(LANES["sqlite"]) as variables:
        assert variables["DATABASE_URL"] == ""
        assert variables["DB_HOST"] == ""
        assert variables["DJANGO_SETTINGS_MODULE"] == "hub.settings.testing"


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
