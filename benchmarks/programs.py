"""Start and stop the measured programs, each in a process of its own; read their CPU time (Linux)."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from hub.bootstrap.servers import free_port

ROOT = Path(__file__).resolve().parent.parent
# One set of flags for everything that runs on uvicorn: the documented production server.
UVICORN = (
    *("--loop", "uvloop", "--http", "httptools", "--ws", "websockets-sansio"),
    *("--ws-per-message-deflate", "false", "--ws-max-size", "65536", "--no-proxy-headers"),
    *("--no-access-log", "--log-level", "warning"),
    *("--timeout-graceful-shutdown", "1"),
)


class ProgramError(RuntimeError):
    """A program did not start; the text ends with what it wrote."""


@dataclass
class Program:
    """A running server process on its port."""

    name: str
    port: int
    process: subprocess.Popen[bytes]
    log: Path

    def cpu_seconds(self) -> float:
        """User and system time of the whole process so far; 10 ms steps."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self) -> None:
        """Ask, then kill after 5 s."""
        self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def tail(self) -> str:
        """The end of what the program wrote."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-20:])


def start(name: str, arguments: list[str], port: int, folder: Path, **environment: str) -> Program:
    """Run `python arguments…` and wait until its port accepts; raises ProgramError after 30 s."""
    log = folder / f"{name.replace(' ', '-')}.log"
    with log.open("ab") as out:
        process = subprocess.Popen(
            [sys.executable, *arguments], cwd=ROOT, env={**os.environ, **environment}, stdout=out, stderr=out
        )
    program = Program(name, port, process, log)
    deadline = time.monotonic() + 30
    while not accepts(port):
        if process.poll() is not None or time.monotonic() > deadline:
            program.stop()
            raise ProgramError(f"{name} did not start:\n{program.tail()}")
        time.sleep(0.02)
    return program


def accepts(port: int) -> bool:
    """Whether something listens there."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def start_uvicorn(name: str, application: str, folder: Path, **environment: str) -> Program:
    """`module:application` under uvicorn with the common flags."""
    port = free_port()
    command = ["-m", "uvicorn", application, "--host", "127.0.0.1", "--port", str(port), *UVICORN]
    return start(name, command, port, folder, **environment)


def start_module(name: str, module: str, folder: Path, **environment: str) -> Program:
    """`python -m module PORT`."""
    port = free_port()
    return start(name, ["-m", module, str(port)], port, folder, **environment)
