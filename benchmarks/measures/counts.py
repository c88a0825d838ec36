"""B8, B9: what one event costs the database and Redis, whatever the number of sockets."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable
from dataclasses import astuple, dataclass

import MySQLdb
import redis

from benchmarks import ours
from benchmarks.control import commit
from benchmarks.frames import Crowd
from benchmarks.programs import Program
from benchmarks.report import Row, middle
from benchmarks.stage import Stage, say

SECONDS = 4.0
PER_SECOND = 50
FEW, MANY = 10, 300
# The socket-holding process logs in by this name, so MariaDB counts its statements apart.
USER = "bench_sockets"
STATEMENTS = (
    "SELECT SELECT_COMMANDS + UPDATE_COMMANDS + OTHER_COMMANDS"
    " FROM information_schema.USER_STATISTICS WHERE USER = %s"
)


@dataclass(frozen=True)
class Found:
    """Over a span of seconds: statements of the socket-holding process, Redis commands of all."""

    seconds: float
    statements: int
    commands: int


class Counters:
    """Reads both servers' own counters."""

    def __init__(self, stage: Stage) -> None:
        self.database = MySQLdb.connect(
            host="127.0.0.1", port=stage.mariadb.port, user="kaifan", autocommit=True
        )
        self.redis = redis.Redis.from_url(stage.redis.url, socket_timeout=5)
        self.run("SET GLOBAL userstat = 1")

    def run(self, statement: str, *values: str) -> int:
        """First cell of the answer, or 0."""
        cursor = self.database.cursor()
        cursor.execute(statement, values or None)
        found = cursor.fetchone() if cursor.description else None
        return int(found[0]) if found else 0

    def read(self) -> Found:
        """Counts so far. Our own INFO is not a message and is left out."""
        commands = self.redis.info("commandstats")
        told = sum(
            one["calls"] for name, one in commands.items() if name not in ("cmdstat_info", "cmdstat_client")
        )
        return Found(time.monotonic(), self.run(STATEMENTS, USER), told)

    def close(self) -> None:
        """Leave both."""
        self.database.close()
        self.redis.close()


async def pace(writer: Program, stream: str, events: int) -> None:
    """`events` commits at PER_SECOND."""
    begun = time.monotonic()
    for number in range(1, events + 1):
        await asyncio.sleep(begun + number / PER_SECOND - time.monotonic())
        await commit(writer, stream, 1, 300)


async def span(counters: Counters, during: Awaitable[None]) -> Found:
    """What is counted while `during` runs."""
    before = counters.read()
    await during
    after = counters.read()
    return Found(*(now - then for now, then in zip(astuple(after), astuple(before), strict=True)))


async def once(counters: Counters, holder: Program, writer: Program, sockets: int) -> tuple[Found, Found]:
    """A quiet and a loaded span of SECONDS each with that many sockets, all of them receiving every event."""
    crowd = Crowd(ours.counter(holder))
    await crowd.join(sockets)
    acks = asyncio.create_task(crowd.keep_acking())
    await pace(writer, crowd.target.stream, 10)
    await asyncio.sleep(2)
    events = int(SECONDS * PER_SECOND)
    quiet = await span(counters, asyncio.sleep(SECONDS))
    start = crowd.events
    loaded = await span(counters, pace(writer, crowd.target.stream, events))
    await crowd.wait(lambda: crowd.events >= start + events * sockets, 10)
    acks.cancel()
    await crowd.leave()
    return quiet, loaded


async def counts(stage: Stage) -> list[Row]:
    """B8 and B9."""
    writer, holder = stage.ours(1), stage.ours(3, USER)
    counters, events = Counters(stage), int(SECONDS * PER_SECOND)
    found: dict[int, list[tuple[Found, Found]]] = {FEW: [], MANY: []}
    for number in range(1, stage.options.rounds + 1):
        for sockets, rounds in found.items():
            rounds.append(await once(counters, holder, writer, sockets))
            quiet, loaded = rounds[-1]
            say(f"counts round {number}, {sockets} sockets, {events} events: {quiet} quiet, {loaded} loaded")
    counters.close()
    return rows(found, events)


def rows(found: dict[int, list[tuple[Found, Found]]], events: int) -> list[Row]:
    """B8 takes the worst round; B9 the median of each number of sockets."""
    pairs = [pair for rounds in found.values() for pair in rounds]
    sweep = middle(quiet.statements / quiet.seconds for quiet, _ in pairs)
    extra = max(loaded.statements - loaded.seconds * sweep for _, loaded in pairs)
    told = {
        n: middle((loaded.commands - quiet.commands) / events for quiet, loaded in found[n]) for n in found
    }
    queries, messages = max(0, extra) / events, f"{told[FEW]:.2f} · {told[MANY]:.2f}"
    steady = queries < 0.01 and sweep <= 1.2  # a sweep or two may fall into the other span
    even = abs(told[FEW] - told[MANY]) < 0.1 and told[MANY] <= 1.1
    target = "0 (sweep: 1 query/s/process)"
    return [
        Row(
            "B8",
            "database queries per event",
            f"{queries:.3f}",
            "sweep",
            f"{sweep:.2f}/s",
            None,
            target,
            steady,
        ),
        Row(
            "B9",
            f"Redis messages per event, {FEW} · {MANY} sockets",
            messages,
            "interested processes",
            "1",
            None,
            "= processes, independent of sockets",
            even,
        ),
    ]
