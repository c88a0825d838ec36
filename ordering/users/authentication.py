"""Token → who: for REST and, by ``authenticate``, for sockets."""

import hashlib
from datetime import timedelta

from django.db.models import Q
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from hub import clock, languages
from ordering.users import tokens
from ordering.users.actors import ANONYMOUS, CONTAINS, Actor, expanded
from ordering.users.models import AuthSession, Device, Membership, User

DEVICE_PREFIX = "dev_"
DEVICE_TOKEN_LENGTH = len(DEVICE_PREFIX) + 43
SEEN_EVERY = timedelta(minutes=1)


class BearerAuthentication(BaseAuthentication):
    """``Authorization: Bearer <token>``; cookies are never read."""

    def authenticate(self, request: Request) -> tuple[User | None, Actor]:
        """(user or None, actor); ANONYMOUS without a header, 401 with a bad one."""
        header = request.META.get("HTTP_AUTHORIZATION")
        if header is None:
            return None, ANONYMOUS
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer":
            raise tokens.invalid()
        actor = authenticate(token.strip())
        if actor.user is not None:
            languages.prefer(request, actor.user.language)
        return actor.user, actor

    def authenticate_header(self, request: Request) -> str:
        """What a 401 asks for."""
        return "Bearer"


def authenticate(token: str) -> Actor:
    """Who this token stands for, checked against its row: two queries for a person, one for a device.

    Refuses with 401 ``auth.token_expired`` or ``auth.token_invalid`` (forged, revoked, disabled, closed).
    """
    if token.startswith(DEVICE_PREFIX):
        return _device(token)
    claims = tokens.read(token, "access")
    session = live_session(claims)
    roles = expanded(Membership.objects.filter(user=session.user).values_list("store__code", "role"))
    return Actor(
        label=f"{'staff' if roles else 'diner'}:{session.user.uid}",
        user=session.user,
        sid=session.sid,
        gen=claims.gen,
        roles=roles,
        # The moment from which this function itself would refuse the token.
        expires_at=float(claims.expires_at + tokens.LEEWAY_SECONDS),
        table_session=session.table_session_id,
    )


def live_session(claims: tokens.Claims) -> AuthSession:
    """The log-in a token belongs to, with its user; 401 when it is over for whatever reason."""
    session = AuthSession.objects.select_related("user", "table_session").filter(sid=claims.sid).first()
    if session is None or session.revoked_at or session.user.uid != claims.uid or claims.gen > session.gen:
        raise tokens.invalid()
    table = session.table_session
    if not session.user.is_active or (table and table.closed_at):
        raise tokens.invalid()
    return session


def digest(secret: str) -> str:
    """What is stored of a device's token or pairing code."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _device(token: str) -> Actor:
    if len(token) != DEVICE_TOKEN_LENGTH or not token.isascii():
        raise tokens.invalid()
    rows = Device.objects.select_related("store").filter(token_hash=digest(token), revoked_at=None)
    device = rows.first()
    if device is None:
        raise tokens.invalid()
    _note_seen(device)
    roles = {device.store.code: CONTAINS[device.kind]}
    return Actor(label=f"device:{device.pk}", device=device, roles=roles)


def _note_seen(device: Device) -> None:
    now = clock.now()
    if device.last_seen_at is None or device.last_seen_at < now - SEEN_EVERY:
        stale = Q(last_seen_at=None) | Q(last_seen_at__lt=now - SEEN_EVERY)
        Device.objects.filter(stale, pk=device.pk).update(last_seen_at=now)
