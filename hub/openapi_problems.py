"""Which refusals each operation of the OpenAPI document may answer, from the vocabulary of `hub.problems`.

Most follow from what the operation is: signed in or not, with a body, with a key, with something in its path.
Statuses that are not listed (a method or a format that an address does not know) answer a problem as well.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from hub.problems import PROBLEMS

METHODS = ("get", "put", "post", "patch", "delete")
REF = {"$ref": "#/components/schemas/Problem"}
CONTENT_TYPE = "application/problem+json"
ALWAYS = ("request.throttled", "service.unavailable", "request.refused", "resource.not_found")
SIGNED_IN = ("auth.required", "auth.token_expired", "auth.token_invalid", "auth.forbidden")
WITH_BODY = (
    "body.invalid", "body.malformed", "body.too_large", "request.unsupported_media_type", "request.timeout"
)  # fmt: skip
WITH_KEY = ("idempotency.key_invalid", "idempotency.key_reused", "idempotency.in_progress")


def describe(document: dict[str, Any]) -> None:
    """Give every operation its refusals by status; equal ones are written once."""
    known: dict[tuple[str, ...], str] = {}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if method in METHODS:
                _describe(operation, codes(method, path, operation), known)
    shared = {name: _response(names) for names, name in known.items()}
    document["components"]["responses"] = dict(sorted(shared.items()))


def codes(method: str, path: str, operation: dict[str, Any]) -> list[str]:
    """The codes that this operation may answer, sorted."""
    title = f"{method.upper()} {path}"
    said = {code for code, problem in PROBLEMS.items() if problem.at and re.search(problem.at, title)}
    return sorted(said.union(ALWAYS, _by_kind(method, operation)))


def _by_kind(method: str, operation: dict[str, Any]) -> Iterator[str]:
    headers = {one["name"] for one in operation.get("parameters", ()) if one["in"] == "header"}
    yield from SIGNED_IN if operation.get("security") else ()
    yield from WITH_BODY if "requestBody" in operation or method == "post" else WITH_BODY[:1]
    yield from WITH_KEY if method in ("post", "patch", "put", "delete") else ()
    yield from ("idempotency.key_required",) if "Idempotency-Key" in headers else ()


def _describe(operation: dict[str, Any], said: list[str], known: dict[tuple[str, ...], str]) -> None:
    by_status = defaultdict(list)
    for code in said:
        by_status[PROBLEMS[code].status].append(code)
    for status, names in sorted(by_status.items()):
        name = known.setdefault(tuple(names), f"Problem{status}_{_count(known, status)}")
        operation["responses"].setdefault(str(status), {"$ref": f"#/components/responses/{name}"})
    operation["responses"].setdefault("default", _answer("Any other refusal.", REF))


def _count(known: dict[tuple[str, ...], str], status: int) -> int:
    return 1 + sum(name.startswith(f"Problem{status}_") for name in known.values())


def _response(names: tuple[str, ...]) -> dict[str, Any]:
    says = "\n".join(f"- `{name}`: {PROBLEMS[name].says}" for name in names)
    code = {"type": "object", "properties": {"code": {"enum": list(names)}}}
    return _answer(says, {"allOf": [REF, code]})


def _answer(says: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": says, "content": {CONTENT_TYPE: {"schema": schema}}}
