"""Which web pages may open a socket: our own, configured ones, and clients that are no web page."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

DEFAULT_PORTS = {"http": 80, "https": 443}


def allowed(scope: Mapping[str, Any]) -> bool:
    """Whether the handshake's Origin is absent, that of the request itself, or in WS_ALLOWED_ORIGINS."""
    headers = dict(scope["headers"])
    origin = headers.get(b"origin", b"").decode("latin1")
    if not origin:
        return True
    if any(_listed(origin, entry) for entry in settings.WS_ALLOWED_ORIGINS):
        return True
    return _triple(origin) is not None and _triple(origin) == _own(scope, headers)


def _listed(origin: str, entry: str) -> bool:
    if entry.endswith("://"):
        return origin.startswith(entry)
    return origin == entry


def _triple(origin: str) -> tuple[str, str, int] | None:
    try:
        parts = urlsplit(origin)
        port = parts.port or DEFAULT_PORTS[parts.scheme]
    except (ValueError, KeyError):
        return None
    # An origin is a scheme and an authority, and nothing else at all.
    if not parts.hostname or "@" in parts.netloc or origin != f"{parts.scheme}://{parts.netloc}":
        return None
    return parts.scheme, parts.hostname, port


def _own(scope: Mapping[str, Any], headers: Mapping[bytes, bytes]) -> tuple[str, str, int] | None:
    scheme = {"ws": "http", "wss": "https"}.get(scope.get("scheme", "ws"), "http")
    proxy = getattr(settings, "SECURE_PROXY_SSL_HEADER", None)
    if proxy:
        name = proxy[0].removeprefix("HTTP_").replace("_", "-").lower().encode()
        scheme = "https" if headers.get(name, b"").decode("latin1") == proxy[1] else scheme
    return _triple(f"{scheme}://{headers.get(b'host', b'').decode('latin1')}")
