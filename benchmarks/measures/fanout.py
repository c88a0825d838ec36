"""B4, B5: one event to 500 sockets, as fast as they take it: frames per second and server CPU per frame."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import dataclass

from benchmarks import ours
from benchmarks.control import commit
from benchmarks.frames import Crowd, Target
from benchmarks.programs import Program
from benchmarks.report import Row, at_least, at_most, beside_only, middle
from benchmarks.stage import Stage, say, stock_target

SOCKETS = 500
CHUNK = 16  # events per request to the driver
AHEAD = 32  # events under way at most: below a stock channel's capacity (100) and our window (256 frames)


@dataclass(frozen=True)
class Contender:
    """A server under test: who sends, where the sockets are, how many events make a round."""

    sender: Program
    holder: Program
    target: Target
    events: int
    warm: int = 32


@dataclass(frozen=True)
class Found:
    """One round: frames delivered per second, microseconds of CPU of the socket-holding process per frame."""

    per_second: float
    cpu_us: float


async def pump(crowd: Crowd, sender: Program, events: int, size: int) -> None:
    """Send events, never more than AHEAD of what has been delivered, and wait for the last frame."""
    start = crowd.events
    for sent in range(0, events, CHUNK):
        floor = start + max(0, sent + CHUNK - AHEAD) * len(crowd.sockets)
        await crowd.wait(lambda: crowd.events >= floor, 30)  # noqa: B023
        await commit(sender, crowd.target.stream, min(CHUNK, events - sent), size)
    await crowd.wait(lambda: crowd.events >= start + events * len(crowd.sockets), 30)


async def once(contender: Contender, events: int, size: int, sockets: int = SOCKETS) -> Found:
    """One round against one server."""
    crowd = Crowd(contender.target)
    await crowd.join(sockets)
    acks = asyncio.create_task(crowd.keep_acking())
    await pump(crowd, contender.sender, contender.warm, size)
    cpu, begun, before = contender.holder.cpu_seconds(), crowd.last_ns, crowd.events
    await pump(crowd, contender.sender, events, size)
    frames, elapsed = crowd.events - before, (crowd.last_ns - begun) / 1e9
    cpu = contender.holder.cpu_seconds() - cpu
    acks.cancel()
    await crowd.leave()
    return Found(frames / elapsed, cpu / frames * 1e6)


def contenders(stage: Stage) -> dict[str, Contender]:
    """All servers; ours with the commits in the same process and with the commits in another."""
    us, writer, bare = stage.ours(1), stage.ours(2), stage.broadcast()
    found = {
        "ours": Contender(us, us, ours.diner(us), 320),
        "ours, committed elsewhere": Contender(writer, us, ours.diner(us), 320),
        "broadcast": Contender(bare, bare, stock_target(bare), 320),
    }
    for layer in ("core", "pubsub", "memory"):
        program = stage.stock(layer)
        found[layer] = Contender(program, program, stock_target(program), 8, 2)
    return found


async def fan_out(stage: Stage) -> list[Row]:
    """B4 and B5."""
    found: dict[str, list[Found]] = defaultdict(list)
    all_ = contenders(stage)
    size = await ours.frame_size(stage.ours(1), ours.diner)
    for number in range(1, stage.options.rounds + 1):
        for name, contender in all_.items():
            found[name].append(await once(contender, stage.options.count(contender.events), size))
            say(
                f"fan-out round {number}, {name}: {found[name][-1].per_second:,.0f} frames/s,"
                f" {found[name][-1].cpu_us:.1f} µs CPU per frame"
            )
    return rows(found, size)


def rows(found: dict[str, list[Found]], size: int) -> list[Row]:
    """The medians as rows."""
    cpu = {name: middle(one.cpu_us for one in rounds) for name, rounds in found.items()}
    rate = {name: middle(one.per_second for one in rounds) for name, rounds in found.items()}
    stock = max(("core", "pubsub", "memory"), key=lambda layer: rate[layer])
    elsewhere, what = "ours, committed elsewhere", f"frames/s to {SOCKETS} sockets ({size} B)"
    floor = "websockets.broadcast"
    return [
        at_most("B4", "fan-out CPU per frame", cpu[elsewhere], floor, cpu["broadcast"], 1.4, "{:.1f} µs"),
        beside_only("B4", "with the commits inside", cpu["ours"], floor, cpu["broadcast"], "{:.1f} µs"),
        at_least("B5", what, rate["ours"], f"best stock layer: {stock}", rate[stock], 10, "{:,.0f}"),
        at_least("B5", what, rate["ours"], floor, rate["broadcast"], 0.7, "{:,.0f}"),
        beside_only("B5", "committed elsewhere", rate[elsewhere], floor, rate["broadcast"], "{:,.0f}"),
    ]
