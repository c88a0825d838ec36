"""When things happen: arrivals, and how long people take. Pure but for `Pace`, which waits."""

import asyncio
import random
import time
from collections.abc import Callable

SPREAD = 0.35  # of the logarithm: most people take between two thirds and one and a half of the usual time
BURST_SECONDS = 2.0


def arrivals(rng: random.Random, per_minute: float, seconds: float, burst: int) -> list[float]:
    """Seconds at which guests come in: ``burst`` of them almost at once, then as a Poisson process."""
    first = sorted(rng.uniform(0, min(BURST_SECONDS, seconds)) for _ in range(burst))
    found, at = first, first[-1] if first else 0.0
    while per_minute > 0:
        at += rng.expovariate(per_minute / 60)
        if at >= seconds:
            break
        found.append(at)
    return found


def around(rng: random.Random, seconds: float) -> float:
    """A human time that is usually ``seconds``: half of the times less, never more than four times that."""
    return seconds * min(4.0, rng.lognormvariate(0, SPREAD))


class Pace:
    """The clock of a simulation: its seconds pass ``speed`` times as fast, and not at all once it closes.

    After ``close`` every wait is over at once, so that people finish what they have begun.
    """

    def __init__(self, speed: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.speed = speed
        self._clock, self._began = clock, clock()
        self._closing = asyncio.Event()

    @property
    def closing(self) -> bool:
        """Whether nothing new shall begin."""
        return self._closing.is_set()

    def close(self) -> None:
        """Begin nothing new; wake up everybody who waits."""
        self._closing.set()

    def now(self) -> float:
        """Simulated seconds since the beginning."""
        return (self._clock() - self._began) * self.speed

    async def rest(self, seconds: float) -> None:
        """Wait so many simulated seconds, or until it closes."""
        if seconds <= 0 or self.closing:
            return
        try:
            await asyncio.wait_for(self._closing.wait(), seconds / self.speed)
        except TimeoutError:
            pass

    async def until(self, at: float) -> None:
        """Wait for this second of the simulation, or until it closes."""
        await self.rest(at - self.now())

    async def take(self, rng: random.Random, seconds: float) -> None:
        """Take about so long, as people do."""
        await self.rest(around(rng, seconds))
