"""A lunch rush from the first guest to the last table that is wiped."""

import asyncio
import random
import time
from collections.abc import Callable
from dataclasses import dataclass

from rush import check, choices, pace
from rush.company import COUNTER, Company
from rush.cooks import Kitchen
from rush.counter import Counter
from rush.diners import Diner, Room
from rush.floor import Floor
from rush.phone import Refused, Unreachable
from rush.tally import counts

BURST = 6
FINISH = 420.0  # simulated seconds after the last arrival
HURRY = 25.0  # real seconds to finish once somebody stopped it
TELLS, LOOKS = 1.0, 0.3
Teller = Callable[[float, dict[str, int]], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """How big a rush: ``minutes`` and ``per_minute`` are of the simulation's own time."""

    per_minute: float
    minutes: float
    seed: int


class Simulation:
    """The same seed brings the same guests with the same wishes, at the same seconds."""

    def __init__(self, plan: Plan, company: Company) -> None:
        self.plan, self.company = plan, company
        self.floor = Floor(company.house, company.screen(COUNTER))
        self.room = Room([])

    def rng(self, who: str) -> random.Random:
        """Everybody's own chance."""
        return random.Random(f"{self.plan.seed}:{who}")

    def stop(self) -> None:
        """No more guests; those who are here finish at once."""
        self.company.pace.close()

    def counts(self) -> dict[str, int]:
        """The figures so far."""
        return counts(self.company.tally, self.floor.counts())

    async def run(self, tell: Teller) -> list[str]:
        """Run it; what is left over at the end. Raises Unreachable or Refused where it cannot even begin."""
        await self._open()
        self.floor.follow(asyncio.get_running_loop())
        people = [self.counter.work(), self.kitchen.work(), self._tell(tell)]
        staff = [asyncio.ensure_future(work) for work in people]
        out_of_stock = asyncio.ensure_future(self.kitchen.run_out())
        try:
            await self._serve()
        finally:
            self.company.pace.close()
            await asyncio.wait([out_of_stock], timeout=HURRY)  # what is 估清 comes back
            for task in (*staff, out_of_stock):
                task.cancel()
            self.counter.hands.drop()
            self.kitchen.hands.drop()
            self.floor.stop()
        left = await self._check()
        tell(self.company.pace.now(), self.counts())
        return left

    async def _open(self) -> None:
        """Look around, and leave the first table to whoever watches."""
        counter, house = self.company.phone(COUNTER), self.company.house
        await self.company.call(house.look_around, counter)
        rows = (await self.company.call(counter.get, f"/stores/{house.store}/table-map/"))["tables"]
        self.room = Room([row["code"] for row in rows[1:] if row["session"] is None])
        company, floor, expected = self.company, self.floor, self.plan.per_minute
        self.counter = Counter(self.rng("counter"), company=company, floor=floor, room=self.room)
        self.kitchen = Kitchen(self.rng("kitchen"), company=company, floor=floor, per_minute=expected)

    async def _tell(self, tell: Teller) -> None:
        while True:
            tell(self.company.pace.now(), self.counts())
            await asyncio.sleep(TELLS)
            if self.floor.lost:
                self.stop()

    async def _serve(self) -> None:
        """Let the guests in and wait until all is done; who is late is hurried, and then left."""
        visits = await self._let_in()
        if not self.company.pace.closing:
            await self._idle(visits, FINISH / self.company.pace.speed + HURRY)
        self.company.pace.close()
        await self._idle(visits, HURRY)
        for visit in visits:
            visit.cancel()

    async def _let_in(self) -> list[asyncio.Task[None]]:
        rng, seconds = self.rng("door"), self.plan.minutes * 60
        visits = []
        for number, at in enumerate(pace.arrivals(rng, self.plan.per_minute, seconds, BURST), 1):
            await self.company.pace.until(at)
            if self.company.pace.closing:
                break
            guest_rng = self.rng(f"guest {number}")
            guest = choices.guest(guest_rng, number, knows_the_menu=number <= BURST)
            diner = Diner(guest, guest_rng, company=self.company, floor=self.floor, room=self.room)
            visits.append(asyncio.ensure_future(diner.visit()))
        return visits

    async def _idle(self, visits: list[asyncio.Task[None]], seconds: float) -> None:
        """Wait until nobody is here and nothing is open; no longer than so many real seconds, or a stop."""
        was_closing, deadline = self.company.pace.closing, time.monotonic() + seconds
        while time.monotonic() < deadline and was_closing == self.company.pace.closing:
            if self.floor.lost:
                return
            if all(visit.done() for visit in visits) and not self.floor.ours() and self.counter.idle:
                return
            await asyncio.sleep(LOOKS)

    async def _check(self) -> list[str]:
        """Compare our books with the API's."""
        house, counter = self.company.house, self.company.phone(COUNTER)
        try:
            found = await self.company.call(check.read_all, house, counter)
        except (Refused, Unreachable) as error:
            self.company.tally.broken.append(f"the orders could not be read at the end: {error}")
            return [f"{alias}: nobody knows" for alias in house.orders]
        self.company.tally.broken += check.broken(house, found)
        return check.left(house, found)
