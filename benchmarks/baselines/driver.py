"""The private HTTP route that all measured programs share: `/bench/commit?stream=&n=&size=&pause_us=&first=`.

The answer is a JSON list with the CLOCK_MONOTONIC time in ns at which each message was handed over; on one
machine it can be compared with the arrival time in the client's process.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

Send = Callable[[dict[str, Any]], Awaitable[None]]
PATH = "/bench/commit"
DEFAULTS = {"n": 1, "size": 300, "pause_us": 0, "first": 1}


@dataclass(frozen=True)
class Burst:
    """What a benchmark asks for: `n` messages of `size` bytes, `pause_us` µs apart, numbered from `first`.

    A baseline has one stream only; ours commits to `stream`.
    """

    n: int
    size: int
    pause_us: int
    first: int
    stream: str


def read_burst(query: str) -> Burst:
    """The burst in a query string; absent numbers take their DEFAULTS."""
    given = {name: values[0] for name, values in parse_qs(query).items()}
    numbers = (int(given.get(name, default)) for name, default in DEFAULTS.items())
    return Burst(*numbers, stream=given.get("stream", ""))


def payload(number: int, size: int) -> str:
    """An event-like text frame of exactly `size` bytes (at least 60) that carries its number."""
    head = f'{{"type":"event","stream":"bench","seq":{number},"data":"'
    return head + "x" * (size - len(head) - 2) + '"}'


async def answer(send: Send, body: object, status: int = 200) -> None:
    """One whole JSON answer over ASGI."""
    text = json.dumps(body).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(text)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": text})


async def lifespan(receive: Callable[[], Awaitable[dict[str, Any]]], send: Send) -> None:
    """ASGI's start and stop, with nothing to do."""
    while True:
        message = await receive()
        await send({"type": message["type"] + ".complete"})
        if message["type"] == "lifespan.shutdown":
            return
