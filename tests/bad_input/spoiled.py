"""Requests for spoiling, and what must be true of a refusal."""

from itertools import count

from django.apps import apps
from django.db import connection

from hub.models import Stream

PROBLEM = {"type", "title", "status", "detail", "code", "errors", "request_id"}
ABSENT = "01J9ZZZZZZZZZZZZZZZZZZZZZZ"
keys = count(1)


def tables():
    """The tables of every model."""
    return sorted({model._meta.db_table for model in apps.get_models() if model._meta.managed})


def written():
    """How many rows each table has, and where each stream stands."""
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(f"SELECT '{name}', COUNT(*) FROM {name}" for name in tables()))
        counts = dict(cursor.fetchall())
    return counts, sorted(Stream.objects.values_list("key", "seq", "tag"))


def post(api, path, body, key=True, **headers):
    """POST below /api/v1/, with an Idempotency-Key of its own."""
    if key:
        headers["HTTP_IDEMPOTENCY_KEY"] = f"k{next(keys)}"
    if isinstance(body, bytes):
        return api.post(f"/api/v1/{path}", body, content_type="application/json", **headers)
    return api.post(f"/api/v1/{path}", body, format="json", **headers)


def problem_of(response):
    """The body of a problem, checked for its shape."""
    assert response["Content-Type"] == "application/problem+json"
    body = response.json()
    assert body.keys() >= PROBLEM
    assert body["status"] == response.status_code and body["type"] == f"/problems/{body['code']}"
    assert body["detail"] and body["title"]
    assert body["request_id"] == response["X-Request-ID"]
    assert all(row.keys() == {"field", "code", "detail"} for row in body["errors"])
    return body


def line(basket, **fields):
    return {**basket, "lines": [{**basket["lines"][0], **fields}]}
