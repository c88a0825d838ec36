"""The floor of a round trip on our own server: a bare ASGI application that sends back every text frame."""

from __future__ import annotations

from typing import Any

from benchmarks.baselines.driver import answer, lifespan


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Echo on any path."""
    if scope["type"] == "lifespan":
        await lifespan(receive, send)
    elif scope["type"] == "http":
        await answer(send, {})
    else:
        await echo(receive, send)


async def echo(receive: Any, send: Any) -> None:
    """One socket."""
    await receive()
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] == "websocket.receive":
        await send({"type": "websocket.send", "text": message["text"]})
