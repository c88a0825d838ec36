"""`make run`: from the command to a served page, and a clean end."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest

from hub.bootstrap import venv
from hub.bootstrap.servers import free_port
from tests.databases import prepared_sqlite

READY = re.compile(r"Ctrl-C stops it")


class Run:
    """One `manage.py serve` on its own port and database."""

    def __init__(self, database):
        self.port = free_port()
        self.origin = f"http://127.0.0.1:{self.port}"
        env = {
            **os.environ,
            "DATABASE_URL": f"sqlite:///{database}",
            "REDIS_URL": "",
            "RATE_LIMIT_SCALE": "0",
        }
        env |= {"DJANGO_SETTINGS_MODULE": "hub.settings.development", "LOG_FORMAT": "plain"}
        began = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "serve", "--port", str(self.port)],
            cwd=venv.ROOT,
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.said = self._read_until_ready()
        self.seconds = time.monotonic() - began

    def _read_until_ready(self):
        said = []
        for line in self.process.stdout:
            said.append(line)
            if "demo-lin" in line:  # the last line of the announcement
                return "".join(said)
        raise AssertionError("it did not come up:\n" + "".join(said))

    def get(self, path):
        """Status of a GET."""
        try:
            with urllib.request.urlopen(self.origin + path, timeout=20) as answer:
                return answer.status
        except urllib.error.HTTPError as refusal:
            return refusal.code

    def end(self, number=signal.SIGINT):
        """Exit status and the rest of what it said."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        rest = self.process.communicate(timeout=20)[0]
        return self.process.returncode, rest


@pytest.fixture
def database(tmp_path):
    return tmp_path / "kaifan.sqlite3"


def test_every_address_that_is_printed_answers(database):
    shutil.copy(prepared_sqlite() / "hub.sqlite3", database)  # the other test begins without
    run = Run(database)
    try:
        assert READY.search(run.said)
        addresses = re.findall(rf"{run.origin}(/\S*)", run.said)
        assert len(addresses) == 9
        assert {path: run.get(path) for path in addresses} == dict.fromkeys(addresses, 200)
        assert run.get("/readyz") == 200
        assert "owner, manager, counter, kitchen" in run.said
    finally:
        status, rest = run.end()
    assert status == 0, rest
    assert rest.rstrip().endswith("stopped")
    assert "Traceback" not in rest


def test_the_second_start_finds_everything_done(database):
    first = Run(database)
    assert "migrating the database" in first.said
    assert first.end(signal.SIGINT)[0] == 0
    second = Run(database)
    assert second.end(signal.SIGTERM)[0] == 0
    assert "migrating" not in second.said
    assert second.seconds < 40, "it is 3 s on a quiet machine; a busy one must not fail for it"
