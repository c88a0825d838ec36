"""What a page of ours may load: its own origin, and pictures from where they are kept; nothing else."""

from collections.abc import Callable
from functools import wraps

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

POLICY = (
    "default-src 'self'; img-src 'self' data:{media}; connect-src 'self' {socket}; worker-src 'self'; "
    "manifest-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
View = Callable[..., HttpResponse]


def socket_origin(request: HttpRequest) -> str:
    """Our own sockets by name: older browsers do not count them as 'self'."""
    return f"{'wss' if request.is_secure() else 'ws'}://{request.get_host()}"


def media_origin() -> str:
    """The bucket or CDN that keeps the pictures, if they are not here."""
    return f" {settings.MEDIA_ORIGIN}" if settings.MEDIA_ORIGIN else ""


def page(view: View) -> View:
    """A view that answers GET and HEAD with a page under the policy; where it links to learns no address."""

    @require_safe
    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        response = view(request, *args, **kwargs)
        response["Content-Security-Policy"] = POLICY.format(
            socket=socket_origin(request), media=media_origin()
        )
        response["Referrer-Policy"] = "no-referrer"
        response["Cache-Control"] = "no-cache"
        return response

    return guarded
