"""The list of consumers, and the screens by name."""

from typing import Any

from consumers import board, counter, diner, kitchen
from consumers.base import ScreenConsumer
from consumers.screen import Screen

SCREENS: dict[str, Screen] = {
    screen.endpoint: screen for screen in (diner.SCREEN, kitchen.SCREEN, counter.SCREEN, board.SCREEN)
}


def consumer(screen: Screen) -> type[ScreenConsumer]:
    """The consumer class of a screen."""
    return type(f"{screen.endpoint.title()}Consumer", (ScreenConsumer,), {"screen": screen})


CONSUMERS = {f"/ws/{endpoint}/": consumer(screen).as_asgi() for endpoint, screen in SCREENS.items()}


async def application(scope: Any, receive: Any, send: Any) -> None:
    """The socket at this address; where none lives the handshake is refused."""
    found = CONSUMERS.get(scope["path"])
    if found is not None:
        await found(scope, receive, send)
    else:
        await receive()
        await send({"type": "websocket.close"})
