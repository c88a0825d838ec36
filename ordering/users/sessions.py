"""Log-ins: begun once, rotated by compare-and-set, revoked with an event so that sockets close too."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import QuerySet

from hub import clock, events
from hub.errors import Refusal
from hub.transactions import Lock, Transaction
from ordering.users import tokens
from ordering.users.authentication import live_session
from ordering.users.models import AuthSession, Membership, User

AUTH_STREAM = "auth"
GRACE = timedelta(seconds=30)


def start(user: User, user_agent: str = "", table_session: int | None = None) -> AuthSession:
    """Begin a log-in; with ``table_session`` it ends when that table session does."""
    now = clock.now()
    return AuthSession.objects.create(
        user=user,
        rotated_at=now,
        expires_at=now + _lifetime(),
        user_agent=user_agent[:200],
        table_session_id=table_session,
    )


def _lifetime() -> timedelta:
    return timedelta(seconds=settings.REFRESH_TOKEN_SECONDS)


def answer(session: AuthSession) -> dict[str, Any]:
    """``{"access", "refresh", "expires_in", "user"}``: made from the row alone, so always the same bytes."""
    user = session.user
    common = {"uid": user.uid, "sid": session.sid, "gen": session.gen, "issued_at": session.rotated_at}
    return {
        "access": tokens.sign("access", **common),
        "refresh": tokens.sign("refresh", **common),
        "expires_in": settings.ACCESS_TOKEN_SECONDS,
        "user": {"id": user.uid, "name": user.name, "roles": roles(user)},
    }


def roles(user: User) -> list[dict[str, str]]:
    """``[{"store", "role"}]`` as they were given, not expanded."""
    rows = Membership.objects.filter(user=user).order_by("id").values_list("store__code", "role")
    return [{"store": code, "role": role} for code, role in rows]


def rotate(tx: Transaction, claims: tokens.Claims) -> AuthSession | None:
    """The log-in one generation on; None when an old token was reused and the log-in is therefore revoked.

    Exactly one of several racers moves ``gen``. A racer that lost, or a client whose reply got lost, presents
    the generation just before within 30 s and gets the very same pair. None must be committed, then refused
    with ``reused()``. Refuses with 401 for a log-in that is over.
    """
    tx.reach(Lock.IDENTITY)
    session = live_session(claims)
    advance(session, claims.gen)
    session.refresh_from_db(fields=["gen", "rotated_at", "expires_at", "revoked_at"])
    if session.revoked_at:
        raise tokens.invalid()
    if session.gen == claims.gen + 1 and clock.now() - session.rotated_at <= GRACE:
        return session
    revoke(tx, AuthSession.objects.filter(sid=session.sid))
    return None


def advance(session: AuthSession, gen: int) -> bool:
    """Compare-and-set: raise the generation if it still is ``gen``; whether this caller did it."""
    now = clock.now()
    rows = AuthSession.objects.filter(sid=session.sid, gen=gen, revoked_at=None)
    return bool(rows.update(gen=gen + 1, rotated_at=now, expires_at=now + _lifetime()))


def reused() -> Refusal:
    """An old refresh token came again: somebody else has it, so nobody keeps the log-in."""
    return Refusal("auth.refresh_reused", 401, "登录凭证已被使用,请重新登录", headers=tokens.CHALLENGE)


def revoke(tx: Transaction, rows: QuerySet[AuthSession]) -> int:
    """End the log-ins that are not over yet (``session.revoked`` each); how many there were."""
    live = tx.lock(Lock.IDENTITY, rows.filter(revoked_at=None))
    _end(live)
    for session in live:
        tx.record(AUTH_STREAM, events.SessionRevoked(f"session:{session.sid}", 1, {"session": session.sid}))
    return len(live)


def _end(sessions: Iterable[AuthSession]) -> None:
    now = clock.now()
    for session in sessions:
        session.revoked_at = now
    AuthSession.objects.filter(sid__in=[session.sid for session in sessions]).update(revoked_at=now)


def revoke_guests(tx: Transaction, table_session: int) -> int:
    """End the guest log-ins of a table session; how many there were."""
    return revoke(tx, AuthSession.objects.filter(table_session_id=table_session))
