"""Throttles: per user, else per address; every figure is multiplied by RATE_LIMIT_SCALE (0 = off).

What was asked lately lies in the cache, for all processes together; while Redis is gone each process counts
for itself, so a dead cache neither opens the door nor shuts it.
"""

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.cache import cache
from django.core.cache.backends.locmem import LocMemCache
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle

if TYPE_CHECKING:
    # At run time it would be a circle: the class of all views names this module's throttle.
    from rest_framework.views import APIView

# What this process counts by itself; the oldest go when strangers are many.
own = LocMemCache("throttle", {"OPTIONS": {"MAX_ENTRIES": 10_000}})
PERIODS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def scaled(limit: int) -> int | None:
    """A cap after scaling, or None when limits are off."""
    scale = settings.RATE_LIMIT_SCALE
    return max(1, round(limit * scale)) if scale else None


def client_address(meta: dict[str, Any]) -> str:
    """The peer's address; X-Forwarded-For counts only behind ``settings.TRUSTED_PROXIES`` proxies."""
    hops = [hop.strip() for hop in meta.get("HTTP_X_FORWARDED_FOR", "").split(",") if hop.strip()]
    trusted = settings.TRUSTED_PROXIES
    if trusted and len(hops) >= trusted:
        return hops[-trusted]
    return str(meta.get("REMOTE_ADDR", ""))


class Histories:
    """The cache that throttles use: Redis, or our own memory where Redis does not answer."""

    def get(self, key: str, default: Any) -> Any:
        """The moments of the latest requests."""
        shared = cache.get(key)
        return own.get(key, default) if shared is None else shared

    def set(self, key: str, moments: list[float], seconds: int) -> None:
        """Keep them; what this process kept for itself is over once Redis takes them again."""
        shared: Any = cache
        written = shared.set(key, moments, seconds)  # django-redis: True, or None when Redis is gone
        if settings.REDIS_URL and not written:
            own.set(key, moments, seconds)
        elif settings.REDIS_URL:
            own.delete(key)


class ScaledThrottle(SimpleRateThrottle):
    """A named limit from ``settings.THROTTLES`` (``"60/m"``); the view names it as ``throttle_scope``."""

    cache: Any = Histories()

    def __init__(self) -> None:
        self.rate = None

    def allow_request(self, request: Request, view: "APIView") -> bool:
        self.scope = getattr(view, "throttle_scope", "user")
        number, period = settings.THROTTLES[self.scope].split("/")
        limit = scaled(int(number))
        if limit is None:
            return True
        self.num_requests, self.duration = limit, PERIODS[period]
        self.rate = f"{limit}/{period}"
        return super().allow_request(request, view)

    def get_cache_key(self, request: Request, view: "APIView") -> str:
        actor: Any = request.auth
        who = actor.label if getattr(actor, "is_known", False) else client_address(request.META)
        return f"throttle:1:{self.scope}:{who}"
