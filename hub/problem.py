"""Every error as one RFC 9457 problem document."""

import logging
from collections.abc import Mapping
from http import HTTPStatus
from math import ceil
from typing import Any

import orjson
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import DataError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import translation
from rest_framework import exceptions
from rest_framework.response import Response

from hub import errors, languages, logs
from hub.errors import Refusal

CONTENT_TYPE = "application/problem+json"
logger = logging.getLogger("hub.problem")
KNOWN: dict[type, tuple[str, str]] = {
    exceptions.ParseError: ("body.malformed", "请求内容不是有效的 JSON"),
    exceptions.NotAuthenticated: ("auth.required", "请先登录"),
    exceptions.AuthenticationFailed: ("auth.token_invalid", "登录凭证无效"),
    exceptions.PermissionDenied: ("auth.forbidden", "没有权限执行此操作"),
    exceptions.NotFound: ("resource.not_found", "找不到该资源"),
    exceptions.MethodNotAllowed: ("request.method_not_allowed", "不支持此请求方法"),
    exceptions.NotAcceptable: ("request.not_acceptable", "无法提供所要求的格式"),
    exceptions.UnsupportedMediaType: ("request.unsupported_media_type", "不支持该请求内容类型"),
    exceptions.Throttled: ("request.throttled", "请求过于频繁,请稍后再试"),
}


def document(refusal: Refusal) -> dict[str, Any]:
    """The problem document of a refusal as a dict, in the active language."""
    return {
        "type": f"/problems/{refusal.code}",
        "title": HTTPStatus(refusal.status).phrase,
        "status": refusal.status,
        "detail": languages.words(refusal.detail),
        "code": refusal.code,
        "errors": [{**row, "detail": languages.words(row["detail"])} for row in refusal.errors],
        "request_id": logs.request_id.get(),
        **refusal.facts,
    }


def encoded(refusal: Refusal, scope: Mapping[str, Any]) -> bytes:
    """The problem document ahead of Django, in the language the connection asks for."""
    with translation.override(languages.of_scope(scope)):
        return orjson.dumps(document(refusal))


def http_response(refusal: Refusal) -> HttpResponse:
    """The refusal as a plain Django response (outside DRF)."""
    body = orjson.dumps(document(refusal))
    return HttpResponse(body, status=refusal.status, content_type=CONTENT_TYPE, headers=refusal.headers)


def handler(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """DRF's exception handler: every known error as a problem; an unknown one stays a 500."""
    refusal = to_refusal(error)
    if refusal is None:
        return None
    response = Response(document(refusal), status=refusal.status, headers=refusal.headers)
    response.content_type = CONTENT_TYPE
    return response


def to_refusal(error: Exception) -> Refusal | None:
    """The refusal that says what this exception means to a client, or None for our own faults."""
    if isinstance(error, Refusal):
        return error
    if isinstance(error, exceptions.APIException):
        return _from_drf(error)
    if isinstance(error, Http404):
        return errors.not_found()
    if isinstance(error, PermissionDenied):
        return errors.forbidden()
    if isinstance(error, RequestDataTooBig):
        return Refusal("body.too_large", 413, "请求内容过大")
    if isinstance(error, DataError):
        return Refusal("body.invalid", 400, "请求内容超出允许范围")
    if isinstance(error, OperationalError | InterfaceError):
        logger.warning("database unavailable", extra={"db_error": str(error.args[:1])})
        return errors.unavailable()
    if isinstance(error, SuspiciousOperation):
        return Refusal("request.refused", 400, "请求被拒绝")
    return None


def _from_drf(error: exceptions.APIException) -> Refusal:
    if isinstance(error, exceptions.ValidationError):
        return Refusal("body.invalid", 400, "请求内容有误", errors=list(flatten(error.detail)))
    code, detail = KNOWN.get(type(error), ("request.refused", str(error.detail)))
    headers = {}
    if isinstance(error, exceptions.Throttled):
        headers["Retry-After"] = str(max(1, ceil(getattr(error, "wait", None) or 1)))
    if header := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = header
    return Refusal(code, error.status_code, detail, headers=headers)


def flatten(detail: Any, path: str = "") -> list[dict[str, str]]:
    """DRF's nested validation errors as ``{"field": "lines.0.quantity", "code", "detail"}`` rows."""
    if isinstance(detail, Mapping):
        pairs = [(str(name), value) for name, value in detail.items()]
    elif isinstance(detail, list) and any(isinstance(item, Mapping | list) for item in detail):
        pairs = [(str(index), value) for index, value in enumerate(detail)]
    else:
        items = detail if isinstance(detail, list) else [detail]
        return [
            {"field": path, "code": getattr(item, "code", "invalid"), "detail": str(item)} for item in items
        ]
    return [row for name, value in pairs for row in flatten(value, _join(path, name))]


def _join(path: str, name: str) -> str:
    if name == "non_field_errors":
        return path
    return f"{path}.{name}" if path else name


def not_found_page(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Django's 404 for addresses that no room answers."""
    return http_response(errors.not_found())


def bad_request_page(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Django's 400 (a hostile Host header, a body that is too large)."""
    refusal = to_refusal(exception) if exception else None
    return http_response(refusal or Refusal("request.refused", 400, "请求被拒绝"))


def forbidden_page(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Django's 403."""
    return http_response(errors.forbidden())


def server_error_page(request: HttpRequest) -> HttpResponse:
    """A fault of ours: the traceback is in the log under this request id, never in the answer."""
    return http_response(Refusal("service.error", 500, "服务器内部错误"))


class ProblemMiddleware:
    """Turns refusals and database trouble outside DRF into problems, and adds the request id to answers."""

    def __init__(self, get_response: Any) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with logs.request_scope(request.headers.get("X-Request-ID")) as request_id:
            response = self.get_response(request)
            response["X-Request-ID"] = request_id
            return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        refusal = to_refusal(exception)
        return http_response(refusal) if refusal else None
