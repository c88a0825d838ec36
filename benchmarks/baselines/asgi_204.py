"""The floor of a callback: a bare ASGI application that reads the body and answers 204."""

from __future__ import annotations

from typing import Any

from benchmarks.baselines.driver import lifespan


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """The same answer to every request."""
    if scope["type"] == "lifespan":
        await lifespan(receive, send)
        return
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})
