"""Health: alive without I/O; ready when the database, its migrations and the log answer."""

from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse

from hub import eventlog, lifecycle


def healthz(request: HttpRequest) -> JsonResponse:
    """200 while the process can answer at all."""
    return JsonResponse({"status": "ok"})


def readyz(request: HttpRequest) -> JsonResponse:
    """200 when requests can be served; 503 with the reason otherwise. A dead Redis only degrades."""
    reasons = _reasons()
    status = 503 if reasons else 200
    degraded = [] if _redis_answers() else ["redis"]
    body: dict[str, Any] = {
        "status": "unready" if reasons else "ok",
        "reasons": reasons,
        "degraded": degraded,
    }
    return JsonResponse(body, status=status, headers={"Retry-After": "1"} if reasons else {})


def _reasons() -> list[str]:
    if lifecycle.state.stopping:
        return ["stopping"]
    try:
        if not lifecycle.state.migrated:
            executor = MigrationExecutor(connection)
            if executor.migration_plan(executor.loader.graph.leaf_nodes()):
                return ["migrations"]
            lifecycle.state.migrated = True
        if "auth" not in eventlog.heads(["auth"]):
            return ["streams"]
    except DatabaseError:
        return ["database"]
    return ["event_lag"] if lifecycle.state.event_lag() > settings.EVENT_LAG_LIMIT else []


def _redis_answers() -> bool:
    if not settings.REDIS_URL:
        return True
    cache.set("readyz:1", 1, 5)
    return cache.get("readyz:1") == 1
