"""One call of api.weixin.qq.com: counted, checked, answered in WeChat's form."""

import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox import faults
from sandbox.keys import Keys
from sandbox.ledger import Ledger
from sandbox.people import ApiError, People
from sandbox.tokens import Tokens
from sandbox.web import body

BUSY = {"errcode": -1, "errmsg": "system error"}


@dataclass(frozen=True)
class Call:
    """A request whose body has been read, and what the emulator knows; `rid` is WeChat's request id."""

    body: bytes
    query: Mapping[str, str]
    ledger: Ledger
    keys: Keys
    people: People
    tokens: Tokens
    rid: str

    @cached_property
    def json(self) -> dict[str, Any]:
        """The body as an object; ApiError 44002 for none, 47001 for anything else."""
        if not self.body:
            raise ApiError(44002, "empty post data")
        try:
            found = json.loads(self.body)
        except (ValueError, RecursionError) as error:
            raise ApiError(47001, "data format error") from error
        if not isinstance(found, dict):
            raise ApiError(47001, "data format error")
        return found

    def require_app(self, given: Mapping[str, Any]) -> None:
        """ApiError 40013 for another appid, 40125 for a wrong secret."""
        if given.get("appid") != self.keys.app_id:
            raise ApiError(40013, "invalid appid")
        if given.get("secret") != self.keys.app_secret:
            raise ApiError(40125, "invalid appsecret")


Handler = Callable[[Call], dict[str, Any] | Response]


def route(
    method: str, path: str, name: str, handler: Handler, *, token: bool = True, plain: bool = False
) -> Route:
    """A route whose name is that of its faults and of its counter; `token`: it needs an access token."""

    def endpoint(request: Request) -> Response:
        call = call_of(request)
        busy = is_busy(call.ledger, name)
        return said(BUSY, plain=plain) if busy else answer(call, handler, token=token, plain=plain)

    return Route(path, endpoint, methods=[method], name=name)


def is_busy(ledger: Ledger, name: str) -> bool:
    """Whether the fault `busy` strikes this route now."""
    with ledger.read() as db:
        if db.execute("SELECT 1 FROM faults LIMIT 1").fetchone() is None:
            return False
    with ledger.connect() as db:
        return faults.take(db, faults.API, route=name) is not None


def call_of(request: Request) -> Call:
    """The call, over the books of this application."""
    state = request.app.state
    if not hasattr(state, "people"):
        state.tokens, state.people = Tokens(state.ledger), People(state.ledger)
    rid = "-".join(secrets.token_hex(4) for _ in range(3))
    return Call(
        body(request), request.query_params, state.ledger, state.keys, state.people, state.tokens, rid
    )


def answer(call: Call, handler: Handler, *, token: bool, plain: bool) -> Response:
    """What the handler says, or why it refuses: status 200 and an errcode either way."""
    try:
        if token:
            call.tokens.require(call.query.get("access_token", ""))
        found = handler(call)
    except ApiError as error:
        return said({"errcode": error.errcode, "errmsg": f"{error.errmsg} rid: {call.rid}"}, plain=plain)
    if isinstance(found, Response):
        return found
    return said(({"errcode": 0, "errmsg": "ok"} if token else {}) | found, plain=plain)


def said(content: dict[str, Any], *, plain: bool = False) -> Response:
    """JSON with raw UTF-8; some routes call it plain text."""
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return Response(body, media_type="text/plain" if plain else "application/json; charset=UTF-8")
