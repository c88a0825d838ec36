"""Who may come in: permission classes, role checks, and the published list of addresses and roles.

Every API view declares ``access``: HTTP method (or view-set action) → who may call it, as it is enforced:
anyone, known, user, diner, owner, counter, kitchen, manager, staff, table (a diner of the same table
session), sharer (one of those, of an order from the table's shared cart), gateway, stream (whoever may see
the stream that the query names); several are joined by ``|``.
"""

import re
from collections.abc import Iterator
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

from django.conf import settings
from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from hub import errors
from hub.errors import Refusal
from ordering.users.actors import Actor
from ordering.users.tokens import CHALLENGE

if TYPE_CHECKING:
    # At run time it would be a circle: the class of all views names this module's KnownActor.
    from rest_framework.views import APIView

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
UNDECLARED = "undeclared"


class Anyone(BasePermission):
    """Everybody, with or without a token (a bad token is still refused)."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        """Yes."""
        return True


class KnownActor(BasePermission):
    """A person or a device; 401 ``auth.required`` without a token."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        """Yes, or a refusal."""
        if not request.auth.is_known:
            raise Refusal("auth.required", 401, "请先登录", headers=CHALLENGE)
        return True


class KnownUser(KnownActor):
    """A person; a device is refused with 403."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        """Yes, or a refusal."""
        super().has_permission(request, view)
        if request.auth.user is None:
            raise errors.forbidden()
        return True


def require_role(actor: Actor, store_code: str, *roles: str) -> None:
    """Refuses with 403 unless the actor has one of the roles in the store (for store-level addresses)."""
    if not any(actor.may(store_code, role) for role in roles):
        raise errors.forbidden()


def require_role_on(actor: Actor, store_code: str, *roles: str) -> None:
    """As ``require_role`` for a thing named by its own id: 404 for strangers to its store, else 403."""
    if not actor.works_at(store_code):
        raise errors.not_found()
    require_role(actor, store_code, *roles)


class Access(NamedTuple):
    """One line of the published matrix."""

    route: str
    method: str
    access: str


def access_list() -> list[Access]:
    """Every API address with who may call it, sorted; ``undeclared`` where a view does not say."""
    found = {line for route, view in _routes(get_resolver().url_patterns) for line in _lines(route, view)}
    return sorted(found | set(_ahead_of_django()))


def _ahead_of_django() -> Iterator[Access]:
    for route, item in import_module(settings.AHEAD_OF_DJANGO).operations().items():
        for method, operation in item.items():
            yield Access(route, method.upper(), operation["x-access"])


def _routes(patterns: list[Any], prefix: str = "/") -> Iterator[tuple[str, Any]]:
    for pattern in patterns:
        route = prefix + _readable(str(pattern.pattern))
        if isinstance(pattern, URLResolver):
            yield from _routes(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern) and route.startswith("/api/"):
            yield route, pattern.callback


def _readable(pattern: str) -> str:
    plain = pattern.lstrip("^").rstrip("$").replace("\\Z", "")
    plain = re.sub(r"\(\?P<(\w+)>[^)]*\)", r"{\1}", plain)
    return re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", plain)


def _lines(route: str, callback: Any) -> Iterator[Access]:
    view = getattr(callback, "cls", None)
    if view is None or view.__module__.startswith("drf_spectacular."):
        # Plain functions and the schema pages take no body and show nothing but documents.
        yield Access(route, "GET", getattr(callback, "access", "anyone"))
        return
    declared = getattr(view, "access", {})
    actions = getattr(callback, "actions", None) or {
        m.lower(): m for m in METHODS if hasattr(view, m.lower())
    }
    for method, action in actions.items():
        if method.upper() in METHODS:
            yield Access(
                route, method.upper(), declared.get(action, declared.get(method.upper(), UNDECLARED))
            )
