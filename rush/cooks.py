"""Cooks: so many hands a station; they start, finish, sometimes take back, run out, answer a rush."""

import random
from collections import defaultdict

from rush import choices
from rush.company import KITCHEN, Company
from rush.floor import Floor, Row
from rush.hands import Hands

NOTICES = 1.5
COOKS = {"wok": 18.0, "cold": 9.0, "bar": 6.0}
ELSEWHERE = 12.0
STRAIGHT, RECALLS = 0.1, 0.03
RECALL_AFTER, ANSWERS = 4.0, 5.0
RUNS_OUT_EVERY, OUT_FOR = 75.0, 30.0
IN_KITCHEN = ("accepted", "preparing", "ready")
RUSH_ANSWERS = ("soon", "soon", "five_minutes", "missing")


def capacity(per_minute: float, seconds: float) -> int:
    """How many dishes a station makes at once so that it keeps up: guests order about 1.2 there each."""
    return max(2, round(per_minute * 1.2 * seconds / 60 * 1.4))


class Kitchen:
    """All stations. ``per_minute`` guests are expected."""

    def __init__(self, rng: random.Random, *, company: Company, floor: Floor, per_minute: float) -> None:
        self.rng, self.company, self.floor, self.per_minute = rng, company, floor, per_minute
        self.hands = Hands()
        self._busy: dict[str, int] = defaultdict(int)

    async def work(self) -> None:
        """Until cancelled."""
        while True:
            for row in self.floor.ours():
                if row["status"] in IN_KITCHEN:
                    self._look_at(row)
            await self.company.look()

    def _look_at(self, row: Row) -> None:
        order = self.company.house.by_no[row["no"]].alias
        if row["rush_count"] and not row["rush_answer"]:
            self.hands.take(row["no"], self._answer, order)
        for index, line in enumerate(sorted(row["lines"], key=lambda line: line["id"])):
            if line["state"] == "queued" and self._has_a_hand(line) and not self.hands.hold(line["id"]):
                self._busy[line["station"]] += 1
                self.hands.take(line["id"], self._make, order, index, line)

    def _has_a_hand(self, line: Row) -> bool:
        return self._busy[line["station"]] < capacity(self.per_minute, seconds_for(line))

    async def _make(self, order: str, index: int, line: Row) -> None:
        """One line from the queue to the pass."""
        try:
            await self._take(NOTICES)
            straight = self.rng.random() < STRAIGHT
            if not straight and not await self._tap("start", order, index):
                return
            await self._take(seconds_for(line))
            if not await self._tap("ready", order, index) or self.rng.random() >= RECALLS:
                return
            await self._take(RECALL_AFTER)
            if await self._tap("recall", order, index):
                await self._take(seconds_for(line) / 2)
                await self._tap("ready", order, index)
        finally:
            self._busy[line["station"]] -= 1

    async def _answer(self, order: str) -> None:
        await self._take(ANSWERS)
        answer = self.rng.choice(RUSH_ANSWERS)
        await self.company.attempt(KITCHEN, "rush/answer", order=order, answer=answer)

    async def _tap(self, verb: str, order: str, line: int) -> bool:
        return await self.company.attempt(KITCHEN, verb, order=order, line=line)

    async def _take(self, seconds: float) -> None:
        await self.company.pace.take(self.rng, seconds)

    async def run_out(self) -> None:
        """Every now and then a dish is 估清 for a while; it always comes back. Until closing."""
        while not self.company.pace.closing:
            await self._take(RUNS_OUT_EVERY)
            dishes = [d for d in choices.on_offer(self.company.house.menu) if not d["combo"]]
            if self.company.pace.closing or not dishes:
                return
            name = str(self.rng.choice(dishes)["name"])
            if await self.company.attempt(KITCHEN, "sell-out", dish=name):
                await self._take(OUT_FOR)
                await self.company.attempt(KITCHEN, "restore", dish=name)


def seconds_for(line: Row) -> float:
    """How long a line usually takes at its station."""
    return COOKS.get(line["station"], ELSEWHERE)
