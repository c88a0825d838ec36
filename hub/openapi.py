"""The published documents: finishing touches on OpenAPI, and AsyncAPI over HTTP."""

from importlib import import_module
from typing import Any

from django.conf import settings
from django.http import HttpRequest, JsonResponse
from django.utils.module_loading import import_string

from hub import openapi_examples, openapi_problems

PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "code", "errors", "request_id"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {name: {"type": "string"} for name in ("field", "code", "detail")},
            },
        },
        "request_id": {"type": "string"},
    },
}


def finish(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Every operation may answer a problem; what is served ahead of Django is added here."""
    ahead = import_module(settings.AHEAD_OF_DJANGO)
    schemas = result["components"].setdefault("schemas", {})
    result["components"]["schemas"] = dict(sorted({**schemas, **ahead.schemas(), "Problem": PROBLEM}.items()))
    result["paths"] = dict(sorted({**result["paths"], **ahead.operations()}.items()))
    openapi_problems.describe(result)
    openapi_examples.add(result)
    return result


def asyncapi(request: HttpRequest) -> JsonResponse:
    """GET the AsyncAPI document of the sockets."""
    return JsonResponse(import_string(settings.ASYNCAPI)(), json_dumps_params={"ensure_ascii": False})
