"""Guests: they sit down or wait, choose, pay or do not, grow impatient, eat, and say what it was like."""

import asyncio
import random
from typing import Any

from rush import choices
from rush.choices import Guest
from rush.company import Company
from rush.floor import Floor, Row
from rush.phone import Refused, Unreachable

READS, DECIDES, PAYS, HESITATES, EATS = 4.0, 5.0, 2.0, 40.0, 25.0
AT_A_GLANCE = 0.2  # of the usual time, for guests who know the menu
IMPATIENT = 25.0
WALKS_OUT = 60.0
COUPON_TRIES = 2
LONGEST = 1200.0  # simulated seconds that somebody waits for a dish
SLACK = 30.0  # real seconds on top


class Room:
    """Where guests are: how many of us sit at each table that was free when the rush began.

    ``used`` are tables that somebody of us sat at since they were wiped; ``cash`` are the orders whose guests
    stand at the counter with money in hand.
    """

    def __init__(self, tables: list[str]) -> None:
        self.cash: set[str] = set()
        self.used: set[str] = set()
        self.seated = dict.fromkeys(tables, 0)
        self.turns = {table: asyncio.Lock() for table in tables}

    def pick(self, rng: random.Random) -> str | None:
        """One of the emptiest tables."""
        least = min(self.seated.values(), default=None)
        return rng.choice([t for t, n in self.seated.items() if n == least]) if least is not None else None


class Diner:
    """One guest's visit."""

    def __init__(
        self, guest: Guest, rng: random.Random, *, company: Company, floor: Floor, room: Room
    ) -> None:
        self.guest, self.rng, self.company, self.floor = guest, rng, company, floor
        self.room, self.house = room, company.house
        self.alias = f"o-{guest.name}"
        self.table: str | None = None

    async def visit(self) -> None:
        """Come, eat, go; what a guest cannot have sends them home, and only that."""
        self.company.tally.diners += 1
        try:
            await self._sit()
            if await self._order():
                await self._after()
        except Refused as refusal:
            self.company.tally.refused[refusal.code] += 1
        except Unreachable as error:
            self.company.tally.broken.append(f"{self.guest.name} gave up: {error}")
        finally:
            if self.table:
                self.room.seated[self.table] -= 1
            self.company.hang_up(self.guest.name)

    async def do(self, verb: str, **told: Any) -> Any:
        """Do something with the own phone."""
        return await self.company.do(self.guest.name, verb, **told)

    async def take(self, seconds: float) -> None:
        """Take one's time."""
        await self.company.pace.take(self.rng, seconds)

    async def _sit(self) -> None:
        table = self.room.pick(self.rng) if self.guest.dine_in else None
        if table is None:
            return
        self.table = table
        self.room.seated[table] += 1
        async with self.room.turns[table]:  # the counter may be wiping it
            self.room.used.add(table)
            await self.do("sit", table=table)

    async def _order(self) -> bool:
        """Read, choose, submit; whether there is an order now."""
        phone = self.company.phone(self.guest.name)
        menu = await self.company.call(self.house.read_menu, phone)
        part = AT_A_GLANCE if self.guest.knows_the_menu else 1
        await self.take(READS * part)
        plan = await self._coupon()
        await self.take(DECIDES * part)
        lines = choices.basket(self.rng, choices.on_offer(menu), 4 if self.table else 2)
        if self.company.pace.closing or not lines or not menu["store"]["is_open"]:
            return False
        told = {
            "kind": "dine_in" if self.table else "pickup",
            "table": self.table,
            "lines": [self.house.told(line) for line in lines],
            "remark": choices.remark(self.rng),
        }
        try:
            await self.do("submit", order=self.alias, coupon=plan, **told)
        except Refused as refusal:
            if not refusal.code.startswith("coupon.") or plan is None:
                raise
            await self.do("submit", order=self.alias, coupon=None, **told)
        return True

    async def _coupon(self) -> str | None:
        """Claim what is offered; the name of its plan."""
        if not self.guest.claims:
            return None
        phone = self.company.phone(self.guest.name)
        offered = (await self.company.call(phone.get, "/coupons/", store=self.house.store))["results"]
        if not offered:
            return None
        plan = str(self.rng.choice(offered)["name"])
        return plan if await self.company.attempt(self.guest.name, "claim", plan=plan) else None

    async def _after(self) -> None:
        if not await self._pay():
            return
        if self.guest.has_second_thoughts:
            await self._try("cancel", reason=self.rng.choice(choices.CANCEL_REASONS))
        if not await self._until(lambda row, ended: bool(ended) or _in_kitchen(row)):
            return
        if self.guest.adds and self.table:
            await self._add()
        await self._wait_for_the_food()
        await self._until(lambda row, ended: bool(ended))
        if self.floor.closed.get(self.no) == "completed":
            await self._look_back()

    @property
    def no(self) -> str:
        """The order's number."""
        return self.house.order(self.alias).no

    async def _try(self, verb: str, **told: Any) -> bool:
        return await self.company.attempt(self.guest.name, verb, order=self.alias, **told)

    async def _pay(self) -> bool:
        """Whether the order is paid, or is going to be at the counter."""
        await self.take(HESITATES if self.guest.pays == "slow" else PAYS)
        if self.house.order(self.alias).body["due_fen"] == 0:
            return True
        if self.guest.pays == "never":
            await self.take(WALKS_OUT)
            if self.rng.random() < 0.5:
                await self._try("cancel", reason=self.rng.choice(choices.CANCEL_REASONS))
            return False
        if self.guest.pays == "cash":
            self.room.cash.add(self.no)
            return True
        return await self._try("pay", channel="wechat")

    async def _add(self) -> None:
        """加菜, paid the same way."""
        await self.take(PAYS)
        offered = choices.on_offer(self.house.menu)
        lines = [self.house.told(line) for line in choices.basket(self.rng, offered, 2)]
        if not lines or self.company.pace.closing or self.no in self.floor.closed:
            return
        if await self._try("batches", lines=lines):
            await self._pay()

    async def _wait_for_the_food(self) -> None:
        await self.take(IMPATIENT)
        if self.no in self.floor.closed or self.company.pace.closing:
            return
        if self.guest.asks_to_cancel:
            await self._try("request-cancel", reason=self.rng.choice(choices.CANCEL_REASONS))
        elif self.guest.rushes and _waits(self.floor.rows.get(self.no)):
            await self._try("rush")

    async def _look_back(self) -> None:
        """Read the order once more, eat, and perhaps review it."""
        phone = self.company.phone(self.guest.name)
        ours = self.house.order(self.alias)
        ours.learn(await self.company.call(phone.get, f"/orders/{ours.no}/"))
        await self.take(EATS)
        if self.guest.reviews:
            rating, text = self.rng.choice(choices.REVIEWS)
            done = await self._try("review", rating=rating, text=text)
            self.company.tally.reviews += done  # in one step: others count while this one waits

    async def _until(self, holds: Any) -> bool:
        return await self.floor.until(self.no, holds, LONGEST / self.company.pace.speed + SLACK)


def _in_kitchen(row: Row | None) -> bool:
    return row is not None and row["status"] in ("accepted", "preparing", "ready")


def _waits(row: Row | None) -> bool:
    return row is not None and row["status"] in ("accepted", "preparing")
