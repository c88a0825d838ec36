"""The client of every measured server: raw sockets that count frames by their headers.

A library client would cost more than the servers under test. Frames of type `event` are what is counted; the
rest of protocol `hub.v1` (hello, ack on every 64 frames and on heartbeats) where a hello is given.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field

EVENT, SNAPSHOT = b'{"type":"event"', b'{"type":"snapshot"'
LIVE, HEARTBEAT = b'{"type":"live"', b'{"type":"heartbeat"'
ERROR = b'{"type":"error"'
TEXT, CLOSE, PING, PONG = 0x81, 0x88, 0x89, 0x8A
ACK_EVERY = 64


def masked(opcode: int, body: bytes) -> bytes:
    """A client frame; its masking key is zero, so the body goes as it is."""
    size = len(body)
    length = bytes((0x80 | size,)) if size < 126 else b"\xfe" + size.to_bytes(2, "big")
    return bytes((opcode,)) + length + b"\0\0\0\0" + body


@dataclass(slots=True)
class Target:
    """Where sockets go and what they hear: `hello` is their first text, if any."""

    port: int
    path: str
    stream: str = "bench"
    hello: str | None = None


@dataclass
class Crowd:
    """The sockets of one round and what they have received together."""

    target: Target
    sockets: list[Socket] = field(default_factory=list)
    ready: int = 0
    events: int = 0
    closed: int = 0
    refused: str = ""  # the first error frame, if any
    last_ns: int = 0
    keep: bool = False  # every event's text is kept, for the measures that look inside
    stamp: bool = False  # every event's arrival is kept

    async def join(self, count: int) -> None:
        """Open `count` sockets and wait until all of them are live; raises TimeoutError after 30 s."""
        loop = asyncio.get_running_loop()
        for start in range(0, count, 50):
            wanted = min(50, count - start)
            made = [
                loop.create_connection(lambda: Socket(self), "127.0.0.1", self.target.port)
                for _ in range(wanted)
            ]
            self.sockets += [protocol for _, protocol in await asyncio.gather(*made)]
            await self.wait(lambda: self.ready >= len(self.sockets), 30)
        self.events = 0  # what was replayed on the way to `live` is not counted
        for socket in self.sockets:
            socket.texts.clear()
            socket.arrivals.clear()

    async def wait(self, reached: Callable[[], bool], seconds: float) -> None:
        """Until `reached()`; raises TimeoutError with what has come."""
        deadline = time.monotonic() + seconds
        while not reached():
            if self.refused:
                raise ConnectionError(self.refused)
            if time.monotonic() > deadline:
                raise TimeoutError(
                    f"{self.ready} ready, {self.events} events, {self.closed} closed on {self.target}"
                )
            await asyncio.sleep(0.001)

    async def leave(self) -> None:
        """Close all sockets."""
        for socket in self.sockets:
            socket.leave()
        await asyncio.sleep(0.2)

    async def keep_acking(self) -> None:
        """Acknowledge what is left a second after the last frame, until cancelled."""
        while True:
            await asyncio.sleep(1)
            old = time.monotonic_ns() - 10**9
            for socket in self.sockets:
                if socket.received > socket.acked and socket.last_ns < old:
                    socket.ack()


class Socket(asyncio.Protocol):
    """One client socket."""

    def __init__(self, crowd: Crowd) -> None:
        self.crowd = crowd
        self.rest = b""
        self.open = False
        self.left = False
        self.received = 0  # snapshot and event frames
        self.acked = 0
        self.last_ns = 0
        self.latest: tuple[bytes, int, int] | None = None
        self.texts: list[bytes] = []
        self.arrivals: list[int] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: asyncio.Transport = transport  # type: ignore[assignment]
        target = self.crowd.target
        self.transport.write(
            f"GET {target.path} HTTP/1.1\r\nHost: 127.0.0.1:{target.port}\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            "Sec-WebSocket-Version: 13\r\n\r\n".encode()
        )

    def connection_lost(self, error: Exception | None) -> None:
        self.gone()

    def gone(self) -> None:
        """Count a close that we did not ask for, once."""
        if not self.left:
            self.left = True
            self.crowd.closed += 1

    def leave(self) -> None:
        """Close on our own wish."""
        self.left = True
        self.send(CLOSE, b"\x03\xe8")
        self.transport.close()

    def send(self, opcode: int, body: bytes) -> None:
        """One frame, unless the server has closed."""
        if not self.transport.is_closing():
            self.transport.write(masked(opcode, body))

    def data_received(self, data: bytes) -> None:
        now = time.monotonic_ns()
        if self.rest:
            data = self.rest + data
        position = 0 if self.open else self.handshake(data)
        if position < 0:
            self.rest = data
            return
        self.rest = data[self.parse(data, position, now) :]

    def handshake(self, data: bytes) -> int:
        """Where the frames begin, or -1 while the answer is incomplete; ConnectionError unless it is 101."""
        end = data.find(b"\r\n\r\n")
        if end < 0:
            return -1
        if not data.startswith(b"HTTP/1.1 101"):
            raise ConnectionError(data[:200].decode(errors="replace"))
        self.open = True
        if self.crowd.target.hello is None:
            self.crowd.ready += 1
        else:
            self.send(TEXT, self.crowd.target.hello.encode())
        return end + 4

    def parse(self, data: bytes, position: int, now: int) -> int:
        """Take all whole frames from `position`; returns where the unfinished one begins."""
        end = len(data)
        while end - position >= 2:
            size, start = data[position + 1], position + 2
            if size == 126:
                size, start = int.from_bytes(data[start : start + 2], "big"), start + 2
            elif size == 127:
                size, start = int.from_bytes(data[start : start + 8], "big"), start + 8
            if start + size > end:
                break
            if data.startswith(EVENT, start):
                self.on_event(data, start, size, now)
            else:
                self.on_other(data[position], data[start : start + size])
            position = start + size
        return position

    def on_event(self, data: bytes, start: int, size: int, now: int) -> None:
        crowd = self.crowd
        crowd.events += 1
        crowd.last_ns = self.last_ns = now
        self.received += 1
        self.latest = (data, start, size)
        if crowd.keep:
            self.texts.append(data[start : start + size])
        if crowd.stamp:
            self.arrivals.append(now)
        if self.received - self.acked >= ACK_EVERY:
            self.ack()

    def on_other(self, opcode: int, text: bytes) -> None:
        if opcode == CLOSE:
            self.gone()
        elif opcode == PING:
            self.send(PONG, text)
        elif text.startswith(SNAPSHOT):
            self.received += 1
        elif text.startswith(LIVE):
            self.crowd.ready += 1
        elif text.startswith(HEARTBEAT):
            self.ack()
        elif text.startswith(ERROR):
            self.crowd.refused = self.crowd.refused or text.decode()

    def ack(self) -> None:
        """Say how many frames have come, and where we are."""
        self.acked = self.received
        if self.crowd.target.hello is None:
            return
        positions = {}
        if self.latest:
            data, start, size = self.latest
            frame = json.loads(data[start : start + size])
            positions[frame["stream"]] = frame["seq"]
        text = json.dumps({"type": "ack", "received": self.received, "positions": positions})
        self.send(TEXT, text.encode())
