"""How far each paired screen has come on its store's stream, told by acks, written once a second."""

import asyncio
from dataclasses import dataclass
from datetime import datetime

from django.db import DatabaseError

from consumers.database import Pool
from consumers.socket import Socket
from hub import clock
from ordering.users import positions


@dataclass(slots=True)
class Heard:
    """A device's newest ack in this process, and what was written of it."""

    socket: Socket
    stream: str
    position: int
    at: datetime
    written: tuple[int, datetime] | None = None

    @property
    def seq(self) -> int:
        """Up to where the screen is current: with the view's last frame it has missed nothing since.

        A view sees holes in the stream, so the acknowledged position alone would call a quiet screen late.
        """
        subscription = self.socket.subscriptions.get(self.stream)
        if subscription is None or subscription.view.reader.dead or self.socket.gone:
            return self.position
        view = subscription.view
        return view.reader.seq if self.position >= view.last else self.position


class DeviceBook:
    """The devices that acknowledged something here. No query per ack: one statement a second at most."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._heard: dict[int, Heard] = {}
        self._writing: asyncio.Task[None] | None = None

    def note(self, socket: Socket, acknowledged: dict[str, int]) -> None:
        """Take the positions of an ack; people's screens are not listed anywhere."""
        device = socket.actor.device if socket.actor else None
        if device is None:
            return
        stream = device.store.stream
        subscription = socket.subscriptions.get(stream)
        if subscription is not None and stream in acknowledged:
            position = max(0, min(acknowledged[stream], subscription.view.reader.seq))
            self._heard[device.pk] = Heard(socket, stream, position, clock.now())

    def flush(self) -> None:
        """Write what changed since the last time, in the background."""
        if self._heard and (self._writing is None or self._writing.done()):
            self._writing = asyncio.get_running_loop().create_task(self._write())

    async def _write(self) -> None:
        news = {pk: (heard, (heard.seq, heard.at)) for pk, heard in sorted(self._heard.items())}
        rows = [(pk, *now) for pk, (heard, now) in news.items() if heard.written != now]
        try:
            if rows:
                await self._pool.read(positions.write, rows)
        except DatabaseError:
            return  # the next second brings it
        for pk, (heard, now) in news.items():
            heard.written = now
            if heard.socket.gone and self._heard.get(pk) is heard:
                del self._heard[pk]
