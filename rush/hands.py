"""What staff have in hand: each thing once at a time, all of it side by side."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

SHOWS = 0.5  # real seconds until the screen shows what was done


class Hands:
    """Work in progress by the thing it is about."""

    def __init__(self) -> None:
        self._tasks: dict[object, asyncio.Task[None]] = {}

    def hold(self, what: object) -> bool:
        """Whether somebody works on it."""
        return what in self._tasks

    def take(self, what: object, work: Callable[..., Coroutine[Any, Any, Any]], *arguments: Any) -> None:
        """Begin the work, unless somebody has the thing in hand already."""
        if not self.hold(what):
            self._tasks[what] = asyncio.ensure_future(self._work(what, work(*arguments)))

    async def _work(self, what: object, work: Coroutine[Any, Any, Any]) -> None:
        try:
            await work
            await asyncio.sleep(SHOWS)  # else the screen's old state would start it once more
        finally:
            del self._tasks[what]

    def drop(self) -> None:
        """Leave everything as it is."""
        for task in list(self._tasks.values()):
            task.cancel()
