"""The list of consumers, and the screens by name."""

from typing import Any

from channels.routing import URLRouter
from django.urls import path

from consumers import board, counter, diner, kitchen
from consumers.base import ScreenConsumer
from consumers.screen import Screen

SCREENS: dict[str, Screen] = {
    screen.endpoint: screen for screen in (diner.SCREEN, kitchen.SCREEN, counter.SCREEN, board.SCREEN)
}


def consumer(screen: Screen) -> type[ScreenConsumer]:
    """The consumer class of a screen."""
    return type(f"{screen.endpoint.title()}Consumer", (ScreenConsumer,), {"screen": screen})


async def refuse(scope: Any, receive: Any, send: Any) -> None:
    """An address where no socket lives: refused at the handshake."""
    await receive()
    await send({"type": "websocket.close"})


application = URLRouter(
    [
        *(path(f"ws/{endpoint}/", consumer(screen).as_asgi()) for endpoint, screen in SCREENS.items()),
        path("<path:rest>", refuse),
        path("", refuse),
    ]
)
