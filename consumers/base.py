"""The consumer: hello → snapshot or replay → live. What a screen sees is its declaration's business."""

import asyncio
import logging
import time
from typing import Any, ClassVar

from channels.consumer import AsyncConsumer
from django.db import DatabaseError
from django.utils import translation

from consumers import access, authentication, origin, process, protocol, resume
from consumers.closing import Close
from consumers.limits import Allowance
from consumers.screen import Screen
from consumers.socket import WINDOW_FRAMES, Socket
from consumers.subscription import Subscription
from hub import clock, languages, metrics
from hub.errors import Refusal
from ordering.users.actors import ANONYMOUS

logger = logging.getLogger("consumers")

MAX_SUBSCRIPTIONS = 32


class ScreenConsumer(AsyncConsumer):
    """One socket of one screen kind. Subclasses only name their ``screen``."""

    screen: ClassVar[Screen]

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one connection. The stock dispatch is left out: it costs a thread hop per message."""
        self.scope = scope
        self.process = process.current()
        client = scope.get("client") or ("", 0)
        self.socket = Socket(send, self.process.feeds, self.screen, str(client[0]))
        self.socket.restart = self._restart
        self.allowance = Allowance(time.monotonic())
        self.tasks: set[asyncio.Task[Any]] = set()
        try:
            if await self._accept(receive, send):
                await self._converse(receive)
        except asyncio.CancelledError:
            if not self.socket.gone:  # somebody else's wish, not ours
                raise
        finally:
            for task in self.tasks:
                task.cancel()
            self.socket.end()
            self.process.remove(self.socket)

    async def _accept(self, receive: Any, send: Any) -> bool:
        await receive()
        if not origin.allowed(self.scope):
            await send({"type": "websocket.close"})
            return False
        offered = self.scope.get("subprotocols") or []
        chosen = protocol.SUBPROTOCOL if protocol.SUBPROTOCOL in offered else None
        await send({"type": "websocket.accept", "subprotocol": chosen})
        if offered and chosen is None:
            self.socket.close(Close.VERSION)
        elif not self.process.add(self.socket):
            self.socket.close(Close.LIMIT)
        return True

    async def _converse(self, receive: Any) -> None:
        while not self.socket.gone:
            message = await receive()
            if message["type"] == "websocket.disconnect":
                return
            if self.socket.closing is None:
                await self._take(message)

    async def _take(self, message: dict[str, Any]) -> None:
        """One inbound message; whatever it is, the answer is a frame or a close of ours."""
        try:
            text = message.get("text")
            if text is None:
                raise protocol.BadFrame("binary")
            await self._answer(protocol.read(text))
        except protocol.BadFrame:
            self.socket.close(Close.BAD_FRAME)
        except protocol.InvalidFrame as error:
            self._invalid(str(error))
        except DatabaseError:
            logger.warning("database unavailable", extra={"connection": self.socket.connection})
            self.socket.bye(Close.INTERNAL, 1000, "unavailable")
        except Exception:  # the last line: a fault of ours closes this socket only, and never as 1011
            logger.exception("handler failed", extra={"connection": self.socket.connection})
            self.socket.bye(Close.INTERNAL, 1000, "fault")

    def _invalid(self, detail: str) -> None:
        if not self.socket.greeted:
            self.socket.close(Close.BAD_FRAME)
        elif not self.allowance.take(time.monotonic()):
            self.socket.close(Close.LIMIT)
        else:
            self.socket.send(protocol.ErrorFrame(None, None, "frame.invalid", detail[:200]))

    async def _answer(self, frame: protocol.Inbound) -> None:
        if isinstance(frame, protocol.Ack) and self._acked(frame):
            return
        if not self.allowance.take(time.monotonic()):
            self.socket.close(Close.LIMIT)
        elif isinstance(frame, protocol.Hello):
            await self._hello(frame)
        elif not self.socket.greeted:
            self.socket.close(Close.BAD_FRAME)
        elif isinstance(frame, protocol.Subscribe):
            await self._subscribe(frame.id, frame.stream, frame.station, frame.cursor)
        elif isinstance(frame, protocol.Unsubscribe):
            self._unsubscribe(frame)
        elif isinstance(frame, protocol.Auth):
            await self._renew(frame)

    # Hello and tokens

    async def _hello(self, frame: protocol.Hello) -> None:
        if self.socket.greeted:
            return self.socket.close(Close.BAD_FRAME)
        if frame.version != protocol.VERSION:
            return self.socket.close(Close.VERSION)
        if not await self._identify(frame.token or authentication.header_token(self.scope)):
            return None
        self.socket.client = frame.client[:64]
        self.socket.greeted = True
        self.socket.acked_at = time.monotonic()
        self.socket.send(
            protocol.Welcome(
                protocol.VERSION,
                self.socket.connection,
                clock.iso(clock.now()) or "",
                self.screen.heartbeat,
                WINDOW_FRAMES,
            )
        )
        for wanted in frame.subscribe[: MAX_SUBSCRIPTIONS + 1]:
            await self._subscribe(None, wanted.stream, wanted.station, wanted.cursor)

    async def _identify(self, token: str | None) -> bool:
        """Find out who this is; False when the socket is closing instead."""
        try:
            self.socket.actor = await authentication.identify(self.process, self.socket, token)
        except authentication.Unwelcome as no:
            self.socket.bye(no.code, 0, no.code.name.lower())
            return False
        return True

    async def _renew(self, frame: protocol.Auth) -> None:
        before = self.socket.actor or ANONYMOUS
        if not await self._identify(frame.token):
            return None
        after = self.socket.actor or ANONYMOUS
        if before.is_known and before.label != after.label:
            return self.socket.close(Close.FORBIDDEN)
        if frame.id is not None:
            self.socket.send(protocol.Ok(frame.id))

    # Subscriptions

    async def _subscribe(
        self, id_: int | None, stream: str, station: str | list[str] | None, cursor: str | None
    ) -> None:
        if self.socket.closing is not None:
            return None
        mine = self.socket.subscriptions
        if stream not in mine and len(mine) >= MAX_SUBSCRIPTIONS:
            return self._refuse(id_, stream, Refusal("limit.subscriptions", 429, "订阅过多"))
        try:
            view, resumption = await self._place(stream, station, cursor)
        except Refusal as refusal:
            return self._refuse(id_, stream, refusal)
        if self.socket.gone or self.socket.closing is not None:
            return None
        if id_ is not None:
            self.socket.send(protocol.Ok(id_))
        if resumption.reason is not None:
            self._resync(stream, resumption.reason)
        if stream in mine:
            mine.pop(stream).leave()
        mine[stream] = subscription = Subscription(self.socket, view, resumption, station)
        subscription.begin()

    async def _place(self, stream: str, station: Any, cursor: str | None) -> Any:
        while True:
            actor = self.socket.actor or ANONYMOUS
            view = await access.open_view(self.process.feeds, self.screen, actor, stream, station)
            resumption = await resume.begin(self.process.feeds, view, cursor)
            # Without an await in between the view would be joined at once; it may have died during the reads.
            if not view.reader.dead and view.reader.views.get(view.name) is view:
                return view, resumption

    def _refuse(self, id_: int | None, stream: str, refusal: Refusal) -> None:
        known = stream if access.NAME.fullmatch(stream) else None
        with translation.override(languages.of_scope(self.scope)):
            detail = languages.words(refusal.detail)
        self.socket.send(protocol.ErrorFrame(id_, known, refusal.code, detail))

    def _unsubscribe(self, frame: protocol.Unsubscribe) -> None:
        subscription = self.socket.subscriptions.pop(frame.stream, None)
        if subscription is None:
            return self._refuse(frame.id, frame.stream, access.stream_not_found())
        subscription.leave()
        self.socket.send(protocol.Ok(frame.id))

    def _resync(self, stream: str, reason: Any) -> None:
        metrics.RESYNCS.labels(reason).inc()
        self.socket.send(protocol.Resync(stream, reason))

    def _restart(self, subscription: Subscription, reason: str) -> None:
        """The view was lost under a subscription: resync it."""
        task = asyncio.get_running_loop().create_task(self._start_over(subscription, reason))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _start_over(self, subscription: Subscription, reason: str) -> None:
        stream = subscription.view.stream
        if self.socket.subscriptions.get(stream) is not subscription or self.socket.closing is not None:
            return
        self._resync(stream, reason)
        try:
            await self._subscribe(None, stream, subscription.station, None)
        except DatabaseError:
            self.socket.bye(Close.INTERNAL, 1000, "unavailable")

    # Acks

    def _acked(self, frame: protocol.Ack) -> bool:
        """Take an ack; True when it moved on (those are not counted as messages)."""
        if not self.socket.greeted or frame.received > self.socket.sent or frame.received < 0:
            self.socket.close(Close.BAD_FRAME)
            return True
        progress = self.socket.acknowledge(frame.received)
        if frame.positions:
            self.process.devices.note(self.socket, frame.positions)
            if self.screen.receipts:
                self.process.receipts.note(self.socket, frame.positions)
        return progress
