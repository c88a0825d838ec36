"""The counter: accepts or rejects, takes cash, decides on cancellations, hands over, clears tables."""

import random
from typing import Any

from rush import choices
from rush.company import COUNTER, Company
from rush.diners import Room
from rush.floor import Floor, Row
from rush.hands import Hands

ACCEPTS, TAKES_CASH, DECIDES, HANDS_OVER, WIPES = 3.0, 5.0, 6.0, 8.0, 5.0
GIVES_UP = 150.0  # simulated seconds until an unpaid order is taken off the screen
REJECTS, APPROVES = 0.03, 0.6


class Counter:
    """Looks at the screen again and again, and does for each order what its state asks for."""

    def __init__(self, rng: random.Random, *, company: Company, floor: Floor, room: Room) -> None:
        self.rng, self.company, self.floor, self.room = rng, company, floor, room
        self.hands = Hands()
        self._unpaid_since: dict[str, float] = {}

    @property
    def idle(self) -> bool:
        """Whether no table waits to be wiped."""
        return not self.room.used

    async def work(self) -> None:
        """Until cancelled."""
        while True:
            for row in self.floor.ours():
                self._look_at(row)
            for table in sorted(self.room.used):
                if not self.room.seated[table]:
                    self.hands.take(table, self._wipe, table)
            await self.company.look()

    def _look_at(self, row: Row) -> None:
        """Do what this order asks of the counter now, if anything."""
        order, no = self.company.house.by_no[row["no"]].alias, row["no"]
        if row["cancel_requested_at"]:
            self.hands.take(no, self._decide, order)
        elif row["due_fen"] and self._will_pay_here(row):
            self.hands.take(no, self._after, TAKES_CASH, "pay", {"order": order, "channel": "cash"})
        elif row["status"] == "placed":
            self.hands.take(no, self._accept, order)
        elif row["status"] == "ready" and not row["due_fen"]:
            self.hands.take(no, self._after, HANDS_OVER, "complete", {"order": order})
        elif row["status"] == "pending_payment" and self._is_forgotten(no):
            self.hands.take(no, self._after, 0, "cancel", {"order": order, "reason": "久未付款"})

    def _will_pay_here(self, row: Row) -> bool:
        """Cash in hand; or all is made and a 加菜 is still to be paid."""
        return row["no"] in self.room.cash or (row["status"] == "ready" and self._is_forgotten(row["no"], 30))

    def _is_forgotten(self, no: str, after: float = GIVES_UP) -> bool:
        now = self.company.pace.now()
        since = self._unpaid_since.setdefault(no, now)
        return self.company.pace.closing or now - since > after

    async def _after(self, seconds: float, verb: str, told: dict[str, Any]) -> None:
        await self.company.pace.take(self.rng, seconds)
        await self.company.attempt(COUNTER, verb, **told)

    async def _accept(self, order: str) -> None:
        if self.rng.random() < REJECTS:
            told = {"order": order, "reason": self.rng.choice(choices.REJECT_REASONS)}
            await self._after(ACCEPTS, "reject", told)
        else:
            await self._after(ACCEPTS, "accept", {"order": order})

    async def _decide(self, order: str) -> None:
        word = "approve" if self.rng.random() < APPROVES else "refuse"
        await self._after(DECIDES, f"request-cancel/{word}", {"order": order})

    async def _wipe(self, table: str) -> None:
        """Clear a table that our guests have left."""
        await self.company.pace.take(self.rng, WIPES)
        async with self.room.turns[table]:
            if self.room.seated[table]:
                return
            await self.company.attempt(COUNTER, "settle", table=table)
            await self.company.attempt(COUNTER, "close", table=table)
            self.room.used.discard(table)
