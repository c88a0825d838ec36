"""The roof: joins the menu's fast path, the HTTP application and the sockets; imports downward eagerly."""

import asyncio
import os
from importlib import import_module
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hub.settings.development")

from django.conf import settings
from django.core.asgi import get_asgi_application

django = get_asgi_application()

# Models load only after Django is set up.
from consumers import http, process, routing  # noqa: E402
from consumers.shutdown import Shutdown  # noqa: E402
from hub.admission import Admission  # noqa: E402
from hub.lifecycle import share_interpreter  # noqa: E402
from ordering.dishes.menu_asgi import MenuApp  # noqa: E402
from ordering.payments import checks  # noqa: E402


async def follow(stream: str) -> Any:
    """Give a cache above a stream its freshness."""
    return await process.current().feeds.follow(stream)


class Sandbox:
    """The WeChat emulator under ``ROOT``: imported and made by its first request, in threads of its own."""

    ROOT = "/sandbox/wechat"

    def __init__(self) -> None:
        self._inner: Any = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass on what is below the root."""
        if self._inner is None:
            made = await asyncio.to_thread(import_module, "sandbox.app")
            speed = settings.WECHAT_SANDBOX_SPEED
            self._inner = self._inner or made.mounted(settings.WECHAT_SANDBOX_DIR, speed=speed)
        await self._inner({**scope, "root_path": scope.get("root_path", "") + self.ROOT}, receive, send)


# Servers run no system checks: without this a wrong key would be found by the first guest who pays.
checks.require()
share_interpreter()
sandbox = Sandbox() if settings.WECHAT_MODE == "sandbox" else None
shutdown = Shutdown()
rest = MenuApp(Admission(django), follow)


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Route by protocol; long polls wait here, where waiting costs no thread."""
    shutdown.install()
    if scope["type"] == "http":
        await serve_http(scope, receive, send)
    elif scope["type"] == "websocket":
        await routing.application(scope, receive, send)
    elif scope["type"] == "lifespan":
        await lifespan(receive, send)


async def serve_http(scope: Any, receive: Any, send: Any) -> None:
    """Route by path."""
    inner: Any = http.application if scope["path"] in (http.SNAPSHOT, http.EVENTS) else rest
    if sandbox and scope["path"].startswith(Sandbox.ROOT + "/"):
        inner = sandbox
    await inner(scope, receive, send)


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
