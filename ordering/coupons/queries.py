"""Reads: plans to claim, a person's coupons, and which of them a basket may have."""

from collections.abc import Collection
from datetime import datetime

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from hub import errors
from ordering.coupons import rules
from ordering.coupons.models import Coupon, Plan
from ordering.restaurant.models import Store
from ordering.users.actors import Actor
from ordering.users.models import User
from ordering.users.permissions import require_role_on

AT_ONCE = 100

Lines = Collection[tuple[int, int]]


def open_plans(at: datetime) -> QuerySet[Plan]:
    """Plans of which there is something to claim at ``at``."""
    return Plan.objects.filter(
        Q(claim_from=None) | Q(claim_from__lte=at),
        Q(claim_until=None) | Q(claim_until__gt=at),
        Q(valid_until=None) | Q(valid_until__gt=at),
        Q(total_limit=None) | Q(claimed_count__lt=F("total_limit")),
        is_active=True,
    )


def claimable(store: Store, user: User, at: datetime) -> QuerySet[Plan]:
    """The store's plans of which this person may claim one more, as `rows.plan_row` needs them."""
    own = Coupon.objects.filter(plan=OuterRef("pk"), user=user).order_by().values("plan")
    mine = Coalesce(Subquery(own.annotate(count=Count("pk")).values("count")), 0)
    rows = open_plans(at).filter(store=store).annotate(mine=mine).filter(mine__lt=F("per_user_limit"))
    return _whole(rows)


def plans(store: Store) -> QuerySet[Plan]:
    """Every plan of the store, newest first."""
    return _whole(Plan.objects.filter(store=store)).order_by("-id")


def _whole(rows: QuerySet[Plan]) -> QuerySet[Plan]:
    return rows.select_related("store").prefetch_related("dishes").order_by("id")


def plan(pk: int) -> Plan:
    """The plan with its store; 404 when there is none."""
    found = Plan.objects.select_related("store").filter(pk=pk).first()
    if found is None:
        raise errors.not_found()
    return found


def plan_of(actor: Actor, pk: int) -> Plan:
    """The plan for a manager of its store; 404 when absent or foreign, 403 for another role there."""
    found = plan(pk)
    require_role_on(actor, found.store.code, "manager")
    return found


def wallet(user: User, store: Store | None, state: str | None, at: datetime) -> QuerySet[Coupon]:
    """A person's coupons, newest first; ``state`` is claimed, locked, used or expired."""
    rows = Coupon.objects.filter(user=user).select_related("plan__store").prefetch_related("plan__dishes")
    if store:
        rows = rows.filter(plan__store=store)
    if state == "expired":
        rows = rows.filter(state=Coupon.State.CLAIMED, expires_at__lte=at)
    elif state == Coupon.State.CLAIMED:
        rows = rows.filter(state=state, expires_at__gt=at)
    elif state:
        rows = rows.filter(state=state)
    return rows.order_by("-id")


def coupon_of(user: User, pk: int) -> Coupon | None:
    """The person's own coupon with its plan, or None."""
    return Coupon.objects.select_related("plan").filter(pk=pk, user=user).first()


def choices(user: User, store: Store, lines: Lines, at: datetime) -> list[rules.Choice]:
    """Which of the person's coupons these (dish, fen) lines may have, best first; three queries."""
    rows = wallet(user, store, Coupon.State.CLAIMED, at).filter(Q(valid_from=None) | Q(valid_from__lte=at))
    found = [_choice(row, lines) for row in rows.order_by("expires_at", "id")[:AT_ONCE]]
    return rules.ranked(one for one in found if one.discount_fen)


def _choice(coupon: Coupon, lines: Lines) -> rules.Choice:
    terms = coupon.plan.terms
    off = rules.discount_fen(terms, rules.scoped_fen(terms, lines))
    return rules.Choice(coupon.pk, off, coupon.expires_at)


def judge(coupon: Coupon, store: Store, lines: Lines, at: datetime) -> tuple[str | None, int]:
    """What the coupon takes off these (dish, fen) lines, or why nothing, as (reason, fen); one query at most.

    Reasons: store (of another one), used (an order has it), expired, early (not valid yet), scope, threshold.
    """
    if reason := _out_of_reach(coupon, store, at):
        return reason, 0
    terms = coupon.plan.terms
    return rules.refusal(terms, lines), rules.discount_fen(terms, rules.scoped_fen(terms, lines))


def _out_of_reach(coupon: Coupon, store: Store, at: datetime) -> str | None:
    if coupon.plan.store_id != store.pk:
        return "store"
    if coupon.state != Coupon.State.CLAIMED:
        return "used"
    if coupon.expires_at <= at:
        return "expired"
    return "early" if coupon.valid_from and coupon.valid_from > at else None
