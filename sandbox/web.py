"""Requests and answers of the pay side: raw bytes in, signed bytes out, refusals in WeChat's form."""

import json
import secrets
from collections.abc import Callable
from functools import wraps
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from sandbox.deliveries import compact
from sandbox.errors import Refused
from sandbox.signing import authorize

# Keys of the ASGI scope in which the gate leaves what it found.
BODY = "sandbox.body"

Endpoint = Callable[[Request], Response]


def body(request: Request) -> bytes:
    """The raw body; the gate has read it, so that endpoints may be plain functions in a thread."""
    return request.scope[BODY]


def parsed(request: Request) -> dict[str, Any]:
    """The body's JSON object; raises Refused (400 PARAM_ERROR) for anything else."""
    try:
        value = json.loads(body(request))
    except (ValueError, RecursionError):
        raise Refused("PARAM_ERROR", "请求体不是有效的JSON") from None
    if not isinstance(value, dict):
        raise Refused("PARAM_ERROR", "请求体不是JSON对象")
    return value


def told(value: Any, status: int = 200) -> Response:
    """An answer of compact JSON."""
    return Response(compact(value).encode(), status, media_type="application/json")


def refused(refusal: Refused) -> Response:
    """A refusal as WeChat writes it."""
    return told({"code": refusal.code, "message": refusal.message}, refusal.status)


def raw_path(scope: dict[str, Any]) -> bytes:
    """Path and query as the merchant's client signed them: still escaped, without the mount's prefix."""
    path = scope.get("raw_path") or scope["path"].encode()
    path = path.partition(b"?")[0].removeprefix(scope.get("root_path", "").encode())
    query = scope.get("query_string", b"")
    return path + b"?" + query if query else path


def base(request: Request) -> str:
    """The gateway's address as this client sees it, without a slash at the end."""
    return str(request.base_url).rstrip("/")


def pay_call(endpoint: Endpoint) -> Endpoint:
    """A call of the pay side: check its Authorization, then sign whatever is answered, the empty 204 too."""

    @wraps(endpoint)
    def call(request: Request) -> Response:
        number = 0
        try:
            check(request)
            answer = endpoint(request)
        except Refused as refusal:
            answer, number = refused(refusal), refusal.detail
        sign(request, answer)
        answer.headers["Request-ID"] = f"08{secrets.token_hex(12).upper()}-{number}"
        return answer

    return call


def check(request: Request) -> None:
    """What WeChat Pay wants of every request; raises Refused."""
    headers, state = request.headers, request.app.state
    if "accept" not in headers or "user-agent" not in headers:
        raise Refused("PARAM_ERROR", "Http头缺少Accept或User-Agent")
    if request.method == "POST" and not headers.get("content-type", "").startswith("application/json"):
        raise Refused("PARAM_ERROR", "Content-Type必须为application/json", 415)
    path = raw_path(dict(request.scope))
    authorize(state.ledger, state.keys, headers, request.method, path, body(request))


def sign(request: Request, answer: Response) -> None:
    """Sign exactly the bytes that are sent; a downloaded file is not signed, as in the real one."""
    if answer.media_type == "application/octet-stream":
        return
    knows_public = request.headers.get("wechatpay-serial", "").startswith("PUB_KEY_ID_")
    signed = request.app.state.signer.headers(bytes(answer.body), public=knows_public)
    answer.headers.update(signed)
