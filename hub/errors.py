"""A refusal: the one way the product says no."""

from typing import Any


class Refusal(Exception):
    """A request that is refused and has changed nothing.

    ``code`` is stable and dotted (``stock.sold_out``), ``status`` the HTTP status, ``detail`` a sentence for
    people (translated lazily), ``errors`` a list of ``{"field", "code", "detail"}``, ``headers`` extra HTTP
    headers; every other keyword is a fact that stands beside them in the problem document.
    """

    def __init__(
        self,
        code: str,
        status: int,
        detail: Any,
        *,
        errors: list[dict[str, Any]] | None = None,
        headers: dict[str, str] | None = None,
        **facts: Any,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.status = status
        self.detail = detail
        self.errors = errors or []
        self.headers = headers or {}
        self.facts = facts


def row(field: str, code: str, detail: Any) -> dict[str, Any]:
    """What is wrong with one field (``lines.0.quantity``) of a body or a query."""
    return {"field": field, "code": code, "detail": detail}


def invalid(*rows: dict[str, Any]) -> Refusal:
    """The body or the query is wrong, for these reasons."""
    return Refusal("body.invalid", 400, "请求内容有误", errors=list(rows))


def not_found() -> Refusal:
    """Absent and foreign things answer alike, so that nobody can probe for them."""
    return Refusal("resource.not_found", 404, "找不到该资源")


def forbidden() -> Refusal:
    """The caller is known but this is not theirs to do."""
    return Refusal("auth.forbidden", 403, "没有权限执行此操作")


def unavailable(retry_after: int = 1) -> Refusal:
    """The database or a lock did not answer in time; nothing was written as far as we know."""
    return Refusal(
        "service.unavailable", 503, "服务暂时不可用,请稍后重试", headers={"Retry-After": str(retry_after)}
    )
