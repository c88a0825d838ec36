"""What the counter's screen shows of our orders: a snapshot, then a long poll, for everybody to look at.

Guests and cooks look here too instead of asking every few seconds: a rush of hundreds must stay light.
"""

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import CancelledError
from typing import Any

from rush.house import House
from rush.phone import Phone, Refused, Unreachable

WAIT = 20
LOST = 3  # calls that nobody answered, each tried several times
BREATH = 0.15  # seconds between polls: a rush changes something all the time
STEPS = ("paid", "accepted", "ready", "completed", "cancelled", "rejected")
OVER = ("completed", "cancelled", "rejected")

Row = dict[str, Any]


class Floor:
    """Rows of the store's live orders by number; ``closed`` says how an order that has left ended."""

    def __init__(self, house: House, counter: Phone) -> None:
        self.house, self._counter = house, counter
        self.rows: dict[str, Row] = {}
        self.closed: dict[str, str] = {}
        self._reached: dict[str, set[str]] = {step: set() for step in STEPS}
        self._fen: dict[str, int] = {}
        self._changed = asyncio.Condition()
        self._cursor: str | None = None
        self._over = threading.Event()
        self._failures = 0

    @property
    def lost(self) -> bool:
        """Whether the server has been gone for a while."""
        return self._failures >= LOST

    def ours(self) -> list[Row]:
        """The live rows of our own orders, oldest first."""
        return [row for no, row in sorted(self.rows.items()) if no in self.house.by_no]

    def counts(self) -> dict[str, int]:
        """How many of our orders reached each step, and the money that stayed."""
        nos = set(self.house.by_no)
        steps = {step: len(found & nos) for step, found in self._reached.items()}
        return {"orders": len(nos), **steps, "money_fen": sum(self._fen.get(no, 0) for no in nos)}

    async def until(self, no: str, holds: Callable[[Row | None, str | None], bool], seconds: float) -> bool:
        """Wait until it holds for the order's row and how it ended; False after so many real seconds."""
        try:
            async with asyncio.timeout(seconds), self._changed:
                await self._changed.wait_for(lambda: holds(self.rows.get(no), self.closed.get(no)))
        except TimeoutError:
            return False
        return True

    def follow(self, loop: asyncio.AbstractEventLoop) -> None:
        """Follow in a thread of its own until ``stop``."""
        threading.Thread(target=self._follow, args=(loop,), name="rush-floor", daemon=True).start()

    def stop(self) -> None:
        """Look no more."""
        self._over.set()

    def _follow(self, loop: asyncio.AbstractEventLoop) -> None:
        while not self._over.is_set():
            try:
                told = asyncio.run_coroutine_threadsafe(self._tell(*self._news()), loop)
                told.result(WAIT)
                self._failures = 0
            except Refused as refusal:
                self._cursor = None
                time.sleep(0 if refusal.code == "stream.resync" else 1)
            except Unreachable:
                self._failures += 1
                time.sleep(1)
            except (RuntimeError, TimeoutError, CancelledError):  # the loop is closed
                return
            time.sleep(BREATH)

    def _news(self) -> tuple[bool, list[Row]]:
        """Whether it is the whole state, and its rows or the events behind the last."""
        query = {"view": "counter", "stream": f"store:{self.house.store}"}
        if whole := self._cursor is None:
            found = self._counter.get("/rt/snapshot/", **query)
        else:
            found = self._counter.get("/rt/events/", **query, cursor=self._cursor, wait=WAIT)
        self._cursor = found["cursor"]
        return whole, list(found["rows" if whole else "events"])

    async def _tell(self, whole: bool, news: list[Row]) -> None:
        orders = {e["key"].removeprefix("order:"): e for e in news if e["key"].startswith("order:")}
        for no in [no for no in self.rows if whole and no not in orders]:
            self._leave(no, "gone")
        for entry in news:
            if entry["key"].startswith("order:"):
                self._learn(entry["key"].removeprefix("order:"), entry)
        async with self._changed:
            self._changed.notify_all()

    def _learn(self, no: str, entry: Row) -> None:
        step = str(entry.get("event", "")).removeprefix("order.")
        if step in self._reached:
            self._reached[step].add(no)
        if entry["data"] is None:
            self._leave(no, step)
        elif entry["version"] > self.rows.get(no, {"version": 0})["version"]:
            self.rows[no] = entry["data"]
            self._fen[no] = entry["data"]["paid_fen"] - entry["data"]["refunded_fen"]

    def _leave(self, no: str, step: str) -> None:
        self.rows.pop(no, None)
        if step in OVER or no not in self.closed:
            self.closed[no] = step
        if self.closed[no] in ("cancelled", "rejected"):
            self._fen[no] = 0
