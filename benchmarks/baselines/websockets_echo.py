"""The floor of a round trip: a `websockets` server that sends back what it hears, compression off, on uvloop.

python -m benchmarks.baselines.websockets_echo PORT
"""

from __future__ import annotations

import sys

import uvloop
from websockets.asyncio.server import ServerConnection, serve


async def echo(connection: ServerConnection) -> None:
    """Send back every message."""
    async for message in connection:
        await connection.send(message)


async def main(port: int) -> None:
    """Serve until killed."""
    async with serve(echo, "127.0.0.1", port, compression=None) as server:
        await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1])))
