"""Serves the menu ahead of Django: the same bytes to everybody, rebuilt when the menu's stream has moved.

Only what is certain is answered here: GET or HEAD of the exact path, no query, an allowed Host, a process
whose view of the stream is healthy. Everything else goes to Django, which answers the same address.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import DatabaseError, connections
from django.http.request import split_domain_port, validate_host
from django.utils.http import parse_etags

from hub.errors import Refusal
from ordering.dishes import menu
from ordering.restaurant import queries

Scope = MutableMapping[str, Any]
Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

PATH = re.compile(r"/api/v1/stores/([-a-zA-Z0-9_]{1,32})/menu/")
HOSTS_KEPT = 64
EMPTY: Message = {"type": "http.response.body", "body": b""}


class Freshness(Protocol):
    """What this process knows of a stream.

    ``version`` changes at every event and resync; ``fresh`` says that changes are noticed in time.
    """

    @property
    def version(self) -> int: ...

    @property
    def fresh(self) -> bool: ...


Follow = Callable[[str], Awaitable[Freshness]]


@dataclass(slots=True)
class Entry:
    """One store's menu as ready-made ASGI messages, and the stream version they were built from."""

    code: str
    stream: Freshness
    version: int | None = None
    etag: bytes = b""
    start: Message = field(default_factory=dict)
    body: Message = field(default_factory=dict)
    unchanged: Message = field(default_factory=dict)
    building: "asyncio.Task[bool] | None" = None

    def fill(self, version: int, document: menu.MenuDocument) -> None:
        """Make the messages of ``document``, built after the stream was seen at ``version``."""
        self.etag = document.etag.encode()
        headers = [
            (b"content-type", menu.CONTENT_TYPE.encode()),
            (b"cache-control", b"no-cache"),
            (b"etag", self.etag),
            (b"x-content-type-options", b"nosniff"),
            *([(b"vary", b"origin")] if settings.CORS_ALLOWED_ORIGINS else []),
        ]
        length = (b"content-length", str(len(document.body)).encode())
        self.start = {"type": "http.response.start", "status": 200, "headers": [*headers, length]}
        self.body = {"type": "http.response.body", "body": document.body}
        self.unchanged = {"type": "http.response.start", "status": 304, "headers": headers}
        self.version = version


class MenuApp:
    """The ASGI application in front of ``inner``; ``follow`` joins a stream of this process."""

    def __init__(self, inner: App, follow: Follow) -> None:
        self._inner = inner
        self._follow = follow
        self._entries: dict[str, Entry] = {}
        self._hosts: set[bytes] = set()
        self._special = _special_headers()
        self._redirects = bool(settings.SECURE_SSL_REDIRECT)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a menu request from memory, or pass it on."""
        entry = self._entries.get(scope.get("path", "")) or await self._admit(scope)
        etag = self._wanted(scope) if entry else None
        if entry is None or etag is None or not await self._current(entry):
            await self._inner(scope, receive, send)
        elif etag and (etag == entry.etag or _matches(etag, entry.etag)):
            await send(entry.unchanged)
            await send(EMPTY)
        else:
            await send(entry.start)
            await send(entry.body if scope["method"] == "GET" else EMPTY)

    def _wanted(self, scope: Scope) -> bytes | None:
        """If-None-Match (empty if absent) of a request for the plain document; None = this is Django's."""
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD") or scope["query_string"]:
            return None
        host, etag = None, b""
        for name, value in scope["headers"]:
            if name == b"host":
                if host is not None:
                    return None
                host = value
            elif name == b"if-none-match":
                etag = value
            elif name in self._special:
                return None
        if host not in self._hosts and not self._learn(host):
            return None
        return etag if not self._redirects or _is_secure(scope) else None

    def _learn(self, host: bytes | None) -> bool:
        """Django's own check of a Host header, remembered if it passes."""
        if host is None or not is_allowed_host(host):
            return False
        if len(self._hosts) >= HOSTS_KEPT:
            self._hosts.clear()
        self._hosts.add(host)
        return True

    async def _admit(self, scope: Scope) -> Entry | None:
        """The entry of a store that is asked for the first time; None for anything else."""
        match = PATH.fullmatch(scope.get("path", ""))
        if match is None or scope["type"] != "http":
            return None
        try:
            stream = await sync_to_async(_stream_of, thread_sensitive=False)(match[1])
        except (Refusal, DatabaseError):
            return None
        return self._entries.setdefault(scope["path"], Entry(match[1], await self._follow(stream)))

    async def _current(self, entry: Entry) -> bool:
        """Whether the entry now holds a menu that is no older than this request."""
        if not entry.stream.fresh:
            return False
        if entry.version == entry.stream.version:
            return True
        if entry.building is not None:
            # It may have begun before the newest event: its result counts only if nothing happened since.
            await asyncio.shield(entry.building)
            if entry.version == entry.stream.version:
                return True
        if entry.building is None:
            entry.building = asyncio.create_task(self._build(entry))
        return await asyncio.shield(entry.building)

    async def _build(self, entry: Entry) -> bool:
        version = entry.stream.version
        try:
            document = await sync_to_async(_document, thread_sensitive=False)(entry.code)
        except (Refusal, DatabaseError):
            return False
        finally:
            entry.building = None
        entry.fill(version, document)
        return True


def is_allowed_host(host: bytes) -> bool:
    """Whether Django would accept this Host header."""
    allowed = settings.ALLOWED_HOSTS
    if settings.DEBUG and not allowed:
        allowed = [".localhost", "127.0.0.1", "[::1]"]
    domain, _ = split_domain_port(host.decode("latin-1"))
    return bool(domain) and validate_host(domain, allowed)


def _special_headers() -> frozenset[bytes]:
    """Headers by which Django's middleware would answer something else than the plain document."""
    cors = [b"origin"] if settings.CORS_ALLOWED_ORIGINS else []
    proxy = [b"x-forwarded-host"] if settings.USE_X_FORWARDED_HOST else []
    return frozenset(cors + proxy)


def _is_secure(scope: Scope) -> bool:
    """Whether the request came by HTTPS, as Django sees it."""
    if scope.get("scheme") == "https" or not settings.SECURE_PROXY_SSL_HEADER:
        return scope.get("scheme") == "https"
    header, secure = settings.SECURE_PROXY_SSL_HEADER
    name = header.removeprefix("HTTP_").replace("_", "-").lower().encode()
    return any(name == key and secure == value.decode("latin-1") for key, value in scope["headers"])


def _matches(condition: bytes, etag: bytes) -> bool:
    """If-None-Match as RFC 9110 compares: a list, ``*``, and weak tags equal to strong ones."""
    tags = [tag.removeprefix("W/") for tag in parse_etags(condition.decode("latin-1"))]
    return "*" in tags or etag.decode() in tags


def _stream_of(code: str) -> str:
    """The menu stream of an existing store."""
    try:
        return queries.store(code).menu_stream
    finally:
        # This thread belongs to no request: nobody else would close its connection.
        connections.close_all()


def _document(code: str) -> menu.MenuDocument:
    try:
        return menu.document(queries.store(code))
    finally:
        connections.close_all()
