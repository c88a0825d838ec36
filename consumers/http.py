"""The same views without a socket: snapshot and long poll over REST, with the same cursors and bodies."""

import asyncio
from typing import Any
from urllib.parse import parse_qs

import msgspec
import orjson
from django.db import DatabaseError
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from consumers import access, authentication, process, resume
from consumers.feed import View
from consumers.frames import Frame
from consumers.process import Process
from consumers.routing import SCREENS
from hub import cursors, errors, logs, problem
from hub.errors import Refusal
from ordering.users.actors import ANONYMOUS, Actor
from ordering.users.authentication import authenticate

MAX_EVENTS = 200
MAX_WAIT = 25.0
SNAPSHOT = "/api/v1/rt/snapshot/"
EVENTS = "/api/v1/rt/events/"


class Waiter:
    """A subscriber that only wants to know that something happened."""

    def __init__(self) -> None:
        self.happened = asyncio.Event()

    def news(self, frame: Frame) -> None:
        """A frame arrived."""
        self.happened.set()

    def lost(self, reason: str) -> None:
        """The history is another one."""
        self.happened.set()


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Serve the two addresses; everything else is not ours."""
    with logs.request_scope(None):
        try:
            body, headers = await _answer(scope)
            await _send(send, 200, body, {"Content-Type": "application/json", **headers})
        except Refusal as refusal:
            await _refuse(scope, send, refusal)
        except DatabaseError:
            await _refuse(scope, send, errors.unavailable())


async def _answer(scope: Any) -> tuple[bytes, dict[str, str]]:
    if scope["method"] not in ("GET", "HEAD"):
        raise Refusal("request.method_not_allowed", 405, "不支持此请求方法", headers={"Allow": "GET, HEAD"})
    query = {name: values[-1] for name, values in parse_qs(scope["query_string"].decode("latin1")).items()}
    screen = SCREENS.get(query.get("view", ""))
    if screen is None:
        detail = format_lazy(_("必须是 {choices}"), choices=", ".join(SCREENS))
        raise errors.invalid(errors.row("view", "invalid", detail))
    here = process.current()
    actor = await _actor(here, scope)
    stations = query["station"].split(",") if query.get("station") else None
    view = await access.open_view(here.feeds, screen, actor, query.get("stream", ""), stations)
    if scope["path"] == SNAPSHOT:
        return await _snapshot(here, view), {}
    return await _events(here, view, query), {}


async def _actor(here: Process, scope: Any) -> Actor:
    token = authentication.header_token(scope)
    return await here.pool.read(authenticate, token) if token else ANONYMOUS


async def _snapshot(here: Process, view: View) -> bytes:
    built = await resume.built(here.pool, view)
    return msgspec.json.encode(
        {"stream": view.stream, "seq": built.seq, "cursor": built.cursor, "rows": built.rows}
    )


async def _events(here: Process, view: View, query: dict[str, str]) -> bytes:
    cursor, wait = query.get("cursor", ""), _wait(query.get("wait", "25"))
    reason = await resume.why_not(here.feeds, view, cursor)
    if reason is not None:
        raise Refusal("stream.resync", 410, "请重新获取快照", reason=reason, stream=view.stream)
    found, cursor = await _after(here, view, cursor)
    if not found and wait > 0:
        await _something(view, wait)
        if view.reader.dead:
            raise Refusal("stream.resync", 410, "请重新获取快照", reason="gap", stream=view.stream)
        found, cursor = await _after(here, view, cursor)
    texts = ",".join(found)
    return f'{{"cursor":"{cursor}","events":[{texts}]}}'.encode()


def _wait(text: str) -> float:
    try:
        return min(MAX_WAIT, max(0.0, float(int(text))))
    except ValueError:
        raise errors.invalid(errors.row("wait", "invalid", "必须是 0–25 的整数")) from None


async def _something(view: View, wait: float) -> None:
    waiter = Waiter()
    view.subscribers.add(waiter)
    try:
        await asyncio.wait_for(waiter.happened.wait(), wait)
    except TimeoutError:
        return
    finally:
        view.subscribers.discard(waiter)


async def _after(here: Process, view: View, cursor: str) -> tuple[list[str], str]:
    """At most 200 frames behind the cursor, and the cursor behind them."""
    position = previous = _seq(cursor)
    frames: list[Frame] = []
    while position < view.base and len(frames) < MAX_EVENTS:
        more, read_to = await resume.read_on(here.pool, view, position, previous)
        if read_to is None:
            raise Refusal("stream.resync", 410, "请重新获取快照", reason="floor", stream=view.stream)
        frames, position = [*frames, *more], read_to
        previous = frames[-1].seq if frames else previous
    if position >= view.base:
        frames.extend(view.after(position))
    kept = frames[:MAX_EVENTS]
    texts = [kept[0].following(_seq(cursor)), *(frame.text for frame in kept[1:])] if kept else []
    return texts, _cursor_behind(view, kept, len(frames))


def _cursor_behind(view: View, kept: list[Frame], found: int) -> str:
    if kept and len(kept) < found:
        return str(orjson.loads(kept[-1].text)["cursor"])
    return view.cursor


def _seq(cursor: str) -> int:
    from_text = cursors.read(cursor)
    assert from_text is not None
    return from_text.seq


async def _refuse(scope: Any, send: Any, refusal: Refusal) -> None:
    body = problem.encoded(refusal, scope)
    headers = {"Content-Type": problem.CONTENT_TYPE, **refusal.headers}
    if refusal.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    await _send(send, refusal.status, body, headers)


async def _send(send: Any, status: int, body: bytes, headers: dict[str, str]) -> None:
    fixed = {
        "Content-Length": str(len(body)),
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    raw = [(name.lower().encode(), value.encode()) for name, value in {**fixed, **headers}.items()]
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": body})
