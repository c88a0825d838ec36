"""What a run stands on: servers and programs, started when first needed, stopped at the end."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from benchmarks import ours
from benchmarks.frames import Target
from benchmarks.programs import Program, start_module, start_uvicorn
from hub.bootstrap.servers import MariaDB, Redis, throwaway_mariadb, throwaway_redis


@dataclass(frozen=True)
class Options:
    """How long to measure: `rounds` per program, and `scale` (1, or less for a quick look) on every count."""

    rounds: int = 3
    scale: float = 1.0

    def count(self, full: int) -> int:
        """A number of samples or events for this run."""
        return max(16, int(full * self.scale))


def say(text: str) -> None:
    """Progress, as it happens."""
    print(f"  … {text}", flush=True)


class Stage:
    """Lazy servers and programs of one run."""

    def __init__(self, stack: ExitStack, options: Options) -> None:
        self.stack = stack
        self.options = options
        self.folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        self._running: dict[str, Program] = {}

    @cached_property
    def redis(self) -> Redis:
        """The one Redis of the run; it is shared, as ours and the baselines never run at the same moment."""
        return self.stack.enter_context(throwaway_redis())

    @cached_property
    def mariadb(self) -> MariaDB:
        """A MariaDB with the product's tables, the demo store and a menu of 100 dishes."""
        say("starting MariaDB, migrating, creating the demo store")
        server = self.stack.enter_context(throwaway_mariadb())
        ours.prepare(server, self.redis, self.folder)
        return server

    def program(self, name: str, start: Callable[[], Program]) -> Program:
        """The running program of that name, started by `start()` at first."""
        if name not in self._running:
            self._running[name] = program = start()
            self.stack.callback(program.stop)
        return self._running[name]

    def stop(self, *programs: Program) -> None:
        """End these now; asked for again, they start afresh."""
        for program in programs:
            self._running.pop(program.name).stop()

    def stock(self, layer: str, number: int = 1) -> Program:
        """A stock Channels server on that layer."""
        name, application = f"stock {layer} {number}", "benchmarks.baselines.stock_channels:application"
        environment = {"BENCH_LAYER": layer, "REDIS_URL": self.redis.url}
        return self.program(name, lambda: start_uvicorn(name, application, self.folder, **environment))

    def broadcast(self) -> Program:
        """The `websockets.broadcast` server."""
        module = "benchmarks.baselines.websockets_broadcast"
        return self.program("broadcast", lambda: start_module("broadcast", module, self.folder))

    def echoes(self) -> dict[str, Program]:
        """Raw echo servers."""
        module, application = (
            "benchmarks.baselines.websockets_echo",
            "benchmarks.baselines.asgi_echo:application",
        )
        return {
            "websockets": self.program("echo", lambda: start_module("echo", module, self.folder)),
            "uvicorn": self.program(
                "asgi echo", lambda: start_uvicorn("asgi echo", application, self.folder)
            ),
        }

    def ours(self, number: int = 1, user: str = "kaifan") -> Program:
        """A web process of the product, logged into the database as `user`."""
        environment = ours.environment(self.mariadb, self.redis, user)
        name = f"ours {number} {user}"
        return self.program(name, lambda: start_uvicorn(name, ours.APPLICATION, self.folder, **environment))


def stock_target(program: Program) -> Target:
    """Where a baseline's sockets go."""
    return Target(program.port, "/ws/bench/")
