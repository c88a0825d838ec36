"""A load client for one address: kept connections, answers counted by their size.

A connection sends its next request when an answer is whole. The first answer is read in full; all others must
have its size, so the client does nothing but count bytes, and the server is what is measured.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field

CONNECTIONS = 16


class LoadError(RuntimeError):
    """An answer was not what it should be."""


@dataclass
class Load:
    """A running measurement: `size` is that of one whole answer."""

    request: bytes
    size: int
    answers: int = 0
    stopped: bool = False
    lost: list[str] = field(default_factory=list)


class Connection(asyncio.Protocol):
    """One kept connection."""

    def __init__(self, load: Load) -> None:
        self.load = load
        self.had = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: asyncio.Transport = transport  # type: ignore[assignment]
        self.transport.write(self.load.request)

    def data_received(self, data: bytes) -> None:
        self.had += len(data)
        load = self.load
        if self.had < load.size:
            return
        if self.had > load.size:
            load.lost.append("an answer has another size")
        self.had = 0
        load.answers += 1
        if not load.stopped:
            self.transport.write(load.request)

    def connection_lost(self, error: Exception | None) -> None:
        if not self.load.stopped:
            self.load.lost.append(f"connection lost: {error}")


def request_of(port: int, path: str, etag: str | None = None) -> bytes:
    """A GET as a browser's, conditional where an ETag is given."""
    condition = f"If-None-Match: {etag}\r\n" if etag else ""
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept: */*\r\n{condition}\r\n".encode()


async def fetch(port: int, request: bytes) -> tuple[int, dict[str, str], bytes, int]:
    """One answer on a kept connection: status, headers (lower case), body, and its size on the wire."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    status_line, *lines = head.decode("latin-1").strip().split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    status = int(status_line.split()[1])
    body = b"" if status == 304 else await reader.readexactly(int(headers["content-length"]))
    writer.close()
    return status, headers, body, len(head) + len(body)


async def requests_per_second(port: int, request: bytes, status: int, seconds: float) -> float:
    """Answers per second over `seconds` with CONNECTIONS kept connections; LoadError on a wrong one."""
    found, _, _, size = await fetch(port, request)
    if found != status:
        raise LoadError(f"{found} instead of {status}")
    load, loop = Load(request, size), asyncio.get_running_loop()
    made = [loop.create_connection(lambda: Connection(load), "127.0.0.1", port) for _ in range(CONNECTIONS)]
    transports = [transport for transport, _ in await asyncio.gather(*made)]
    await asyncio.sleep(0.2)
    begun, before = time.monotonic(), load.answers
    await asyncio.sleep(seconds)
    rate = (load.answers - before) / (time.monotonic() - begun)
    load.stopped = True
    await asyncio.sleep(0.1)
    for transport in transports:
        transport.close()
    if load.lost:
        raise LoadError(load.lost[0])
    return rate
