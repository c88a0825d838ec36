"""Stages for stories and faults: prepared databases, several processes together, a server inside the test."""

import asyncio
import atexit
import contextlib
import functools
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Self
from urllib.parse import urlsplit

import MySQLdb
import uvicorn

from consumers import process, routing
from hub.bootstrap.servers import Redis
from tests.databases import fresh_sqlite as fresh_sqlite
from tests.databases import prepare_database, scratch
from tests.live import SANDBOX, LiveServer, Process, WorkerProcess, free_port


def own_database(connection: Any) -> str:
    """DATABASE_URL of the test's own database, for processes beside it."""
    name = str(connection.settings_dict["NAME"])
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    return urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()


class ChangedServer(LiveServer):
    """The product with something changed before it starts: ``change`` is Python source."""

    def __init__(self, change: str, server: str = "daphne", **options: Any) -> None:
        super().__init__(server, **options)
        self.change = change
        self.log_path = self.folder / f"changed-{self.port}.log"

    def command(self) -> list[str]:
        return [sys.executable, "-m", "tests.launcher", self.server, str(self.port), self.change]


def start_all(*processes: Process) -> None:
    """Start processes side by side; raises what the first failing one says."""
    with ThreadPoolExecutor(len(processes)) as pool:
        list(pool.map(lambda one: one.start(), processes))


@contextlib.contextmanager
def running(*servers: LiveServer) -> Iterator[tuple[LiveServer, ...]]:
    """Servers on prepared databases, started side by side and closed at the end."""
    try:
        start_all(*servers)
        yield servers
    finally:
        for server in servers:
            server.close()


def mysql(database: str = "") -> Any:
    """A connection to the lane's MariaDB or MySQL."""
    place = urlsplit(os.environ["DATABASE_URL"])
    return MySQLdb.connect(
        host=place.hostname,
        port=place.port or 3306,
        user=place.username,
        passwd=place.password or "",
        db=database,
        charset="utf8mb4",
        autocommit=True,
    )


class Cluster:
    """Two web processes (``a``: uvicorn, ``b``: daphne) and a worker on MariaDB and a Redis of their own."""

    DATABASE = "kaifan_stage"

    def __init__(self, env: dict[str, str] | None = None) -> None:
        self.folder = scratch() / self.DATABASE
        self.folder.mkdir()
        self.redis = Redis()
        with contextlib.closing(mysql()) as connection, connection.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {self.DATABASE} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin")
        place = urlsplit(os.environ["DATABASE_URL"])
        self.database_url = place._replace(path=f"/{self.DATABASE}").geturl()
        # One emulator for all, mounted by `a`: it alone books and posts, whoever asks.
        port = free_port()
        self.wechat = {
            "WECHAT_SANDBOX_DIR": str(self.folder / "sandbox"),
            "WECHAT_PAY_BASE_URL": f"http://127.0.0.1:{port}{SANDBOX}",
            **(env or {}),
        }
        self.a, self.b = self.server("uvicorn", port=port), self.server("daphne")
        self.worker = WorkerProcess(self.a.env, self.folder)

    def server(self, kind: str, change: str | None = None, port: int | None = None) -> LiveServer:
        """One more web process of this deployment, not started."""
        options = {
            "port": port,
            "env": self.wechat,
            "database_url": self.database_url,
            "redis_url": self.redis.url,
            "folder": self.folder,
        }
        return LiveServer(kind, **options) if change is None else ChangedServer(change, kind, **options)

    @property
    def processes(self) -> list[Process]:
        return [self.a, self.b, self.worker]

    def start(self) -> Self:
        self.redis.start()
        prepare_database(self.a.env)
        start_all(*self.processes)
        return self

    def stop(self) -> None:
        for one in self.processes:
            one.kill()
        self.redis.stop()

    def read(self, query: str, *arguments: Any) -> list[tuple[Any, ...]]:
        """Rows straight from the database."""
        with contextlib.closing(mysql(self.DATABASE)) as connection, connection.cursor() as cursor:
            cursor.execute(query, arguments)
            return list(cursor.fetchall())


@functools.cache
def cluster() -> Cluster:
    """The one cluster of this test run; a test that breaks a process starts it again."""
    made = Cluster()
    atexit.register(made.stop)
    return made.start()


async def _screens(scope: Any, receive: Any, send: Any) -> None:
    await routing.application(scope, receive, send)


class _Quiet(uvicorn.Server):
    """Leaves the signals to pytest."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class Inside:
    """The screens served in the test's own loop, on the test's own database: everything can be reached into.

    ``async with Inside() as here``; ``here.ws_url``, ``here.process`` (with ``feeds`` and ``sockets``).
    """

    def __init__(self) -> None:
        config = uvicorn.Config(
            _screens,
            port=0,
            lifespan="off",
            ws="websockets-sansio",
            ws_per_message_deflate=False,
            log_level="critical",
        )
        self._server = _Quiet(config)

    async def __aenter__(self) -> Self:
        self.process = process.current()
        self._task = asyncio.get_running_loop().create_task(self._server.serve())
        while not self._server.started:  # noqa: ASYNC110 - uvicorn offers a flag, no event
            await asyncio.sleep(0.01)
        port = self._server.servers[0].sockets[0].getsockname()[1]
        self.ws_url = f"ws://127.0.0.1:{port}"
        return self

    async def __aexit__(self, *exc_info: Any) -> None:
        self._server.should_exit = self._server.force_exit = True
        await self._task
        self.process.stop()
        await asyncio.sleep(0)
