"""One client's connection: what may still be sent to it, and how it is told to go.

A socket has a position per subscription and a credit window, no queue: the ring and the database are the
buffer. A send normally completes at once and costs no task; where the server pushes back, the socket is
blocked until it has drained.
"""

import asyncio
import secrets
import time
from collections import deque
from collections.abc import Callable, Coroutine, Generator
from types import coroutine
from typing import Any, Protocol

from consumers import protocol
from consumers.closing import Close
from consumers.feed import View
from consumers.feeds import Feeds
from consumers.frames import Message, Ticket, text_message
from consumers.screen import Screen
from hub import clock, metrics
from ordering.users.actors import Actor

WINDOW_FRAMES = 256
WINDOW_BYTES = 256 * 1024
NO_ACK_SECONDS = 45.0
LAGGING_SECONDS = 30.0
HELLO_SECONDS = 5.0
SEND_FAILED = (OSError, RuntimeError)

Send = Callable[[Message], Coroutine[Any, Any, None]]


class Following(Protocol):
    """What a socket holds for each stream it follows."""

    view: View
    station: str | list[str] | None

    def pump(self) -> None:
        """Send what is due while there is credit."""

    def leave(self) -> None:
        """No more news."""

    def seen(self, position: int) -> list[Ticket]:
        """The tickets an ack covers."""


class Socket:
    """A connection, its credit and its subscriptions."""

    def __init__(self, send: Send, feeds: Feeds, screen: Screen, address: str) -> None:
        self.connection = "c_" + secrets.token_urlsafe(6)
        self.feeds = feeds
        self.endpoint = screen.endpoint
        self.heartbeat = screen.heartbeat
        self.address = address
        self.stranger = True
        self.identities: tuple[str, ...] = ()
        self.restart: Callable[[Any, str], None] = lambda subscription, reason: None
        self.client = ""
        self.actor: Actor | None = None
        self.subscriptions: dict[str, Following] = {}
        self.opened_at = self.acked_at = time.monotonic()
        self.lagging_since: float | None = None
        self.next_beat = self.opened_at + screen.heartbeat * (0.5 + secrets.randbelow(500) / 1000)
        self.greeted = False
        self.closing: Close | None = None
        self.gone = False
        self.sent = self.received = 0
        self._send = send
        self._window: deque[int] = deque()
        self._unacked = 0
        self._blocked: asyncio.Task[None] | None = None
        self._consumer = asyncio.current_task()

    # Sending

    @property
    def has_credit(self) -> bool:
        """Whether another counted frame may go out now."""
        return len(self._window) < WINDOW_FRAMES and self._unacked < WINDOW_BYTES and self._blocked is None

    def send_counted(self, message: Message, size: int) -> None:
        """Send a snapshot part or an event; it uses credit until the client acknowledges it."""
        self.sent += 1
        self._window.append(size)
        self._unacked += size
        self.transmit(message)

    def send(self, frame: protocol.Outbound) -> None:
        """Send any other frame; a blocked socket is spared those (its next heartbeat says it all)."""
        if self._blocked is None:
            self.transmit(text_message(protocol.write(frame)))

    def transmit(self, message: Message) -> None:
        """Hand a message to the server; a task is only made when the server makes us wait."""
        if self.gone:
            return
        sending = self._send(message)
        try:
            waiting_for = sending.send(None)
        except StopIteration:
            return
        except SEND_FAILED:
            self.drop()
            return
        self._blocked = asyncio.get_running_loop().create_task(self._finish(sending, waiting_for))

    async def _finish(self, sending: Coroutine[Any, Any, None], waiting_for: Any) -> None:
        try:
            await _go_on(sending, waiting_for)
        except SEND_FAILED:
            self.drop()
        finally:
            self._blocked = None
        self.refill()

    def lag(self) -> None:
        """Note that there is something to send and no credit for it."""
        if self.lagging_since is None:
            self.lagging_since = time.monotonic()

    def acknowledge(self, received: int) -> bool:
        """Take an ack; whether it moved on. A count beyond what was sent is refused by the caller."""
        progress = received - self.received
        for _ in range(progress):
            self._unacked -= self._window.popleft()
        self.received = max(self.received, received)
        self.acked_at = time.monotonic()
        if progress > 0:
            self.refill()
        return progress > 0

    def refill(self) -> None:
        """Credit has come back: let every subscription that waits send on."""
        self.lagging_since = None
        for subscription in tuple(self.subscriptions.values()):
            subscription.pump()

    # Time

    def beat(self, now: float, degraded: bool) -> None:
        """The heartbeat: the head of every subscription."""
        self.next_beat = now + self.heartbeat
        heads = {
            stream: protocol.StreamHead(s.view.last, s.view.cursor, degraded)
            for stream, s in self.subscriptions.items()
            if not s.view.reader.dead
        }
        self.send(protocol.Heartbeat(clock.iso(clock.now()) or "", heads))

    def overdue(self, now: float, epoch_now: float) -> Close | None:
        """Why this socket should close by now, or None."""
        if not self.greeted:
            return Close.NO_HELLO if now - self.opened_at > HELLO_SECONDS else None
        if (
            self.actor is not None
            and self.actor.expires_at is not None
            and self.actor.expires_at <= epoch_now
        ):
            return Close.TOKEN_EXPIRED
        if self.lagging_since is not None and now - self.lagging_since > LAGGING_SECONDS:
            return Close.SLOW
        if now - self.acked_at > NO_ACK_SECONDS:
            return Close.NO_ACK
        return None

    # Ending

    def bye(self, code: Close, retry_after_ms: int, reason: str) -> None:
        """Announce the close, then close."""
        self.send(protocol.Bye(int(code), retry_after_ms, reason))
        self.close(code)

    def close(self, code: Close) -> None:
        """Send the close frame, once; the consumer ends when the server reports the disconnect."""
        if self.closing is None and not self.gone:
            self.closing = code
            metrics.CLOSES.labels(int(code)).inc()
            if self._blocked is None:
                self.transmit({"type": "websocket.close", "code": int(code), "reason": code.name.lower()})
            else:
                self.drop()

    def drop(self) -> None:
        """Give the connection up without another word: its consumer ends now."""
        self.gone = True
        if self._consumer is not None and self._consumer is not asyncio.current_task():
            self._consumer.cancel()

    def end(self) -> None:
        """The connection is no more: leave every view."""
        self.gone = True
        for subscription in tuple(self.subscriptions.values()):
            subscription.leave()
        self.subscriptions.clear()
        if self._blocked is not None:
            self._blocked.cancel()


@coroutine
def _go_on(sending: Coroutine[Any, Any, None], waiting_for: Any) -> Generator[Any, Any, None]:
    """Drive a coroutine further that was started by hand and waits for ``waiting_for``."""
    while True:
        try:
            result = yield waiting_for
        except BaseException as error:  # noqa: BLE001 - whatever it is belongs to the coroutine we drive
            step = _step(sending.throw, error)
        else:
            step = _step(sending.send, result)
        if step is None:
            return
        waiting_for = step[0]


def _step(advance: Callable[[Any], Any], value: Any) -> tuple[Any] | None:
    try:
        return (advance(value),)
    except StopIteration:
        return None
