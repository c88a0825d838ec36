"""A client of the sockets inside the test's own event loop: speaks `hub.v1`, keeps rows, proves the chain."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import orjson
from django.db import connection

from consumers import http, process
from consumers.routing import application

PATIENCE = 5.0


async def act(work, *args, **kwargs):
    """Run something that uses the database off the event loop; its connection is closed after."""

    def run():
        try:
            return work(*args, **kwargs)
        finally:
            connection.close()

    return await asyncio.to_thread(run)


def stop_process() -> None:
    """End what this loop's process holds, as the death of a web process would."""
    here = process._processes.pop(asyncio.get_running_loop(), None)
    if here is not None:
        here.stop()


class Closed(Exception):
    """The server closed the socket, with this code."""

    def __init__(self, code: int | None) -> None:
        super().__init__(code)
        self.code = code


@dataclass
class Followed:
    """One stream as a client keeps it: rows by key, its position, and how the last frames came."""

    position: int = 0
    cursor: str | None = None
    rows: dict[str, tuple[int, Any]] = field(default_factory=dict)
    chain: int | None = None
    first_prev: int | None = None
    parts: int = 0
    live: bool = False
    reasons: list[str] = field(default_factory=list)
    events: list[str] = field(default_factory=list)

    def take(self, frame: dict[str, Any]) -> None:
        """Apply a frame by the contract's client rule; a chain that cannot be proved is an error."""
        getattr(self, f"_{frame['type']}")(frame)

    def _resync(self, frame: dict[str, Any]) -> None:
        self.reasons.append(frame["reason"])
        self.parts, self.live, self.chain = 0, False, None

    def _snapshot(self, frame: dict[str, Any]) -> None:
        assert frame["part"] == self.parts + 1, "parts come in order"
        if frame["part"] == 1:
            self.rows = {}
        self.parts = frame["part"]
        self.rows |= {row["key"]: (row["version"], row["data"]) for row in frame["rows"]}
        if frame["part"] == frame["parts"]:
            self.position, self.cursor, self.parts, self.chain = frame["seq"], frame["cursor"], 0, None

    def _event(self, frame: dict[str, Any]) -> None:
        assert frame["seq"] > self.position, "nothing comes twice"
        if self.chain is None:
            self.first_prev = frame["prev"]
            assert frame["prev"] <= self.position
        else:
            assert frame["prev"] == self.chain, "each frame names the one before it"
        self.position = self.chain = frame["seq"]
        self.cursor = frame["cursor"]
        self.events.append(frame["event"])
        key, version = frame["key"], frame["version"]
        if version > self.rows.get(key, (0, None))[0]:
            self.rows[key] = (version, frame["data"])

    def _live(self, frame: dict[str, Any]) -> None:
        assert frame["seq"] >= self.position
        self.position, self.cursor, self.live = frame["seq"], frame["cursor"], True

    def shown(self) -> dict[str, tuple[int, Any]]:
        """The rows that are in the view."""
        return {key: row for key, row in self.rows.items() if row[1] is not None}


