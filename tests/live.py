"""Real processes for tests: web server, worker and their own database, to start, stop and kill at will."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Self

from tests.databases import ROOT, fresh_sqlite, process_env

SANDBOX = "/sandbox/wechat"
START_SECONDS = 120  # a busy machine migrates slowly
STOP_SECONDS = 20
DAPHNE = ["-m", "daphne", "--websocket_timeout", "-1", "--websocket-max-message-size", "65536"]
DAPHNE += ["--websocket-max-frame-size", "65536", "--access-log", os.devnull, "--no-server-name", "-b"]
UVICORN = [
    "-m",
    "uvicorn",
    "--ws",
    "websockets-sansio",
    "--ws-max-size",
    "65536",
    "--ws-per-message-deflate",
    "false",
]
UVICORN += ["--loop", "uvloop", "--no-access-log", "--timeout-graceful-shutdown", "10", "--host"]


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def give_wechat(folder: Path | str) -> None:
    """Make the folder of a mounted WeChat emulator, with the run's keys: making keys takes a second."""
    from tests.wechat.emulator import fresh_folder  # it imports this module

    folder = Path(folder)
    if not folder.exists():
        made = fresh_folder(folder.parent)
        try:
            made.rename(folder)
        except OSError:  # a server beside this one was first
            shutil.rmtree(made)


class Process:
    """An operating-system process, its output in a file: `start`, `stop` (SIGTERM), `kill` (SIGKILL)."""

    def __init__(self, env: dict[str, str], log_path: Path):
        self.env, self.log_path, self.popen = env, log_path, None

    def command(self) -> list[str]:
        raise NotImplementedError

    def wait_ready(self) -> None:
        """Nothing to wait for, unless the kind of process says otherwise."""

    def start(self) -> Self:
        with self.log_path.open("ab") as log:
            self.popen = subprocess.Popen(self.command(), cwd=ROOT, env=self.env, stdout=log, stderr=log)
        self.wait_ready()
        return self

    def running(self) -> bool:
        return self.popen is not None and self.popen.poll() is None

    def stop(self, timeout: float = STOP_SECONDS) -> int | None:
        """SIGTERM and wait; SIGKILL after `timeout` seconds. Returns the exit code (None if it never ran)."""
        if not self.running():
            return self.popen and self.popen.returncode
        self.popen.send_signal(signal.SIGTERM)
        try:
            return self.popen.wait(timeout)
        except subprocess.TimeoutExpired:
            return self.kill()

    def kill(self) -> int | None:
        if self.running():
            self.popen.kill()
        return self.popen and self.popen.wait()

    def log_text(self) -> str:
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""


class WorkerProcess(Process):
    """`manage.py worker` on the same environment as a server: `WorkerProcess(server.env, folder)`."""

    def __init__(self, env: dict[str, str], folder: Path | str):
        super().__init__(env, Path(folder) / f"worker-{time.monotonic_ns()}.log")

    def command(self) -> list[str]:
        return [sys.executable, "manage.py", "worker"]


class LiveServer(Process):
    """The product served on 127.0.0.1 by `daphne`, `uvicorn` or `serve` (manage.py serve, worker inside).

    Without `database_url` it gets its own SQLite file, with tables and the demo store. With one, call
    `prepare_database(server.env)` once before the first start. `worker=True` runs a worker process beside it.
    Its WeChat is the emulator that it mounts itself, on the port of its own, with the ledger in
    ``WECHAT_SANDBOX_DIR``. As a context manager it starts, and at the end stops and removes its folder.
    """

    def __init__(
        self,
        server="daphne",
        env=None,
        port=None,
        database_url=None,
        redis_url=None,
        worker=False,
        folder=None,
    ):
        self.server, self.port = server, port or free_port()
        self.folder = Path(folder or tempfile.mkdtemp(prefix="kaifan-live-"))
        self.own_folder = folder is None
        own = {"PORT": str(self.port), "WECHAT_SANDBOX_DIR": str(self.folder / "sandbox"), **(env or {})}
        made = process_env(database_url or fresh_sqlite(), redis_url, own)
        super().__init__(made, self.folder / f"{server}-{self.port}.log")
        self.worker = WorkerProcess(self.env, self.folder) if worker else None

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def ws_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}"

    def command(self) -> list[str]:
        port = str(self.port)
        if self.server == "daphne":
            return [sys.executable, *DAPHNE, "127.0.0.1", "-p", port, "asgi:application"]
        if self.server == "uvicorn":
            return [sys.executable, *UVICORN, "127.0.0.1", "--port", port, "asgi:application"]
        return [sys.executable, "manage.py", "serve", "--port", port]

    @property
    def sandbox_url(self) -> str:
        """The WeChat emulator that this process would mount."""
        return self.base_url + SANDBOX

    def start(self) -> Self:
        give_wechat(self.env["WECHAT_SANDBOX_DIR"])
        super().start()
        if self.worker and not self.worker.running():
            self.worker.start()
        return self

    def wait_ready(self) -> None:
        """Until /readyz answers 200; raises with the log if the process dies or START_SECONDS pass."""
        deadline = time.monotonic() + START_SECONDS
        while self.ready_status() != 200:
            if not self.running() or time.monotonic() > deadline:
                self.kill()
                raise RuntimeError(
                    f"{self.server} is not ready on port {self.port}:\n{self.log_text()[-8000:]}"
                )
            time.sleep(0.05)

    def ready_status(self) -> int | None:
        """The HTTP status of /readyz; None while nobody listens."""
        try:
            with urllib.request.urlopen(self.base_url + "/readyz", timeout=5) as answer:
                return answer.status
        except urllib.error.HTTPError as problem:
            return problem.code
        except OSError:
            return None

    def close(self) -> None:
        """Stop server and worker and remove the folder this server made for itself."""
        self.stop()
        if self.worker:
            self.worker.stop()
        if self.own_folder:
            shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> Self:
        try:
            return self.start()
        except BaseException:
            self.close()
            raise

    def __exit__(self, *exc_info) -> None:
        self.close()
