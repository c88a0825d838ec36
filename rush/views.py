"""The landing page's switch: start a lunch rush, stop it, see how far it is. Development only."""

import json
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from rush.switch import switch

STORE, PER_MINUTE, MINUTES = "demo", 12.0, 10.0
MOST = 60.0
View = Callable[[HttpRequest], HttpResponse]


def development(view: View) -> View:
    """Elsewhere there is no such page."""

    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        if not (settings.DEMO_ALLOWED and getattr(settings, "LANDING", settings.DEBUG)):
            raise Http404
        response = view(request)
        response["Cache-Control"] = "no-store"
        return response

    return guarded


def from_own_page(view: View) -> View:
    """A JSON body from a page of this origin: no other site's page can send that, so no token is needed."""

    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        own = f"{request.scheme}://{request.get_host()}"
        if request.headers.get("Origin") != own or request.content_type != "application/json":
            raise PermissionDenied
        return view(request)

    return guarded


@development
@require_safe
def state(request: HttpRequest) -> HttpResponse:
    """Whether a rush is running, since when, and its figures."""
    return JsonResponse(switch.state())


@csrf_exempt
@development
@require_POST
@from_own_page
def start(request: HttpRequest) -> HttpResponse:
    """Start one, unless one is running: ``{"diners_per_minute"?, "minutes"?, "store"?}``; the state."""
    said = body(request)
    switch.start(
        own_address(request),
        store=word(said.get("store", STORE)),
        per_minute=number(said.get("diners_per_minute", PER_MINUTE)),
        minutes=number(said.get("minutes", MINUTES)),
    )
    return JsonResponse(switch.state())


@csrf_exempt
@development
@require_POST
@from_own_page
def stop(request: HttpRequest) -> HttpResponse:
    """Let nobody in any more; the state."""
    switch.stop()
    return JsonResponse(switch.state())


def body(request: HttpRequest) -> dict[str, Any]:
    """The JSON object of the body; an empty body says nothing."""
    try:
        said = json.loads(request.body or b"{}")
    except (ValueError, RecursionError) as error:
        raise BadRequest("no JSON") from error
    if not isinstance(said, dict):
        raise BadRequest("no JSON object")
    return said


def number(value: Any) -> float:
    """A number from 1 to 60."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 1 <= value <= MOST:
        raise BadRequest("no number from 1 to 60")
    return float(value)


def word(value: Any) -> str:
    """A store's code; never an option of the command."""
    if not isinstance(value, str) or not value.replace("-", "").replace("_", "").isalnum() or value[0] == "-":
        raise BadRequest("no code of a store")
    return value


def own_address(request: HttpRequest) -> str:
    """Where this server listens: from the connection itself, never from what a header says."""
    host, port = request.META["SERVER_NAME"], request.META["SERVER_PORT"]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
