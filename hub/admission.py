"""In front of Django: bodies are read before a thread is taken, and threads are counted.

Django under ASGI gives every request a thread and a database connection; unbounded, a rush would open more
connections than the database has. A body that does not arrive in time holds no thread. A process that leaves
takes no more requests and knows how many it still has in hand.
"""

import asyncio
import re
from typing import Any

from django.conf import settings

from hub import errors, lifecycle, problem
from hub.errors import Refusal

BODY_SECONDS = 10.0
SLACK = 64 * 1024  # what multipart adds around a file


class Admission:
    """An ASGI application around Django's."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self._places: asyncio.Semaphore | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Read the body (10 s, at most what its address takes), wait for a place, let Django answer."""
        try:
            body = await asyncio.wait_for(self._read(scope, receive), BODY_SECONDS)
        except TimeoutError:
            late = Refusal("request.timeout", 408, "请求超时", headers={"Connection": "close"})
            return await refuse(scope, send, late)
        except Refusal as refusal:
            return await refuse(scope, send, refusal)
        if body is None:
            return None
        if lifecycle.state.leaving:
            return await refuse(scope, send, errors.unavailable())
        await self._admit(scope, _Replay(body, receive), send)

    async def _admit(self, scope: Any, receive: Any, send: Any) -> None:
        if self._places is None:
            self._places = asyncio.Semaphore(settings.ASGI_THREADS)
        lifecycle.state.requests += 1
        try:
            async with self._places:
                await self._inner(scope, receive, send)
        finally:
            lifecycle.state.requests -= 1

    async def _read(self, scope: Any, receive: Any) -> bytes | None:
        pieces, size, limit = [], 0, most(scope["path"])
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
            size += len(message.get("body", b""))
            if size > limit:
                raise Refusal("body.too_large", 413, "请求内容过大", headers={"Connection": "close"})
            pieces.append(message.get("body", b""))
            if not message.get("more_body", False):
                return b"".join(pieces)


def most(path: str) -> int:
    """How many bytes a body for this address may have: files only where files may come."""
    takes_files = re.fullmatch(settings.UPLOAD_ADDRESSES, path)
    return (settings.UPLOAD_LIMIT if takes_files else settings.DATA_UPLOAD_MAX_MEMORY_SIZE) + SLACK


class _Replay:
    """A `receive` that hands out the body once, then whatever the server says."""

    def __init__(self, body: bytes, receive: Any) -> None:
        self._body: bytes | None = body
        self._receive = receive

    async def __call__(self) -> Any:
        if self._body is not None:
            body, self._body = self._body, None
            return {"type": "http.request", "body": body, "more_body": False}
        return await self._receive()


async def refuse(scope: Any, send: Any, refusal: Refusal) -> None:
    """A refusal ahead of Django."""
    body = problem.encoded(refusal, scope)
    headers = {"content-type": problem.CONTENT_TYPE, "content-length": str(len(body)), **refusal.headers}
    raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": refusal.status, "headers": raw})
    await send({"type": "http.response.body", "body": body})
