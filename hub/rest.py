"""From a REST request through the door and back: keys, taps, and the stored answer as a response."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from rest_framework.request import Request

from hub import errors, idempotency
from hub.idempotency import Once
from hub.transactions import Transaction


def perform(
    request: Request, work: Callable[[Transaction], Any], *, status: int = 200, key_required: bool = False
) -> HttpResponse:
    """Run ``work`` once and answer with its JSON-able result.

    The once-only key is the tap's ``op_id`` (unique per actor, action and target) or the ``Idempotency-Key``
    header. A replayed answer says ``Idempotency-Replayed: true``. ``request.auth`` is the caller's Actor.
    """
    caller: Any = request.auth
    once = _once(request, key_required)
    return response(idempotency.perform(work, actor=caller.label, once=once, status=status))


def replayed(request: Request) -> HttpResponse | None:
    """The stored answer if this very request was answered before.

    For work that has to call somebody before its transaction. Refuses as `perform` does.
    """
    once = _once(request, key_required=True)
    answer = once and idempotency.stored(once)
    return response(answer) if answer else None


def _once(request: Request, key_required: bool) -> Once | None:
    caller: Any = request.auth
    header = idempotency.check_key(request.headers.get("Idempotency-Key"), key_required)
    return _tap(request, caller.label) or (header and _request(request, caller.label, header)) or None


def _tap(request: Request, who: str) -> Once | None:
    """A tap is the same one by actor, action and target, whatever else its repeat says."""
    op_id = _op_id(request.data)
    return Once(f"{who} {request.method} {request.path}", op_id, "tap") if op_id else None


def _request(request: Request, who: str, key: str) -> Once:
    return Once(who, key, idempotency.fingerprint(request.method, request.path, request.data))


def response(answer: idempotency.Answer) -> HttpResponse:
    """A committed answer as HTTP; its bytes are those that were stored."""
    headers = {"Idempotency-Replayed": "true"} if answer.replayed else {}
    return HttpResponse(answer.body, status=answer.status, content_type="application/json", headers=headers)


def _op_id(data: Any) -> str | None:
    value = data.get("op_id") if isinstance(data, dict) else None
    if value is None:
        return None
    try:
        return str(UUID(value))
    except (ValueError, AttributeError, TypeError):
        raise errors.invalid(errors.row("op_id", "invalid", "必须是 UUID")) from None
