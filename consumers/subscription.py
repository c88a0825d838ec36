"""A socket's subscription to a view: join, then position, then rows, then news."""

import asyncio
import logging
from collections import deque

from django.db import DatabaseError

from consumers import protocol, resume
from consumers.closing import Close
from consumers.feed import View
from consumers.frames import Frame, Part, Ticket, text_message
from consumers.resume import Resumption
from consumers.socket import Socket

logger = logging.getLogger("consumers.subscription")


class Subscription:
    """Where one socket stands in one view.

    ``position``: every event up to it was sent or did not concern the view. ``backlog`` is what was read for
    this socket (snapshot parts, a replay from the log) and covers the stream up to ``read_to``; behind that
    the view's ring goes on.
    """

    def __init__(
        self, socket: Socket, view: View, resumption: Resumption, station: str | list[str] | None
    ) -> None:
        self.socket = socket
        self.view = view
        self.position = self.read_to = resumption.position
        self.station = station
        self.live = False
        self.left = False
        self.backlog: deque[Part | Frame] = deque(resumption.parts)
        self.unseen: deque[tuple[int, tuple[Ticket, ...]]] = deque()
        self._previous = resumption.position
        self._replaying = not resumption.parts
        self._refilling: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Join the view and send what is due."""
        self.view.subscribers.add(self)
        self.pump()

    def leave(self) -> None:
        """No more news."""
        self.left = True
        self.view.subscribers.discard(self)
        if self._refilling is not None:
            self._refilling.cancel()

    def news(self, frame: Frame) -> None:
        """A frame at the end of the view: send it at once if everything before it is out."""
        if self.live and not self.backlog and self.position >= frame.prev and self.socket.has_credit:
            self.position = self._previous = frame.seq
            if frame.tickets:
                self.unseen.append((frame.seq, frame.tickets))
            self.socket.send_counted(frame.message, frame.size)
        else:
            self.pump()

    def pump(self) -> None:
        """Send what is due while there is credit: backlog, then the ring, then (once) `live`."""
        if self.left or self._refilling is not None:
            return None
        while self.backlog and self.socket.has_credit:
            self._send(self.backlog.popleft())
        if self.backlog:
            return self.socket.lag()
        self.position = max(self.position, self.read_to)
        if self.position < self.view.base:
            self._refilling = asyncio.get_running_loop().create_task(self._refill())
            return None
        for frame in self.view.after(self.position):
            if not self.socket.has_credit:
                return self.socket.lag()
            self._send(frame)
        if not self.live and self.socket.has_credit:
            self._go_live()

    def _go_live(self) -> None:
        self.live = True
        self._replaying = False
        self.position = max(self.position, self.view.position)
        self.socket.send(protocol.Live(self.view.stream, self.view.position, self.view.cursor))

    def _send(self, piece: Part | Frame) -> None:
        if isinstance(piece, Part):
            self.socket.send_counted(text_message(piece.text), piece.size)
        else:
            # The first frame of a replay names the client's own cursor as what it follows.
            first = self._replaying and piece.prev != self._previous
            message = text_message(piece.following(self._previous)) if first else piece.message
            self._replaying = False
            self.socket.send_counted(message, piece.size)
            self.position = self._previous = piece.seq
        if piece.tickets:
            self.unseen.append((self.position, piece.tickets))

    async def _refill(self) -> None:
        """Read the log from our position on, until the ring can take over."""
        feeds = self.socket.feeds
        try:
            frames, read_to = await resume.read_on(feeds.pool, self.view, self.position, self._previous)
        except DatabaseError:
            logger.warning("replay not read", extra={"stream": self.view.stream})
            await asyncio.sleep(1)
            frames, read_to = [], self.position
        self._refilling = None
        if read_to is None:
            return self.lost("floor")
        self.backlog.extend(frames)
        self.read_to = read_to
        self.pump()

    def lost(self, reason: str) -> None:
        """The view's history is not to be believed: start over, or close if that was our fault."""
        self.leave()
        if reason == "fault":
            self.socket.close(Close.INTERNAL)
        else:
            self.socket.restart(self, reason)

    def seen(self, position: int) -> list[Ticket]:
        """The tickets that an ack up to ``position`` covers, each once."""
        tickets: list[Ticket] = []
        while self.unseen and self.unseen[0][0] <= position:
            tickets.extend(self.unseen.popleft()[1])
        return tickets
