"""Databases of tests and of the processes they start: files with tables and the demo store, made once."""

import atexit
import functools
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.shared import made_once

ROOT = Path(__file__).resolve().parent.parent
# What a test run sets for itself must not leak into the processes it starts.
OWN_NAMES = (
    "DJANGO_SETTINGS_MODULE",
    "DATABASE_URL",
    "REDIS_URL",
    "PORT",
    "WORKER_SPEED",
    "RATE_LIMIT_SCALE",
)


def process_env(
    database_url: str, redis_url: str | None = None, env: dict[str, str] | None = None
) -> dict[str, str]:
    """A product process's environment: almost development, this database (no `redis_url`: in memory)."""
    clean = {
        name: value
        for name, value in os.environ.items()
        if name not in OWN_NAMES and not name.startswith("WECHAT_")
    }
    own = {"DJANGO_SETTINGS_MODULE": "tests.served", "DATABASE_URL": database_url}
    own |= {"REDIS_URL": redis_url or "", "RATE_LIMIT_SCALE": "0", "PYTHONUNBUFFERED": "1"}
    return clean | own | (env or {})


def prepare_database(env: dict[str, str], *tables: str) -> None:
    """Tables and the demo store; once per database, before its first server. Raises with the output."""
    command = [sys.executable, "-m", "tests.prepare", *tables]
    done = subprocess.run(
        command, check=False, cwd=ROOT, env=env, capture_output=True, text=True, timeout=120
    )
    if done.returncode:
        raise RuntimeError(f"the database could not be prepared:\n{done.stdout}\n{done.stderr}")


def sqlite_url(folder: Path | str, name: str = "hub.sqlite3") -> str:
    """DATABASE_URL of a SQLite file in `folder`."""
    return f"sqlite:///{Path(folder).resolve() / name}"


@functools.cache
def scratch() -> Path:
    """A folder of this test run, gone at its end."""
    folder = Path(tempfile.mkdtemp(prefix="kaifan-stage-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def prepared_sqlite() -> Path:
    """The run's folder with ``tables.sqlite3`` and, with the demo store, ``hub.sqlite3``, to be copied."""

    def make(folder: Path) -> None:
        prepare_database(process_env(sqlite_url(folder)), str(folder / "tables.sqlite3"))

    return made_once("sqlite", make)


def fresh_sqlite() -> str:
    """DATABASE_URL of a database of one's own, with the demo store."""
    folder = Path(tempfile.mkdtemp(dir=scratch()))
    shutil.copy(prepared_sqlite() / "hub.sqlite3", folder)
    return sqlite_url(folder)
