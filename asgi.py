"""The roof: joins the menu's fast path, the HTTP application and the sockets; imports downward eagerly."""

import os
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hub.settings.development")

from django.core.asgi import get_asgi_application

django = get_asgi_application()

# Models load only after Django is set up.
from consumers import http, process, routing  # noqa: E402
from consumers.shutdown import Shutdown  # noqa: E402
from hub.admission import Admission  # noqa: E402
from hub.lifecycle import share_interpreter  # noqa: E402
from ordering.dishes.menu_asgi import MenuApp  # noqa: E402


async def follow(stream: str) -> Any:
    """Give a cache above a stream its freshness."""
    return await process.current().feeds.follow(stream)


share_interpreter()
shutdown = Shutdown()
rest = MenuApp(Admission(django), follow)


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Route by protocol; long polls wait here, where waiting costs no thread."""
    shutdown.install()
    if scope["type"] == "http":
        inner = http.application if scope["path"] in (http.SNAPSHOT, http.EVENTS) else rest
        await inner(scope, receive, send)
    elif scope["type"] == "websocket":
        await routing.application(scope, receive, send)
    elif scope["type"] == "lifespan":
        await lifespan(receive, send)


async def lifespan(receive: Any, send: Any) -> None:
    """Start and stop with servers that have a lifespan."""
    while True:
        message = await receive()
        await send({"type": message["type"] + ".complete"})
        if message["type"] == "lifespan.shutdown":
            here = process.existing()
            if here:
                here.stop()
            return
