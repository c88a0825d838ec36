"""Throwaway MariaDB (or MySQL) and Redis for tests and benchmarks: own port, own data, gone afterwards.

with throwaway_mariadb() as database, throwaway_redis() as redis:
    run(env={"DATABASE_URL": database.url, "REDIS_URL": redis.url})
    redis.kill(); redis.restart()
"""

from __future__ import annotations

import getpass
import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HOST = "127.0.0.1"
SYSTEM_FOLDERS = os.pathsep.join(("/usr/sbin", "/usr/local/sbin", "/usr/libexec", "/opt/homebrew/bin"))
INIT_SQL = """\
CREATE DATABASE IF NOT EXISTS kaifan CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE USER IF NOT EXISTS 'kaifan'@'127.0.0.1';
GRANT ALL PRIVILEGES ON *.* TO 'kaifan'@'127.0.0.1' WITH GRANT OPTION;
"""


class ServerError(RuntimeError):
    """A server is not installed or did not start; the text says which and what its log ended with."""


def find_program(*names: str) -> str | None:
    """Path of the first installed program of that name; sbin folders count even where PATH omits them."""
    for name in names:
        found = shutil.which(name) or shutil.which(name, path=SYSTEM_FOLDERS)
        if found:
            return found
    return None


def free_port() -> int:
    """A free TCP port below the range of outgoing connections, so that no client can take it meanwhile."""
    for _ in range(200):
        port = random.randint(20000, 32000)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return port
    raise ServerError("no free port between 20000 and 32000")


def scratch_folder(prefix: str) -> Path:
    """A fresh folder: in memory where /dev/shm has 1 GiB of room, else in the temporary folder."""
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 2**30
    return Path(tempfile.mkdtemp(prefix=prefix, dir=memory if roomy else None))


class Server:
    """One process on its own port and folder. Faults: `kill restart pause resume`; the end: `stop`."""

    name = "server"

    def __init__(self) -> None:
        self.port = free_port()
        self.folder = scratch_folder(f"kaifan-{self.name}-")
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The address as `DATABASE_URL` or `REDIS_URL` wants it."""
        raise NotImplementedError

    def command(self) -> list[str]:
        """Program and arguments that serve on `self.port`."""
        raise NotImplementedError

    def answers(self) -> bool:
        """Whether the server serves clients now."""
        raise NotImplementedError

    @property
    def pid(self) -> int:
        """Process id of the running server."""
        if self.process is None:
            raise ServerError(f"{self.name} is not running")
        return self.process.pid

    def start(self, timeout: float = 30) -> None:
        """Start and wait until it answers; raises ServerError with the end of its log."""
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                self.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        deadline = time.monotonic() + timeout
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise ServerError(f"{self.name} did not start:\n{self.log_tail()}")
            time.sleep(0.02)

    def log_tail(self) -> str:
        """The last lines the server wrote."""
        return "\n".join((self.folder / "log").read_text(errors="replace").splitlines()[-15:])

    def kill(self) -> None:
        """SIGKILL, as a crash would; port and data stay for `restart`."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def restart(self) -> None:
        """Start again (killing first where it still runs) on the same port and data."""
        self.kill()
        self.start()

    def pause(self) -> None:
        """SIGSTOP: connections stay open and nothing answers."""
        os.kill(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """SIGCONT after `pause`."""
        os.kill(self.pid, signal.SIGCONT)

    def stop(self) -> None:
        """The end of process and folder. The data are worthless, so it is not asked politely."""
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


class MariaDB(Server):
    """MariaDB or MySQL 8 on 127.0.0.1: database `kaifan` in utf8mb4, user `kaifan` without password.

    Commits are durable against `kill` (innodb_flush_log_at_trx_commit=1).
    """

    name = "mariadb"

    @property
    def url(self) -> str:
        return f"mysql://kaifan@{HOST}:{self.port}/kaifan"

    def prepare(self) -> None:
        """Create the data folder; raises ServerError when no server is installed or its set-up fails."""
        (self.folder / "init.sql").write_text(INIT_SQL)
        made = subprocess.run(self._prepare_command(), capture_output=True, text=True, check=False)
        if made.returncode:
            raise ServerError(f"{self.name} could not create its data folder:\n{made.stdout}{made.stderr}")

    def _prepare_command(self) -> list[str]:
        installer = find_program("mariadb-install-db", "mysql_install_db")
        common = ["--no-defaults", f"--datadir={self.data}", f"--user={getpass.getuser()}"]
        if installer and find_program("mariadbd"):
            return [installer, *common, "--skip-test-db", "--auth-root-authentication-method=normal"]
        return [self.program(), *common, "--initialize-insecure"]

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def program(self) -> str:
        """Path of the server; raises ServerError with what to install."""
        found = find_program("mariadbd", "mysqld")
        if not found:
            raise ServerError("no MariaDB or MySQL server is installed (apt-get install mariadb-server)")
        return found

    def command(self) -> list[str]:
        return [
            self.program(),
            "--no-defaults",
            f"--datadir={self.data}",
            f"--user={getpass.getuser()}",
            f"--port={self.port}",
            f"--bind-address={HOST}",
            f"--socket={self.folder / 'sock'}",
            f"--pid-file={self.folder / 'pid'}",
            f"--init-file={self.folder / 'init.sql'}",
            f"--tmpdir={self.folder}",
            "--character-set-server=utf8mb4",
            "--collation-server=utf8mb4_bin",
            "--innodb-flush-log-at-trx-commit=1",
            "--innodb-flush-method=fsync",  # O_DIRECT is refused by some in-memory file systems
            "--innodb-use-native-aio=0",  # not allowed in many containers
            "--innodb-buffer-pool-size=192M",
            "--skip-log-bin",
            "--skip-name-resolve",
            "--max-connections=600",
        ]

    def answers(self) -> bool:
        """A greeting packet has come: sequence number 0, protocol version 10."""
        try:
            with socket.create_connection((HOST, self.port), timeout=1) as client:
                return client.recv(5)[3:5] == b"\x00\x0a"
        except OSError:
            return False


class Redis(Server):
    """Redis without persistence: after `kill` and `restart` it is empty, as the product must bear."""

    name = "redis"

    @property
    def url(self) -> str:
        return f"redis://{HOST}:{self.port}/0"

    def command(self) -> list[str]:
        program = find_program("redis-server", "valkey-server")
        if not program:
            raise ServerError("no Redis server is installed (apt-get install redis-server)")
        options = {"port": self.port, "bind": HOST, "dir": self.folder, "save": "", "appendonly": "no"}
        return [program, *(part for name, value in options.items() for part in (f"--{name}", str(value)))]

    def answers(self) -> bool:
        try:
            with socket.create_connection((HOST, self.port), timeout=1) as client:
                client.sendall(b"PING\r\n")
                return client.recv(5) == b"+PONG"
        except OSError:
            return False


@contextmanager
def throwaway_mariadb() -> Iterator[MariaDB]:
    """A running MariaDB or MySQL; gone with its data at the end of the block."""
    server = MariaDB()
    try:
        server.prepare()
        server.start()
        yield server
    finally:
        server.stop()


@contextmanager
def throwaway_redis() -> Iterator[Redis]:
    """A running Redis; gone at the end of the block."""
    server = Redis()
    try:
        server.start()
        yield server
    finally:
        server.stop()
