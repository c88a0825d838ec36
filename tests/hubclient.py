"""A strict client of hub.v1, the judge of every test with screens: it follows the rules, counts breaches."""

import asyncio
import json
import random
import time
from collections.abc import Callable, Iterable
from typing import Any, Self

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidHandshake, WebSocketException

from tests.rowstore import RowStore
from tests.verdict import Received, Verdict

ACK_EVERY = 64
ACK_AFTER = 1.0
SILENT_BEATS = 2.4
FINAL = 4500
COUNTED = ("snapshot", "event")


class HubClient(Verdict):
    """A screen: one socket that comes back, a RowStore per stream, and everything it ever heard.

    ``bases``: one base URL or several (``ws://…``); a reconnect takes the next one. ``subscribe``: stream
    names or dicts ``{"stream","station","cursor"}``. ``token`` may be a function that is asked before each
    connect. Modes: ``never_ack``; ``never_read`` (stops reading the TCP connection after the welcome);
    ``pause`` (seconds of sleep per frame). ``watchdog``: reconnect after 2.4 silent beats.
    Use ``async with HubClient(…) as screen`` and ``await screen.wait_live()``.
    """

    def __init__(
        self,
        bases: str | list[str],
        endpoint: str,
        subscribe: Iterable[str | dict[str, Any]],
        token: str | Callable[[], str | None] | None = None,
        *,
        name: str = "",
        never_ack: bool = False,
        never_read: bool = False,
        pause: float = 0.0,
        reconnect: bool = True,
        watchdog: bool = True,
        longest_wait: float = 0.5,
        header: bool = False,
    ) -> None:
        self.bases = [bases] if isinstance(bases, str) else list(bases)
        self.endpoint, self.token, self.name = endpoint, token, name or endpoint
        self.never_ack, self.never_read, self.pause = never_ack, never_read, pause
        self.reconnect, self.watchdog, self.header = reconnect, watchdog, header
        self.longest_wait = longest_wait
        self.stores: dict[str, RowStore] = {}
        self.stations: dict[str, Any] = {}
        for wanted in subscribe:
            self._want({"stream": wanted} if isinstance(wanted, str) else wanted)
        self.frames: list[Received] = []
        self.closes: list[tuple[int, str]] = []
        self.byes: list[dict[str, Any]] = []
        self.errors: list[dict[str, Any]] = []
        self.refused = 0
        self.connections = 0
        self.connected = False
        self.finished = False
        self.received = 0
        self.beat_seconds: float = 5.0
        self.socket: ClientConnection | None = None
        self._id = 0
        self._acked = 0
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._ack_timer: asyncio.TimerHandle | None = None
        self._bye: dict[str, Any] | None = None

    def _want(self, wanted: dict[str, Any]) -> None:
        stream = wanted["stream"]
        self.stores[stream] = RowStore(stream, wanted.get("cursor"))
        self.stations[stream] = wanted.get("station")

    # Life

    async def __aenter__(self) -> Self:
        self._task = asyncio.get_running_loop().create_task(self._live())
        return self

    async def __aexit__(self, *exc_info: Any) -> None:
        await self.stop()

    async def stop(self) -> None:
        """Go away; what was heard stays readable."""
        self.reconnect = False
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def move_to(self, *bases: str) -> None:
        """Leave this process for another one: reconnect there from the cursor."""
        self.bases = list(bases)
        if self.socket is not None:
            await self.socket.close(1000)

    async def _live(self) -> None:
        attempt = 0
        try:
            while True:
                before = self.connections
                await self._one_connection()
                attempt = 0 if self.connections > before else attempt + 1
                if not self.reconnect or (self.closes and self.closes[-1][0] >= FINAL):
                    return
                self.bases.append(self.bases.pop(0))
                await asyncio.sleep(self._wait(attempt))
        finally:
            self.finished = True
            self._changed.set()

    def _wait(self, attempt: int) -> float:
        told = self._bye["retry_after_ms"] / 1000 if self._bye else 0.0
        return min(self.longest_wait, max(told, random.uniform(0, 0.1 * 2**attempt)))

    async def _one_connection(self) -> None:
        token = self.token() if callable(self.token) else self.token
        headers = {"Authorization": f"Bearer {token}"} if token and self.header else {}
        self._bye = None
        try:
            async with connect(
                f"{self.bases[0]}/ws/{self.endpoint}/",
                subprotocols=["hub.v1"],  # type: ignore[list-item]
                additional_headers=headers,
                compression=None,
                ping_interval=None,
                proxy=None,
                open_timeout=5,
                close_timeout=1,
                max_size=2**20,
            ) as self.socket:
                await self._converse(token)
        except (OSError, TimeoutError, InvalidHandshake):
            self.refused += 1
        except WebSocketException:
            pass
        self._gone()

    def _gone(self) -> None:
        if self.socket is not None:
            self.closes.append((self.socket.close_code or 1006, self.socket.close_reason or ""))
        self.socket, self.connected = None, False
        if self._ack_timer is not None:
            self._ack_timer.cancel()
            self._ack_timer = None
        self._changed.set()

    async def _converse(self, token: str | None) -> None:
        assert self.socket is not None
        self.connections += 1
        self.received = self._acked = 0
        hello = {"type": "hello", "version": 1, "client": f"test/{self.name}"}
        hello["subscribe"] = [self._request(stream) for stream in self.stores]
        await self.send(hello if self.header else {**hello, "token": token})
        while True:
            frame = json.loads(await asyncio.wait_for(self.socket.recv(), self._patience()))
            self._take(frame)
            if self.pause:
                await asyncio.sleep(self.pause)
            if self.never_read and frame["type"] == "welcome":
                self.socket.transport.pause_reading()  # type: ignore[attr-defined]
                await asyncio.sleep(3600)

    def _patience(self) -> float | None:
        return SILENT_BEATS * self.beat_seconds if self.watchdog else None

    def _request(self, stream: str) -> dict[str, Any]:
        store = self.stores[stream]
        store.subscribed()
        asked = {"stream": stream, "cursor": store.cursor}
        return {**asked, "station": self.stations[stream]} if self.stations[stream] else asked

    # Frames out

    async def send(self, frame: dict[str, Any] | str | bytes) -> None:
        """Send a frame; text and bytes go as they are."""
        assert self.socket is not None
        await self.socket.send(json.dumps(frame) if isinstance(frame, dict) else frame)

    def _send_soon(self, frame: dict[str, Any]) -> None:
        task = asyncio.get_running_loop().create_task(self._try_send(frame))
        self._sending = task

    async def _try_send(self, frame: dict[str, Any]) -> None:
        try:
            if self.socket is not None:
                await self.send(frame)
        except WebSocketException:
            return

    async def subscribe(self, stream: str, station: Any = None, cursor: str | None = None) -> int:
        """One more stream; the id of the request."""
        self._want({"stream": stream, "station": station, "cursor": cursor})
        self._id += 1
        await self.send({"type": "subscribe", "id": self._id, **self._request(stream)})
        return self._id

    async def unsubscribe(self, stream: str) -> None:
        """No more of this stream."""
        self._id += 1
        await self.send({"type": "unsubscribe", "id": self._id, "stream": stream})
        self.stores.pop(stream)

    def ack(self) -> None:
        """Say what came and what is applied; after the state is applied, never before."""
        if self._ack_timer is not None:
            self._ack_timer.cancel()
            self._ack_timer = None
        self._acked = self.received
        if not self.never_ack:
            placed = {name: s.position for name, s in self.stores.items() if s.position is not None}
            self._send_soon({"type": "ack", "received": self.received, "positions": placed})

    # Frames in

    def _take(self, frame: dict[str, Any]) -> None:
        self.frames.append(Received(time.monotonic(), self.connections, frame))
        kind = frame["type"]
        if kind == "welcome":
            self.connected, self.beat_seconds = True, frame["heartbeat"]
        elif kind == "heartbeat":
            for stream, store in self.stores.items():
                store.beat(frame["streams"].get(stream))
            self.ack()
        elif kind == "bye":
            self._bye = frame
            self.byes.append(frame)
        elif kind == "error":
            self.errors.append(frame)
        elif frame.get("stream") in self.stores:
            self._apply(frame)
        if kind in COUNTED:
            self._count()
        self._changed.set()

    def _apply(self, frame: dict[str, Any]) -> None:
        store = self.stores[frame["stream"]]
        recovering = store.recovering
        if store.take(frame) == "gap" and not recovering:
            self._id += 1
            self._send_soon({"type": "subscribe", "id": self._id, **self._request(frame["stream"])})

    def _count(self) -> None:
        self.received += 1
        if self.received - self._acked >= ACK_EVERY:
            self.ack()
        elif self._ack_timer is None:
            self._ack_timer = asyncio.get_running_loop().call_later(ACK_AFTER, self.ack)

    # What tests ask

    async def wait_for(
        self, predicate: Callable[["HubClient"], Any], timeout: float = 5.0, what: str = ""
    ) -> Any:
        """Until ``predicate(self)`` is true; its value. AssertionError with the state if it never is."""
        deadline = time.monotonic() + timeout
        while not (value := predicate(self)):
            self._changed.clear()
            left = deadline - time.monotonic()
            if left <= 0 or (self.finished and not predicate(self)):
                raise AssertionError(f"{self.name}: {what or 'it never happened'}; {self.describe()}")
            try:
                await asyncio.wait_for(self._changed.wait(), left)
            except TimeoutError:
                continue
        return value

    async def wait_live(self, timeout: float = 10.0) -> Self:
        """Until every subscription is live."""
        await self.wait_for(lambda s: s.live, timeout, "not live")
        return self

    async def wait_closed(self, timeout: float = 5.0, times: int = 1) -> int:
        """Until ``times`` connections have ended in all; the last close code."""
        await self.wait_for(lambda s: len(s.closes) >= times, timeout, "not closed")
        return self.closes[-1][0]
