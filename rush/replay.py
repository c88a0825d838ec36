"""A recorded day once more, each thing in its turn, so many times as fast."""

import asyncio
from collections.abc import Callable
from typing import Any

from rush import check
from rush.company import COUNTER, Company
from rush.house import Unknown
from rush.phone import Refused, Unreachable
from rush.recording import told
from rush.tally import STEPS, counts

STEP_OF = {
    "submit": "orders", "pay": "paid", "accept": "accepted", "complete": "completed", "cancel": "cancelled",
    "request-cancel/approve": "cancelled", "reject": "rejected",
}  # fmt: skip
NOT_YET = 20  # tries, of a move whose order is not there yet: it waits for what others do
PAUSE = 0.25


class Replay:
    """Plays entries in the order in which they began. Sequential: only so the same day comes out of it."""

    def __init__(self, entries: list[dict[str, Any]], company: Company) -> None:
        self.entries, self.company = entries, company
        self._reached: dict[str, set[str]] = {step: set() for step in ("orders", *STEPS)}
        self._money_fen = 0

    def stop(self) -> None:
        """Play no more."""
        self.company.pace.close()

    def counts(self) -> dict[str, Any]:
        """The figures so far."""
        steps = {step: len(orders) for step, orders in self._reached.items()}
        return counts(self.company.tally, {**steps, "money_fen": self._money_fen})

    async def run(self, tell: Callable[[float, dict[str, Any]], None]) -> list[str]:
        """Play all of it; what is left over at the end. What comes out differently is broken."""
        await self.company.call(self.company.house.look_around, self.company.phone(COUNTER))
        told_at = -self.company.pace.speed
        for entry in self.entries:
            await self.company.pace.until(entry["at"])
            if self.company.pace.closing:
                break
            await self._play(entry)
            if entry["at"] >= told_at + self.company.pace.speed:
                told_at = entry["at"]
                tell(told_at, self.counts())
        left = await self._check()
        tell(self.company.pace.now(), self.counts())
        return left

    async def _play(self, entry: dict[str, Any]) -> None:
        who, do = entry["who"], entry["do"]
        try:
            result = await self._until_it_can(who, do, told(entry))
        except (Refused, Unreachable, Unknown) as error:
            self.company.tally.broken.append(f"at {entry['at']} {who} could not {do}: {error}")
            return
        if do in STEP_OF:
            self._reached[STEP_OF[do]].add(entry["order"])
        self.company.tally.diners = len(self._reached["orders"])
        self.company.tally.reviews += do == "review"
        if result != entry.get("result"):
            self.company.tally.broken.append(
                f"at {entry['at']} {who} {do}: {result}, recorded was {entry.get('result')}"
            )

    async def _until_it_can(self, who: str, do: str, what: dict[str, Any]) -> Any:
        """A move can be early where the recorded day waited for a worker or a gateway."""
        for attempt in range(NOT_YET):
            try:
                return await self.company.do(who, do, **what)
            except Refused as refusal:
                if refusal.code not in ("order.transition_refused", "line.transition_refused"):
                    raise
                if attempt == NOT_YET - 1:
                    raise
            await asyncio.sleep(PAUSE)
        return None

    async def _check(self) -> list[str]:
        """Compare our books with the API's."""
        house = self.company.house
        found = await self.company.call(check.read_all, house, self.company.phone(COUNTER))
        mine = [found[no] for no in house.by_no if no in found]
        stays = [order for order in mine if order["status"] not in ("cancelled", "rejected")]
        self._money_fen = sum(order["paid_fen"] - order["refunded_fen"] for order in stays)
        self._reached["ready"] = {order["no"] for order in mine if order["ready_at"]}
        self.company.tally.broken += check.broken(house, found)
        return check.left(house, found)
