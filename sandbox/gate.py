"""The gate before every route: reads the body, counts calls and connections, lets ordered faults strike.

It works by a route's name, so a route of another part of the emulator only needs one (`Route(name="token")`).
"""

import asyncio
import json
import socket
import struct
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass
from typing import Any

import anyio.to_thread
from starlette.applications import Starlette
from starlette.routing import BaseRoute, Match

from sandbox import faults
from sandbox.faults import Fault
from sandbox.ledger import Ledger
from sandbox.web import BODY

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Channel = Callable[..., Any]

# What the merchant calls; the rest (cashier, control) is neither counted nor disturbed.
GATEWAY = ("/v3/", "/sns/", "/cgi-bin/", "/wxa/")
# What only this machine may use: switches, secrets of the emulated merchant and of its people.
PRIVATE = ("/control/", "/client.json")
LONGEST_BODY = 1 << 20
HANG_SECONDS = 600.0
APPLIED = ("drop_answer", "unsigned", "bad_signature")
SIGNED = b"wechatpay-"
CANNED = {
    "429": (429, "FREQUENCY_LIMITED", "频率超限，请稍后再试"),
    "500": (500, "SYSTEM_ERROR", "系统异常，请稍后重试"),
}
HTML = b"<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>nginx</body>\r\n</html>\r\n"