class Peer:
    """A socket's client. ``frames`` is everything that came; ``streams`` what it made of it."""

    opened: "set[Peer]" = set()

    def __init__(
        self,
        endpoint: str,
        *,
        token: str | None = None,
        headers: list[tuple[bytes, bytes]] | None = None,
        subprotocols: tuple[str, ...] = ("hub.v1",),
        address: str = "192.0.2.7",
        path: str | None = None,
    ) -> None:
        own = [(b"host", b"testserver")]
        own += [(b"authorization", f"Bearer {token}".encode())] if token else []
        self.scope = {
            "type": "websocket",
            "path": path or f"/ws/{endpoint}/",
            "query_string": b"",
            "scheme": "ws",
            "headers": own + (headers or []),
            "subprotocols": list(subprotocols),
            "client": (address, 40000),
        }
        self.frames: list[dict[str, Any]] = []
        self.streams: dict[str, Followed] = {}
        self.counted = 0
        self.counted_bytes = 0
        self.acking = False
        self.code: int | None = None
        self.accepted: dict[str, Any] | None = None
        self._inbox: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._outbox: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def connect(self) -> "Peer":
        """Shake hands; ``accepted`` is None when the server refused."""
        self._task = asyncio.create_task(application(self.scope, self._inbox.get, self._outbox_put))
        Peer.opened.add(self)
        self._inbox.put_nowait({"type": "websocket.connect"})
        message = await asyncio.wait_for(self._outbox.get(), PATIENCE)
        if message["type"] == "websocket.accept":
            self.accepted = message
        else:
            self._inbox.put_nowait({"type": "websocket.disconnect", "code": 1006})
        return self

    async def _outbox_put(self, message: dict[str, Any]) -> None:
        self._outbox.put_nowait(message)

    def send(self, frame: dict[str, Any]) -> None:
        """Send a frame."""
        self.send_text(orjson.dumps(frame).decode())

    def send_text(self, text: str) -> None:
        """Send text as it is."""
        self._inbox.put_nowait({"type": "websocket.receive", "text": text})

    def send_bytes(self, data: bytes) -> None:
        """Send a binary message."""
        self._inbox.put_nowait({"type": "websocket.receive", "bytes": data})

    def hello(self, token: str | None = None, *wanted: dict[str, Any], **fields: Any) -> None:
        """Say hello and ask for streams."""
        frame = {"type": "hello", "version": 1, "token": token, "client": "tests", "subscribe": list(wanted)}
        self.send(frame | fields)

    def subscribe(self, stream: str, cursor: str | None = None, id_: int = 1, **fields: Any) -> None:
        """Ask for one more stream; the rows at hand stay, as they do in a client."""
        self.send({"type": "subscribe", "id": id_, "stream": stream, "cursor": cursor, **fields})

    def ack(self, received: int | None = None, **positions: int) -> None:
        """Acknowledge; by default everything."""
        received = self.counted if received is None else received
        self.send({"type": "ack", "received": received, "positions": positions})

    async def next(self, timeout: float = PATIENCE) -> dict[str, Any]:
        """The next frame; raises Closed."""
        message = await asyncio.wait_for(self._outbox.get(), timeout)
        if message["type"] == "websocket.close":
            self.code = message.get("code")
            self._inbox.put_nowait({"type": "websocket.disconnect", "code": self.code})
            raise Closed(self.code)
        return self._note(message["text"])

    def _note(self, text: str) -> dict[str, Any]:
        frame = orjson.loads(text)
        self.frames.append(frame)
        if frame["type"] in ("snapshot", "event"):
            self.counted += 1
            self.counted_bytes += len(text.encode())
        if frame["type"] in ("snapshot", "event", "live", "resync"):
            self.streams.setdefault(frame["stream"], Followed()).take(frame)
        if self.acking and self.counted % 64 == 0 and frame["type"] in ("snapshot", "event"):
            self.ack()
        return frame

    async def until(self, kind: str, timeout: float = PATIENCE, **facts: Any) -> dict[str, Any]:
        """The next frame of this kind (with these facts), whatever comes before it."""
        async with asyncio.timeout(timeout):
            while True:
                frame = await self.next(timeout)
                if frame["type"] == kind and all(frame[name] == fact for name, fact in facts.items()):
                    return frame

    async def closing(self, timeout: float = PATIENCE) -> int | None:
        """Wait for the server's close; its code."""
        async with asyncio.timeout(timeout):
            while True:
                try:
                    await self.next(timeout)
                except Closed as closed:
                    return closed.code

    async def quiet(self, seconds: float = 0.15) -> list[dict[str, Any]]:
        """What comes until nothing came for so long."""
        found = []
        while True:
            try:
                found.append(await self.next(seconds))
            except TimeoutError:
                return found

    async def leave(self) -> None:
        """The client goes away; a fault of the consumer is raised here."""
        Peer.opened.discard(self)
        self._inbox.put_nowait({"type": "websocket.disconnect", "code": 1001})
        await asyncio.wait_for(self._task, PATIENCE)


async def opened(endpoint: str, token: str | None, *wanted: dict[str, Any], **fields: Any) -> Peer:
    """A socket that was welcomed and whose wanted streams are live."""
    peer = await Peer(endpoint, **fields).connect()
    peer.hello(token, *wanted)
    await peer.until("welcome")
    for one in wanted:
        await peer.until("live", stream=one["stream"])
    return peer


async def get(
    path: str, token: str | None = None, method: str = "GET", language: str = "", **query: Any
) -> tuple[int, dict, Any]:
    """(status, headers, body) of one of the two REST addresses that the sockets' process serves."""
    text = "&".join(f"{name}={value}" for name, value in query.items())
    headers = [(b"accept-language", language.encode())]
    headers += [(b"authorization", f"Bearer {token}".encode())] if token else []
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": text.encode(),
        "headers": headers,
    }
    messages: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        messages.append(message)

    async def receive() -> dict[str, Any]:
        await asyncio.Event().wait()
        raise AssertionError

    await http.application(scope, receive, send)
    start, body = messages
    found = {name.decode(): value.decode() for name, value in start["headers"]}
    return start["status"], found, orjson.loads(body["body"])
