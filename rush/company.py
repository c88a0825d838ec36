"""The people of a rush together: their phones, their pace, what they know, and the one way they do things."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from rush.house import House
from rush.pace import Pace
from rush.phone import Phone, Refused, Unreachable
from rush.recording import Recorder
from rush.tally import Tally
from rush.verbs import AT_THE_END, VERBS

HANDS = 12  # calls at the same time; a person makes one after the other anyway
COUNTER, KITCHEN = "counter", "kitchen"
LOOKS = 0.5
PASSWORD = "demo"


class Company:
    """Everybody, and ``do``: somebody does a verb, and it is written down once it is done.

    Diners log in with the code ``demo-<prefix><name>``, staff with their name and the demo's password.
    """

    def __init__(self, url: str, house: House, pace: Pace, *, prefix: str = "") -> None:
        self.url, self.house, self.pace, self.prefix = url, house, pace, prefix
        self.tally, self.recorder = Tally(), Recorder()
        self._phones: dict[str, Phone] = {}
        self._bought = 0
        self._pool = ThreadPoolExecutor(HANDS, "rush")

    def phone(self, who: str) -> Phone:
        """The phone of this person."""
        if who not in self._phones:
            login = ("/auth/wechat/", {"code": f"demo-{self.prefix}{who}"})
            self._phones[who] = self._buy(login) if who not in (COUNTER, KITCHEN) else self.screen(who)
        return self._phones[who]

    def screen(self, who: str) -> Phone:
        """One more screen of a member of staff: it can wait while their other one works."""
        return self._buy(("/auth/login/", {"username": who, "password": PASSWORD}))

    def _buy(self, login: tuple[str, dict[str, str]]) -> Phone:
        self._bought += 1
        return Phone(self.url, self.tally, login, number=self._bought)

    def hang_up(self, who: str) -> None:
        """This person has left."""
        if phone := self._phones.pop(who, None):
            phone.close()

    async def call(self, work: Any, *arguments: Any, **named: Any) -> Any:
        """Run something that blocks."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, lambda: work(*arguments, **named))

    async def do(self, who: str, verb: str, **told: Any) -> Any:
        """Do it and write it down; raises Refused and Unreachable."""
        began = self.pace.now()
        result = await self.call(VERBS[verb], self.house, self.phone(who), **told)
        at = self.pace.now() if verb in AT_THE_END else began
        self.recorder.note(at, who, verb, told, result)
        return result

    async def attempt(self, who: str, verb: str, **told: Any) -> bool:
        """Do it if it can be done: somebody may have been quicker. Whether it was done."""
        try:
            await self.do(who, verb, **told)
        except Refused as refusal:
            self.tally.refused[refusal.code] += 1
            return False
        except Unreachable as error:
            self.tally.broken.append(f"{who} could not {verb}: {error}")
            return False
        return True

    async def look(self) -> None:
        """The moment between two looks at a screen."""
        await asyncio.sleep(LOOKS / max(1.0, self.pace.speed / 4))

    def close(self) -> None:
        """Everybody hangs up."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        for who in list(self._phones):
            self.hang_up(who)
