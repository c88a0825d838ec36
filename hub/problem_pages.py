"""`/problems/<code>`: where the `type` of a problem document leads: what the code means, for whoever asks."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.html import format_html

from hub import errors
from hub.problem import http_response
from hub.problems import PROBLEMS

PAGE = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><title>{code}</title>'
    "<h1>{code}</h1><p>HTTP {status}</p><p>{says}</p></html>"
)


def listed(request: HttpRequest) -> JsonResponse:
    """GET every code."""
    return JsonResponse({"problems": [_row(code) for code in PROBLEMS]})


def one(request: HttpRequest, code: str) -> HttpResponse:
    """GET one code: a page for browsers, else JSON."""
    if code not in PROBLEMS:
        return http_response(errors.not_found())
    if request.get_preferred_type(["application/json", "text/html"]) != "text/html":
        return JsonResponse(_row(code))
    return HttpResponse(format_html(PAGE, **_row(code)))


def _row(code: str) -> dict[str, Any]:
    problem = PROBLEMS[code]
    return {"code": code, "type": f"/problems/{code}", "status": problem.status, "says": problem.says}
