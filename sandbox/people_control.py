"""What a test may do to the emulated people: give codes, block, consent, end tokens, see what was sent."""

import re
import sqlite3
import time
from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.api import Call, call_of
from sandbox.control import near
from sandbox.errors import Refused
from sandbox.people import EVERYBODY, ApiError, new_openid
from sandbox.web import told

Doing = Callable[[Call, dict[str, Any]], dict[str, Any]]
PHONE = re.compile(r"\d{3,20}")


def code(call: Call, body: dict[str, Any]) -> dict[str, Any]:
    """A log-in code as `wx.login` would give it: ``{"openid"?, "age"? seconds}``."""
    openid = body.get("openid") or new_openid()
    return {"openid": openid, "code": call.people.issue("login", openid, age=body.get("age", 0))}


def phone_code(call: Call, body: dict[str, Any]) -> dict[str, Any]:
    """A phone code: ``{"openid", "phone", "age"?}``."""
    if not PHONE.fullmatch(body["phone"]):
        raise ValueError("phone")
    issued = call.people.issue("phone", body["openid"], phone=body["phone"], age=body.get("age", 0))
    return {"openid": body["openid"], "code": issued}


def user(call: Call, body: dict[str, Any]) -> dict[str, Any]:
    """``{"openid", "blocked"?, "limited"?, "visited_ago"? seconds}``."""
    values = {name: int(body[name]) for name in ("blocked", "limited") if name in body}
    if "visited_ago" in body:
        values["visited_at"] = time.time() - body["visited_ago"]
    call.people.set(body["openid"], **values)
    return {"openid": body["openid"]}


def consent(call: Call, body: dict[str, Any]) -> dict[str, Any]:
    """``{"openid", "template_id", "count"?}``, or ``{"everybody": true or false}``."""
    if "everybody" in body:
        call.ledger.set_setting(EVERYBODY, str(int(body["everybody"])))
    else:
        call.people.consent(body["openid"], body["template_id"], int(body.get("count", 1)))
    return {}


def template(call: Call, body: dict[str, Any]) -> dict[str, Any]:
    """``{"template_id", "fields": ["thing1", …]}``; once one is declared, unknown ones are refused."""
    call.people.declare(body["template_id"], list(body["fields"]))
    return {}


def end_tokens(call: Call, body: dict[str, Any]) -> dict[str, Any]:
    """``{"errcode"?: 42001 or 40001}`` ends every token; ``{"left": seconds}`` only makes them old."""
    if "left" in body:
        call.tokens.age(float(body["left"]))
        return {}
    return {"ended": call.tokens.end(int(body.get("errcode", 42001)))}


def everybody(call: Call, body: dict[str, Any]) -> dict[str, Any]:
    """People with their newest session_key, and every token: what must not leak."""
    return {"people": call.people.everybody(), "tokens": call.tokens.issued()}


def post(path: str, do: Doing) -> Route:
    """A control address; what it cannot understand is 400."""

    @near
    def endpoint(request: Request) -> Response:
        call = call_of(request)
        try:
            return told(do(call, call.json if call.body else {}))
        except (ApiError, KeyError, TypeError, ValueError, sqlite3.Error) as error:
            raise Refused("PARAM_ERROR", repr(error)) from error

    return Route(f"/control/{path}/", endpoint, methods=["POST"], name="control")


def get(path: str, kind: str) -> Route:
    """What was accepted of a kind, oldest first."""

    @near
    def endpoint(request: Request) -> Response:
        return told({path: call_of(request).people.kept(kind)})

    return Route(f"/control/{path}/", endpoint, methods=["GET"], name="control")


@near
def people(request: Request) -> Response:
    """`everybody` as an answer."""
    return told(everybody(call_of(request), {}))


routes = [
    post("codes", code),
    post("phone-codes", phone_code),
    post("users", user),
    post("consents", consent),
    post("templates", template),
    post("tokens/expire", end_tokens),
    get("messages", "message"),
    get("checks", "check"),
    get("shippings", "shipping"),
    get("wxacodes", "wxacode"),
    Route("/control/people/", people, methods=["GET"], name="control"),
]
