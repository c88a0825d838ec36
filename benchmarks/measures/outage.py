"""B15: Redis is killed for three seconds while events come; what is lost and which sockets are closed.

Writer and sockets are in two processes, so every event has to cross. Our sockets speak `hub.v1`; a gap
announced by `resync` would count as lost here, as the events themselves do not come.
"""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import suppress
from dataclasses import dataclass

from benchmarks import ours
from benchmarks.control import commit
from benchmarks.frames import Crowd, Target
from benchmarks.programs import Program
from benchmarks.report import Row, middle
from benchmarks.stage import Stage, say, stock_target

SOCKETS = 50
PER_SECOND = 50
BEFORE, GONE, AFTER = 1.0, 3.0, 2.0
EVENTS = int((BEFORE + GONE + AFTER) * PER_SECOND)
SETTLE = 2.5  # time for a recovery before losses are counted


@dataclass(frozen=True)
class Found:
    """Share of the (event, socket) pairs that never came, sockets closed, and frames that came twice."""

    lost: float
    closed: int
    doubled: int


async def fault(stage: Stage) -> None:
    """The three seconds without Redis."""
    await asyncio.sleep(BEFORE)
    stage.redis.kill()
    await asyncio.sleep(GONE)
    await asyncio.to_thread(stage.redis.restart)


async def send(sender: Program, stream: str, events: int) -> int:
    """Events one by one at their times, whatever the sender's troubles; returns how many were accepted."""
    begun, accepted = time.monotonic(), 0
    for number in range(1, events + 1):
        await asyncio.sleep(begun + number / PER_SECOND - time.monotonic())
        accepted += len(await commit(sender, stream, 1, 300, first=number))
    return accepted


def judge(crowd: Crowd, accepted: int) -> Found:
    """What the sockets have, compared with what was accepted."""
    numbers = [[json.loads(text)["seq"] for text in socket.texts] for socket in crowd.sockets]
    distinct, came = sum(len(set(each)) for each in numbers), sum(map(len, numbers))
    wanted = accepted * len(crowd.sockets)
    return Found((wanted - distinct) / wanted, crowd.closed, came - distinct)


async def once(stage: Stage, sender: Program, target: Target) -> Found:
    """One outage seen by the sockets of one server."""
    crowd = Crowd(target, keep=True)
    await crowd.join(SOCKETS)
    acks = asyncio.create_task(crowd.keep_acking())
    accepted, _ = await asyncio.gather(send(sender, target.stream, EVENTS), fault(stage))
    with suppress(TimeoutError):  # what has not come by then is lost
        await crowd.wait(lambda: crowd.events >= accepted * SOCKETS, SETTLE)
    acks.cancel()
    await crowd.leave()
    return judge(crowd, accepted)


async def stock(stage: Stage, layer: str) -> Found:
    """One outage seen by fresh stock servers: the old ones still hold dead connections."""
    sender, holder = stage.stock(layer, 1), stage.stock(layer, 2)
    try:
        return await once(stage, sender, stock_target(holder))
    finally:
        stage.stop(sender, holder)


async def redis_killed(stage: Stage) -> list[Row]:
    """B15."""
    us, writer = stage.ours(1), stage.ours(2)
    measured = {
        "ours": lambda: once(stage, writer, ours.counter(us)),
        "core": lambda: stock(stage, "core"),
        "pubsub": lambda: stock(stage, "pubsub"),
    }
    found: dict[str, list[Found]] = {name: [] for name in measured}
    for number in range(1, stage.options.rounds + 1):
        for name, measure in measured.items():
            found[name].append(await measure())
            say(f"outage round {number}, {name}: {found[name][-1]}")
    return [row(found, layer) for layer in ("core", "pubsub")]


def row(found: dict[str, list[Found]], layer: str) -> Row:
    """Ours (the worst round) beside a stock layer (its median)."""
    lost, closed = max(one.lost for one in found["ours"]), max(one.closed for one in found["ours"])
    doubled = max(one.doubled for one in found["ours"])
    theirs = middle(one.lost for one in found[layer]), middle(one.closed for one in found[layer])
    beside = f"{theirs[0]:.0%} lost, {theirs[1]:.0f} closed"
    mine = f"{lost:.1%} lost, {closed} closed, {doubled} doubled"
    met = not (lost or closed or doubled)
    what = f"Redis killed for 3 s, {SOCKETS} sockets"
    return Row("B15", what, mine, f"stock {layer}", beside, None, "0 lost, 0 closed", met)
