"""What is forgotten of people by itself: log-ins that are over, guesses, invitations, the admin's cookies."""

from datetime import timedelta

from django.contrib.sessions.backends.db import SessionStore
from django.db.models import Q, QuerySet

from hub import clock
from ordering.users.models import AuthSession, Invitation, LoginFailure

AT_ONCE = 500
LOG_INS = timedelta(days=30)  # after their end
GUESSES = timedelta(days=1)
INVITATIONS = timedelta(days=180)


def forget_old() -> int:
    """Delete what nobody asks about any more; how much went. Bounded, for the worker to call again."""
    now = clock.now()
    over = Q(expires_at__lt=now - LOG_INS) | Q(revoked_at__lt=now - LOG_INS)
    SessionStore.clear_expired()
    return (
        _forget(AuthSession.objects.filter(over))
        + _forget(LoginFailure.objects.filter(last_at__lt=now - GUESSES))
        + _forget(Invitation.objects.filter(expires_at__lt=now - INVITATIONS))
    )


def _forget(rows: QuerySet) -> int:
    """First find, then delete by key: a DELETE that looks for its rows would lock what it passes."""
    going = list(rows.values_list("pk", flat=True)[:AT_ONCE])
    return rows.model.objects.filter(pk__in=going).delete()[0] if going else 0