@dataclass(slots=True)
class Answer:
    """A whole answer, held back to be spoiled."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes

    async def send(self, send: Channel) -> None:
        start = {"type": "http.response.start", "status": self.status, "headers": self.headers}
        await send(start)
        await send({"type": "http.response.body", "body": self.body})


class Emulator(Starlette):
    """A Starlette application whose outermost layer is the gate, because that may cut the connection."""

    def __init__(self, routes: list[BaseRoute], ledger: Ledger, lifespan: Channel):
        super().__init__(routes=routes, lifespan=lifespan)
        self.gate = Gate(super().__call__, routes, ledger)

    async def __call__(self, scope: Scope, receive: Channel, send: Channel) -> None:
        inner = self.gate if scope["type"] == "http" else super().__call__
        await inner(scope, receive, send)


class Gate:
    """Wraps the application with the routes."""

    def __init__(self, app: Channel, routes: list[BaseRoute], ledger: Ledger):
        self.app, self.routes, self.ledger = app, routes, ledger

    async def __call__(self, scope: Scope, receive: Channel, send: Channel) -> None:
        body = await whole(receive)
        if body is None:
            return
        if len(body) > LONGEST_BODY:
            await canned(413, {"code": "PARAM_ERROR", "message": "请求体过大"}).send(send)
            return
        scope[BODY] = body
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        if path.startswith(PRIVATE) and not is_near(scope):
            await canned(403, {"code": "NO_AUTH", "message": "仅限本机访问"}).send(send)
            return
        fault = None
        if path.startswith(GATEWAY):
            fault = await anyio.to_thread.run_sync(self.arrive, scope, body)
        again = replayed(body, receive)
        if fault is None:
            await self.app(scope, again, send)
        else:
            await self.strike(fault, scope, again, send)

    def arrive(self, scope: Scope, body: bytes) -> Fault | None:
        """Count this call and its connection; the fault that strikes it, if one waits."""
        route = self.route_name(scope)
        peer = ":".join(str(part) for part in scope.get("client") or ("unknown",))
        seen = scope["path"] + "?" + scope.get("query_string", b"").decode("latin-1")
        count = "INSERT INTO calls VALUES (?, 1) ON CONFLICT DO UPDATE SET number = number + 1"
        with self.ledger.connect() as db:
            db.execute(count, (route,))
            db.execute("INSERT OR IGNORE INTO peers VALUES (?)", (peer,))
            return faults.take(db, faults.ANSWER, route=route, text=seen + body.decode("utf-8", "replace"))

    def route_name(self, scope: Scope) -> str:
        """Name of the route this request goes to; `unknown` when there is none."""
        for route in self.routes:
            if route.matches(scope)[0] is Match.FULL:
                return getattr(route, "name", "unknown")
        return "unknown"

    async def strike(self, fault: Fault, scope: Scope, receive: Channel, send: Channel) -> None:
        """Let the fault happen; with ``"apply": true`` the request still does its work before."""
        name, options = fault.name, fault.options
        apply = options.get("apply", name in APPLIED)
        answer = await self.held(scope, receive) if apply else None
        if name == "delay":
            await asyncio.sleep(float(options.get("seconds", 1.0)))
            answer = answer or await self.held(scope, receive)
            await answer.send(send)
        elif name in ("reset", "drop_answer", "hang"):
            if name == "hang":
                await gone(receive, float(options.get("seconds", HANG_SECONDS)))
            await cut(send, hard=name == "reset")
        elif answer and name in APPLIED:
            await spoiled(answer, name).send(send)
        else:
            await instead(name, options).send(send)

    async def held(self, scope: Scope, receive: Channel) -> Answer:
        """The real answer, kept from the client."""
        answer = Answer(500, [], b"")

        async def keep(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer.status, answer.headers = message["status"], list(message.get("headers", ()))
            elif message["type"] == "http.response.body":
                answer.body += message.get("body", b"")

        await self.app(scope, receive, keep)
        return answer


def is_near(scope: Scope) -> bool:
    """Whether the peer is this machine itself, and no proxy speaks for another."""
    host = (scope.get("client") or ("",))[0]
    forwarded = any(name.lower() == b"x-forwarded-for" for name, _ in scope["headers"])
    return (host == "::1" or host.startswith("127.")) and not forwarded


async def whole(receive: Channel) -> bytes | None:
    """The body of a request; None when the client left before its end."""
    parts, size = [], 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if not message.get("more_body") or size > LONGEST_BODY:
            return b"".join(parts)


def replayed(body: bytes, receive: Channel) -> Channel:
    """A receive that tells the body once more, then what comes after it."""
    left = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return left.pop() if left else await receive()

    return again


async def gone(receive: Channel, seconds: float) -> None:
    """Wait until the client gives up, or so long."""
    try:
        async with asyncio.timeout(seconds):
            while (await receive())["type"] != "http.disconnect":
                pass
    except TimeoutError:
        return


async def cut(send: Channel, *, hard: bool) -> None:
    """Close the connection without a word; ``hard`` with a TCP reset.

    The server must let us at its transport (uvicorn does); behind another the client gets a bare 502.
    """
    transport = getattr(getattr(send, "__self__", None), "transport", None)
    if transport is None:
        await instead("html_502", {}).send(send)
        return
    plug = transport.get_extra_info("socket")
    if hard and plug is not None:
        plug.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
    # the server must see the end of the connection before we return without an answer
    await asyncio.sleep(0.05)


def spoiled(answer: Answer, name: str) -> Answer:
    """The answer without its signature, or with one that is not its own."""
    if name == "unsigned":
        answer.headers = [pair for pair in answer.headers if not pair[0].lower().startswith(SIGNED)]
        return answer
    answer.headers = [
        (key, value[4:] + value[:4]) if key.lower() == b"wechatpay-signature" else (key, value)
        for key, value in answer.headers
    ]
    return answer


def instead(name: str, options: dict[str, Any]) -> Answer:
    """The answer a broken or busy gateway gives: 429, 500, an HTML page, or any refusal that was ordered."""
    if name == "html_502":
        return Answer(502, [(b"content-type", b"text/html"), length(HTML)], HTML)
    status, code, message = CANNED.get(name, (400, "SYSTEM_ERROR", "系统异常"))
    told = {"code": options.get("code", code), "message": options.get("message", message)}
    return canned(int(options.get("status", status)), told)


def canned(status: int, told: dict[str, str]) -> Answer:
    body = json.dumps(told, ensure_ascii=False).encode()
    return Answer(status, [(b"content-type", b"application/json; charset=utf-8"), length(body)], body)


def length(body: bytes) -> tuple[bytes, bytes]:
    return b"content-length", str(len(body)).encode()
