"""The floor of fan-out: the `websockets` library's own `broadcast`, compression off, on uvloop.

python -m benchmarks.baselines.websockets_broadcast PORT
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from urllib.parse import urlsplit

import uvloop
from websockets.asyncio.server import ServerConnection, broadcast, serve
from websockets.datastructures import Headers
from websockets.http11 import Request, Response

from benchmarks.baselines.driver import PATH, Burst, payload, read_burst

connections: set[ServerConnection] = set()


async def listen(connection: ServerConnection) -> None:
    """A screen: reads and forgets whatever its client says, until it goes."""
    connections.add(connection)
    try:
        async for _ in connection:
            pass
    finally:
        connections.discard(connection)


async def tell(burst: Burst) -> list[int]:
    """Broadcast the messages; the times just before each."""
    times = []
    for number in range(burst.first, burst.first + burst.n):
        text = payload(number, burst.size)
        times.append(time.monotonic_ns())
        broadcast(connections, text)
        await asyncio.sleep(burst.pause_us / 1e6)
    return times


async def route(connection: ServerConnection, request: Request) -> Response | None:
    """Answer the private route; let every other request become a socket."""
    address = urlsplit(request.path)
    if address.path != PATH:
        return None
    body = json.dumps(await tell(read_burst(address.query))).encode()
    return Response(200, "OK", Headers({"Content-Length": str(len(body)), "Connection": "close"}), body)


async def main(port: int) -> None:
    """Serve until killed."""
    async with serve(listen, "127.0.0.1", port, process_request=route, compression=None) as server:
        await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1])))
