"""From a REST request through the door and back: keys, taps, the stored answer, what the audit is told."""

import re
from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar
from uuid import UUID

from django.http import HttpResponse
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.request import Request

from hub import audit, errors, idempotency
from hub.audit import Call
from hub.idempotency import Once
from hub.throttling import client_address
from hub.transactions import Transaction, transact

T = TypeVar("T")
VERBS = {"PUT": "replace", "PATCH": "change", "DELETE": "delete"}
CREATED = 201


class ByAddress(BaseContentNegotiation):
    """The address says in which form it answers, not the Accept header: a browser's link must do."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        """The first; there is no body."""
        return parsers[0]

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        """JSON, also for refusals."""
        return renderers[0], renderers[0].media_type


def perform(
    request: Request, work: Callable[[Transaction], Any], *, status: int = 200, key_required: bool = False
) -> HttpResponse:
    """Run ``work`` once and answer with its JSON-able result.

    The once-only key is the tap's ``op_id`` (unique per actor, action and target) or the ``Idempotency-Key``
    header. A replayed answer says ``Idempotency-Replayed: true``. ``request.auth`` is the caller's Actor;
    what staff do is audited.
    """
    caller: Any = request.auth
    call, once = call_of(request, created=status == CREATED), _once(request, key_required)
    answer = idempotency.perform(work, actor=caller.label, once=once, status=status, call=call)
    return response(answer)


def change(request: Request, work: Callable[[Transaction], T], *, created: bool = False) -> T:
    """Run ``work``, which may be repeated without harm, and return its result; what staff do is audited."""
    caller: Any = request.auth
    return transact(work, actor=caller.label, call=call_of(request, created=created))


def call_of(request: Request, *, created: bool = False) -> Call | None:
    """What the audit is told of a request; None unless the caller is staff (or a restaurant's device).

    The action is named by the fixed words of the address: ``orders.accept``, ``dishes.change``,
    ``stores.staff.delete``, and ``….create`` for what is answered with 201.
    """
    caller: Any = request.auth
    if not audit.is_staff(caller.label):
        return None
    found: Any = request.resolver_match
    verb = VERBS.get(str(request.method)) or ("create" if created else "")
    return Call(
        actor=caller.label,
        name=caller.name,
        role_in=caller.role_in,
        action=".".join(filter(None, (_words(found.route), verb))),
        target=request.path.removeprefix("/api/v1"),
        store=found.kwargs.get("code") or found.kwargs.get("store") or caller.only_store,
        address=client_address(request.META),
    )


@cache
def _words(route: str) -> str:
    fixed = re.sub(r"<[^>]*>", "", route).removeprefix("api/v1/")
    return ".".join(re.findall(r"[a-z][a-z-]*", fixed))


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
