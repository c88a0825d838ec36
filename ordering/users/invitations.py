"""Invitations: a manager offers a role by a one-time code, the person chooses name and password."""

import secrets
from datetime import timedelta
from typing import Any

from django.db.models import QuerySet

from hub import clock, errors
from hub.errors import Refusal
from hub.transactions import Lock, Transaction
from ordering.users import actions
from ordering.users.authentication import digest
from ordering.users.models import Invitation, Membership, User

LIVES = timedelta(hours=72)
CODE_BYTES = 18  # 144 random bits: nobody guesses one


def open_at(now: Any) -> QuerySet[Invitation]:
    """Those that can still be accepted."""
    return Invitation.objects.filter(expires_at__gt=now, accepted_at=None, revoked_at=None)


def invite(tx: Transaction, store: Any, own_role: str, by: User, **offer: str) -> dict[str, Any]:
    """Offer a role below ``own_role``; the row with its ``code``, which is told once and kept as a hash.

    ``offer`` is ``role``, ``name`` and ``username`` ("" = the person chooses one).
    """
    actions.require_above(own_role, offer["role"])
    tx.reach(Lock.IDENTITY)
    code, now = secrets.token_urlsafe(CODE_BYTES), clock.now()
    hidden = {"code_hash": digest(code), "created_at": now, "expires_at": now + LIVES}
    made = Invitation.objects.create(store=store, invited_by=by, **offer, **hidden)
    tx.created(made)
    return {**row(made), "code": code}


def revoke(tx: Transaction, store: Any, own_role: str, pk: int) -> None:
    """Nobody can accept it any more; 404 for one that is not open, 403 for a role not below ``own_role``."""
    found = tx.lock_one(Lock.IDENTITY, open_at(clock.now()).filter(store=store, pk=pk))
    actions.require_above(own_role, found.role)
    found.revoked_at = clock.now()
    found.save(update_fields=["revoked_at"])


def accept(tx: Transaction, code: str, *, username: str, password: str) -> User:
    """A new person with the offered role. What the invitation says counts, never the body.

    Refuses 400 ``invitation.code_invalid`` (unknown, used, expired, revoked, or offered by somebody who may
    not any more), 400 ``body.invalid`` for another username than the offered one and for weak passwords, 409
    ``user.username_taken``. A refusal leaves the code as it was.
    """
    tx.reach(Lock.IDENTITY)
    if not take(code):
        raise invalid()
    offer = Invitation.objects.select_related("store").get(code_hash=digest(code))
    above = _still_above(offer)
    person = actions.new_person(_username(offer, username), offer.name, password)
    if person is None:
        raise Refusal("user.username_taken", 409, "该用户名已被使用")
    actions.enrol(tx, offer.store, above, person, offer.role)
    Invitation.objects.filter(pk=offer.pk).update(accepted_by=person)
    return person


def _still_above(offer: Invitation) -> str:
    """The role of whoever made the offer, if they still may make it."""
    rows = Membership.objects.filter(user=offer.invited_by_id, store=offer.store, user__is_active=True)
    role = rows.values_list("role", flat=True).first()
    if role is None or actions.RANK[role] <= actions.RANK[offer.role]:
        raise invalid()
    return role


def take(code: str) -> bool:
    """Compare-and-set: of all who hold the code, one gets in."""
    now = clock.now()
    return bool(open_at(now).filter(code_hash=digest(code)).update(accepted_at=now))


def _username(offer: Invitation, said: str) -> str:
    name = said or offer.username
    if not name:
        raise errors.invalid(errors.row("username", "required", "必填"))
    if offer.username and name != offer.username:
        raise errors.invalid(errors.row("username", "invalid", "用户名与邀请不一致"))
    return name


def invalid() -> Refusal:
    """All codes that do not let in answer alike."""
    return Refusal("invitation.code_invalid", 400, "邀请码无效、已使用或已过期")


def row(invitation: Invitation) -> dict[str, Any]:
    """What a manager sees of an invitation."""
    return {
        "id": invitation.pk,
        "role": invitation.role,
        "name": invitation.name,
        "username": invitation.username,
        "created_at": clock.iso(invitation.created_at),
        "expires_at": clock.iso(invitation.expires_at),
    }
