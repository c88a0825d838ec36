"""The floor of the menu: a bare ASGI application that returns the bytes of a file, or 304 to their ETag.

BENCH_BODY names the file; BENCH_HEADERS is a JSON object with the headers to send, so that both sides
put the same bytes on the wire.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from benchmarks.baselines.driver import lifespan

BODY = Path(os.environ["BENCH_BODY"]).read_bytes()
HEADERS = [(name.encode(), value.encode()) for name, value in json.loads(os.environ["BENCH_HEADERS"]).items()]
ETAG = dict(HEADERS)[b"etag"]
LENGTH = (b"content-length", str(len(BODY)).encode())
FULL = {"type": "http.response.start", "status": 200, "headers": [*HEADERS, LENGTH]}
UNCHANGED = {"type": "http.response.start", "status": 304, "headers": HEADERS}


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """The same answer to every request."""
    if scope["type"] == "lifespan":
        await lifespan(receive, send)
        return
    if (b"if-none-match", ETAG) in scope["headers"]:
        await send(UNCHANGED)
        await send({"type": "http.response.body", "body": b""})
        return
    await send(FULL)
    await send({"type": "http.response.body", "body": BODY})
