"""Token → who, for sockets: registered before it is checked, so that no revocation falls in between."""

from collections.abc import Mapping
from typing import Any

from consumers.closing import Close
from consumers.process import Process
from consumers.socket import Socket
from hub.errors import Refusal
from ordering.users import authentication
from ordering.users.actors import ANONYMOUS, Actor


class Unwelcome(Exception):
    """The socket must close, and with which code."""

    def __init__(self, code: Close) -> None:
        super().__init__(code)
        self.code = code


def header_token(scope: Mapping[str, Any]) -> str | None:
    """The bearer token of the handshake's headers (mini programs can set them), if there is one."""
    value = dict(scope["headers"]).get(b"authorization", b"").decode("latin1")
    scheme, _, token = value.partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None


async def identify(process: Process, socket: Socket, token: str | None) -> Actor:
    """Who the token stands for; the socket is indexed under it. Raises Unwelcome."""
    heard = await process.watch_revocations()
    if token is None:
        return ANONYMOUS
    while True:
        actor = await _check(process, token)
        process.unindex(socket)
        if not process.identify(socket, _identities(actor)):
            raise Unwelcome(Close.LIMIT)
        # A revocation that arrived during the check found nothing in the index: look again.
        before, heard = heard, await process.watch_revocations()
        if before == heard:
            return actor


async def _check(process: Process, token: str) -> Actor:
    try:
        return await process.pool.read(authentication.authenticate, token)
    except Refusal as refusal:
        expired = refusal.code == "auth.token_expired"
        raise Unwelcome(Close.TOKEN_EXPIRED if expired else Close.BAD_TOKEN) from None


def _identities(actor: Actor) -> list[str]:
    if actor.device is not None:
        return [f"device:{actor.device.pk}"]
    assert actor.user is not None
    return [f"user:{actor.user.uid}", f"session:{actor.sid}"]
