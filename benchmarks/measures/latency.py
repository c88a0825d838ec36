"""B1, B2, B3: from commit to frame, one event at a time, beside stock Channels and a raw echo."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from statistics import median

from benchmarks import ours
from benchmarks.baselines.driver import payload
from benchmarks.control import commit
from benchmarks.frames import TEXT, Crowd, Target
from benchmarks.programs import Program
from benchmarks.report import Row, at_most, beside_only, middle
from benchmarks.stage import Stage, say, stock_target

SAMPLES = 300
PAUSE_US = 3000  # the servers are idle when an event comes, as a restaurant's mostly are
MICROSECONDS = "{:.0f} µs"

Measure = Callable[[int, int], Awaitable[list[float]]]


async def one_way(sender: Program, target: Target, samples: int, size: int) -> list[float]:
    """Sorted times in µs from commit (or hand-over) in `sender` to the frame at a socket of `target`."""
    crowd = Crowd(target, stamp=True)
    await crowd.join(1)
    acks = asyncio.create_task(crowd.keep_acking())
    await commit(sender, target.stream, 20, size, pause_us=PAUSE_US)
    await crowd.wait(lambda: crowd.events >= 20, 10)
    times = await commit(sender, target.stream, samples, size, pause_us=PAUSE_US)
    await crowd.wait(lambda: crowd.events >= 20 + samples, 10)
    acks.cancel()
    arrivals = crowd.sockets[0].arrivals[20:]
    await crowd.leave()
    return sorted((there - here) / 1000 for here, there in zip(times, arrivals, strict=True))


async def round_trip(target: Target, samples: int, size: int) -> list[float]:
    """Sorted times in µs from sending a frame to having it back."""
    crowd = Crowd(target, stamp=True)
    await crowd.join(1)
    socket, times, text = crowd.sockets[0], [], payload(1, size).encode()
    for number in range(1, samples + 21):
        times.append(time.monotonic_ns())
        socket.send(TEXT, text)
        await crowd.wait(lambda: crowd.events >= number, 10)  # noqa: B023
        await asyncio.sleep(PAUSE_US / 1e6)
    await crowd.leave()
    return sorted(
        (there - here) / 1000 for here, there in list(zip(times, socket.arrivals, strict=True))[20:]
    )


async def interleave(
    measured: dict[str, Measure], rounds: int, samples: int, size: int
) -> dict[str, tuple[float, float]]:
    """Median over the rounds of (p50, p99) of each, every round visiting all of them in turn."""
    found: dict[str, list[list[float]]] = {name: [] for name in measured}
    for number in range(1, rounds + 1):
        for name, measure in measured.items():
            found[name].append(await measure(samples, size))
        say(
            f"latency round {number}: "
            + ", ".join(f"{n} {median(all_[-1]):.0f} µs" for n, all_ in found.items())
        )
    return {
        name: (
            middle(median(times) for times in lists),
            middle(times[int(len(times) * 0.99)] for times in lists),
        )
        for name, lists in found.items()
    }


def from_to(sender: Program, target: Target) -> Measure:
    """`one_way` between these two."""
    return lambda samples, size: one_way(sender, target, samples, size)


def there_and_back(program: Program) -> Measure:
    """`round_trip` with this echo server."""
    return lambda samples, size: round_trip(stock_target(program), samples, size)


async def same_process(stage: Stage) -> list[Row]:
    """B1 and B3: commit and socket in one process, Redis configured."""
    us, core = stage.ours(), stage.stock("core")
    measured = {"ours": from_to(us, ours.counter(us)), "core": from_to(core, stock_target(core))}
    measured |= {f"echo {name}": there_and_back(program) for name, program in stage.echoes().items()}
    size = await ours.frame_size(us, ours.counter)
    found = await interleave(measured, stage.options.rounds, stage.options.count(SAMPLES), size)
    echo = min((name for name in found if name.startswith("echo")), key=lambda name: found[name][0])
    mine, stock, floor = found["ours"], found["core"], found[echo]
    what = f"commit → frame p50, same process ({size} B)"
    return [
        at_most("B1", what, mine[0], "stock Channels group_send, core", stock[0], 0.15, MICROSECONDS),
        beside_only("B1", "the same, p99", mine[1], "the same, p99", stock[1], MICROSECONDS),
        at_most("B3", "as B1", mine[0], f"raw round trip, {echo}", floor[0], 2.5, MICROSECONDS),
    ]


async def other_process(stage: Stage) -> list[Row]:
    """B2: commit in one process, socket in another."""
    writer, reader = stage.ours(1), stage.ours(2)
    sender, receiver = stage.stock("pubsub", 1), stage.stock("pubsub", 2)
    measured = {
        "ours": from_to(writer, ours.counter(reader)),
        "pubsub": from_to(sender, stock_target(receiver)),
    }
    size = await ours.frame_size(reader, ours.counter)
    found = await interleave(measured, stage.options.rounds, stage.options.count(SAMPLES), size)
    mine, stock = found["ours"], found["pubsub"]
    return [
        at_most(
            "B2", "commit → frame p50, other process", mine[0], "stock pubsub", stock[0], 0.8, MICROSECONDS
        ),
        beside_only("B2", "the same, p99", mine[1], "the same, p99", stock[1], MICROSECONDS),
    ]
