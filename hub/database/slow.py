"""The slow-query log: statements that took SLOW_QUERY_MS or longer, by text and never by value.

A connection runs its statements through ``execute_wrappers``, which is Django's own seam; a backend of ours
puts this one into every connection, of request threads, readers, worker and commands alike. (A middleware
would see requests only, and the hook for all connections would be a signal.)
"""

import logging
from collections.abc import Callable, Mapping
from time import perf_counter
from typing import Any

from django.conf import settings

MOST = 2000  # characters of a statement

logger = logging.getLogger("hub.slow")


def watch(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Mapping[str, Any]) -> Any:
    """Run a statement; a warning with its text, milliseconds and the request's id when it was slow."""
    began = perf_counter()
    try:
        return execute(sql, params, many, context)
    finally:
        took = (perf_counter() - began) * 1000
        if 0 < settings.SLOW_QUERY_MS <= took:
            facts = {"statement": " ".join(sql.split())[:MOST], "duration_ms": round(took, 1), "many": many}
            logger.warning("slow query", extra=facts)
