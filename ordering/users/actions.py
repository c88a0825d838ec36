"""Changes to people and their roles."""

from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from hub import errors, events
from hub.errors import Refusal
from hub.transactions import Lock, Transaction, transact
from ordering.users import queries, sessions
from ordering.users.models import AuthSession, Membership, User, WechatIdentity
from ordering.users.sessions import AUTH_STREAM

RANK = {"owner": 3, "manager": 2, "counter": 1, "kitchen": 1}
GUEST_NAME = "访客"


def wechat_user(appid: str, openid: str, first_name: str = "") -> User:
    """The person behind an openid, made when first seen. Opens its own transaction; of two one wins."""
    identities = WechatIdentity.objects.select_related("user").filter(appid=appid, openid=openid)
    known = identities.first()
    if known is None:
        try:
            return transact(lambda tx: _first_seen(appid, openid, first_name), actor="system")
        except IntegrityError:
            known = identities.get()
    if not known.user.is_active:
        raise errors.forbidden()
    return known.user


def _first_seen(appid: str, openid: str, name: str) -> User:
    user = User.objects.create_user(name=name)
    WechatIdentity.objects.create(user=user, appid=appid, openid=openid)
    return user


def guest(tx: Transaction, table_session: int, user_agent: str) -> AuthSession:
    """The log-in of a new diner who may act in this table session only."""
    tx.reach(Lock.IDENTITY)
    user = User.objects.create_user(name=GUEST_NAME)
    return sessions.start(user, user_agent, table_session)


def update_profile(tx: Transaction, user: User, **changes: Any) -> dict[str, Any]:
    """Change name, avatar or language; the profile."""
    locked = tx.lock_one(Lock.IDENTITY, User.objects.filter(pk=user.pk))
    for name, value in changes.items():
        setattr(locked, name, value)
    locked.save(update_fields=list(changes) or ["name"])
    return queries.profile(locked)


def change_password(tx: Transaction, user: User, new: str, keep_sid: str | None) -> None:
    """Set a new password and end the person's other log-ins; 400 for a password that is too weak."""
    check_strength(new, user, "new")
    locked = tx.lock_one(Lock.IDENTITY, User.objects.filter(pk=user.pk))
    locked.set_password(new)
    locked.save(update_fields=["password"])
    sessions.revoke(tx, AuthSession.objects.filter(user=user).exclude(sid=keep_sid or ""))


def check_strength(password: str, user: User, field: str) -> None:
    """400 with a row per weakness, by Django's validators."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        rows = [errors.row(field, e.code, str(e.messages[0])) for e in error.error_list]
        raise Refusal("body.invalid", 400, "密码强度不足", errors=rows) from None


def disable_user(tx: Transaction, user: User) -> None:
    """The person may do nothing any more (``user.disabled``); every log-in ends."""
    locked = tx.lock_one(Lock.IDENTITY, User.objects.filter(pk=user.pk))
    if locked.is_active:
        locked.is_active = False
        locked.save(update_fields=["is_active"])
        announce_disabled(tx, locked)


def announce_disabled(tx: Transaction, user: User) -> None:
    """Say that a person was disabled, and end the log-ins."""
    user.version += 1
    user.save(update_fields=["version"])
    tx.record(AUTH_STREAM, events.UserDisabled(f"user:{user.uid}", user.version, {"user": user.uid}))
    sessions.revoke(tx, AuthSession.objects.filter(user=user))


def employ(
    tx: Transaction, store: Any, own_role: str, *, username: str, role: str, name: str, password: str | None
) -> dict[str, Any]:
    """Give a person a role in the store, below ``own_role``; the staff row.

    An unknown username becomes a new person, for whom ``password`` is needed; a known one keeps theirs.
    """
    require_above(own_role, role)
    return queries.staff_row(enrol(tx, store, own_role, _person(tx, username, name, password), role))


def enrol(tx: Transaction, store: Any, own_role: str, user: User, role: str) -> Membership:
    """Give a person a role in the store unless theirs there stands at or above ``own_role`` (403)."""
    require_above(own_role, role)
    membership = _membership(tx, store, user, role)
    require_above(own_role, membership.role)
    before = {"role": membership.role} if membership.pk else None
    membership.role = role
    membership.version += 1
    membership.save()
    tx.changed(membership, before, {"role": role})
    announce_membership(tx, membership)
    return membership


def _person(tx: Transaction, username: str, name: str, password: str | None) -> User:
    known = tx.lock(Lock.IDENTITY, User.objects.filter(username=username))
    if known:
        return known[0]
    if not password:
        raise errors.invalid(errors.row("password", "required", "新员工需要初始密码"))
    # None: somebody else has just hired them.
    return new_person(username, name, password) or User.objects.get(username=username)


def new_person(username: str, name: str, password: str) -> User | None:
    """A new account, None where the username is taken; 400 for a weak password."""
    check_strength(password, User(username=username, name=name), "password")
    try:
        with transaction.atomic():
            return User.objects.create_user(username, password, name=name)
    except IntegrityError:
        return None


def _membership(tx: Transaction, store: Any, user: User, role: str) -> Membership:
    rows = tx.lock(Lock.IDENTITY, Membership.objects.filter(store=store, user=user))
    membership = rows[0] if rows else Membership(store=store, user=user, role=role)
    membership.user, membership.store = user, store
    return membership


def dismiss(tx: Transaction, store: Any, own_role: str, uid: str) -> None:
    """Take away a person's role in the store; 404 for somebody who has none, 403 at or above ``own_role``."""
    rows = Membership.objects.filter(store=store, user__uid=uid)
    membership = tx.lock_one(Lock.IDENTITY, rows)
    require_above(own_role, membership.role)
    membership.version += 1
    announce_membership(tx, membership)
    tx.changed(membership, {"role": membership.role}, None)
    membership.delete()


def require_above(own_role: str, role: str) -> None:
    """403 unless ``own_role`` stands above ``role``."""
    if RANK[own_role] <= RANK[role]:
        raise errors.forbidden()


def announce_membership(tx: Transaction, membership: Membership) -> None:
    """Say that a person's role in a store is another one, or none."""
    card = {"user": membership.user.uid, "store": membership.store.code}
    key = f"membership:{membership.pk}"
    tx.record(AUTH_STREAM, events.MembershipChanged(key, membership.version, card))
