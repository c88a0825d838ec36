"""Name and password → person, behind the wrong-password guard; also for Django's admin."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest

from hub.errors import Refusal
from hub.throttling import client_address
from ordering.users import guard
from ordering.users.models import User
from ordering.users.tokens import CHALLENGE


def check(username: str, password: str, address: str) -> User:
    """The active person with this password.

    Refuses with 401 ``auth.credentials_wrong`` (absent, disabled and wrong alike, in the same time) and with
    429 ``auth.too_many_attempts``.
    """
    limits = guard.subjects(username, address)
    guard.admit(limits)
    user = User.objects.filter(username=username).first()
    if not _matches(user, password):
        raise Refusal("auth.credentials_wrong", 401, "用户名或密码错误", headers=CHALLENGE)
    guard.forgive(limits)
    return user


def _matches(user: User | None, password: str) -> bool:
    if user is None:
        # The same work as for a known name, so that the time taken tells nothing.
        User().set_password(password)
        return False
    return user.check_password(password) and user.is_active


class GuardedBackend(ModelBackend):
    """Django's own log-in (the admin's form) through the same guard."""

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **kwargs: Any,
    ) -> User | None:
        """The person, or None; a guess too many is refused with 429 like everywhere."""
        if username is None or password is None:
            return None
        try:
            return check(username, password, client_address(request.META if request else {}))
        except Refusal as refusal:
            if refusal.status == 429:
                raise
            return None
