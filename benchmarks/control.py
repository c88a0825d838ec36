"""Ask a measured server, over its private HTTP route, to commit and send events."""

from __future__ import annotations

import asyncio
import json

from benchmarks.baselines.driver import PATH
from benchmarks.programs import Program


async def get(port: int, path: str) -> bytes:
    """Body of one GET on a connection of its own; raises ConnectionError unless the answer is 200."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n".encode())
        answer = await reader.read()
    finally:
        writer.close()
    head, _, body = answer.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        raise ConnectionError(answer[:500].decode(errors="replace"))
    return body


async def commit(
    sender: Program, stream: str, n: int, size: int, *, pause_us: int = 0, first: int = 1
) -> list[int]:
    """`n` events of `size` bytes (ours: of their own size); the times in ns at which each was handed over."""
    query = f"stream={stream}&n={n}&size={size}&pause_us={pause_us}&first={first}"
    return json.loads(await get(sender.port, f"{PATH}?{query}"))
