"""The emulator as an ASGI application: stand-alone, or mounted under a path of another one."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from starlette.applications import Starlette

Scope = MutableMapping[str, Any]
Channel = Callable[..., Awaitable[Any]]
Application = Callable[[Scope, Channel, Channel], Awaitable[None]]


def create(folder: Path, *, speed: float = 1.0) -> "Starlette":
    """The emulator over a folder of keys and books, made on first use; ``speed`` divides WeChat's waits.

    Callbacks are delivered from here on, as long as the process lives or until the server's lifespan ends.
    """
    # on first use only: importing this module must stay cheap for a server that never needs the emulator
    from sandbox import bills, callbacks, cashier, certificates, control, orders, refunds, weixin
    from sandbox.gate import Emulator
    from sandbox.keys import Keys
    from sandbox.ledger import Ledger
    from sandbox.signing import Signer

    ledger = Ledger(folder, speed=speed)
    keys = Keys(ledger)
    signer = Signer(ledger, keys)
    parts = (orders, refunds, bills, certificates, control, weixin, cashier)
    app = Emulator([route for part in parts for route in part.routes], ledger, lifespan)
    app.state.ledger, app.state.keys, app.state.folder = ledger, keys, ledger.folder
    app.state.signer, app.state.postman = signer, callbacks.Postman(ledger, signer)
    app.state.postman.start()
    return app


@asynccontextmanager
async def lifespan(app: "Starlette") -> AsyncIterator[None]:
    """Stop delivering when the server stops."""
    yield
    await asyncio.to_thread(app.state.postman.stop)
    app.state.ledger.close()


def mounted(folder: Path, speed: float = 1.0) -> Application:
    """The emulator made at the first request, off the event loop: making keys must not delay a start."""
    made: list[Starlette] = []
    lock = asyncio.Lock()

    async def application(scope: Scope, receive: Channel, send: Channel) -> None:
        if not made:
            async with lock:
                if not made:
                    made.append(await asyncio.to_thread(create, folder, speed=speed))
        await made[0](scope, receive, send)

    return application
