"""Receipts: which kitchen device has shown which ticket, told by acks, written once a second."""

import asyncio

from django.db import DatabaseError

from consumers.database import Pool
from consumers.frames import Ticket
from consumers.socket import Socket
from kitchen import receipts


class ReceiptBook:
    """What was seen since the last write. No order lock, no version, no event."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._pending: set[tuple[Ticket, int]] = set()
        self._writing: asyncio.Task[None] | None = None

    def note(self, socket: Socket, positions: dict[str, int]) -> None:
        """Take the positions of an ack; only devices give receipts."""
        device = socket.actor.device if socket.actor else None
        for stream, position in positions.items():
            subscription = socket.subscriptions.get(stream)
            if subscription is not None:
                tickets = subscription.seen(position)
                if device is not None:
                    self._pending.update((ticket, device.pk) for ticket in tickets)

    def flush(self, now: float) -> None:
        """Write what is pending, in the background."""
        if self._pending and (self._writing is None or self._writing.done()):
            self._writing = asyncio.get_running_loop().create_task(self._write())

    async def _write(self) -> None:
        rows, self._pending = self._pending, set()
        try:
            await self._pool.read(
                receipts.insert, [(batch, station, device) for (batch, station), device in sorted(rows)]
            )
        except DatabaseError:
            self._pending |= rows
