"""Plans and coupons as clients see them."""

from datetime import datetime
from typing import Any

from hub import clock
from ordering.coupons.models import Coupon, Plan


def plan_row(plan: Plan) -> dict[str, Any]:
    """A plan as diners see it; ``left`` None = as many as are wanted. ``plan`` has its store."""
    return {
        "id": plan.pk,
        "store": plan.store.code,
        "name": plan.name,
        "kind": plan.kind,
        "amount_fen": plan.amount_fen,
        "percent": plan.percent,
        "cap_fen": plan.cap_fen,
        "threshold_fen": plan.threshold_fen,
        "dishes": sorted(dish.pk for dish in plan.dishes.all()),
        "claim_from": clock.iso(plan.claim_from),
        "claim_until": clock.iso(plan.claim_until),
        "valid_from": clock.iso(plan.valid_from),
        "valid_until": clock.iso(plan.valid_until),
        "valid_days": plan.valid_days,
        "per_user_limit": plan.per_user_limit,
        "left": None if plan.total_limit is None else plan.total_limit - plan.claimed_count,
    }


def staff_row(plan: Plan) -> dict[str, Any]:
    """A plan as its manager sees it."""
    counts = {"total_limit": plan.total_limit, "claimed_count": plan.claimed_count}
    return {**plan_row(plan), **counts, "is_active": plan.is_active}


def coupon_row(coupon: Coupon, at: datetime) -> dict[str, Any]:
    """A coupon as its owner sees it at ``at``; ``order`` is the number of the order that has it."""
    return {
        "id": coupon.pk,
        "code": coupon.code,
        "state": coupon.state_at(at),
        "plan": plan_row(coupon.plan),
        "order": coupon.locked_by,
        "claimed_at": clock.iso(coupon.claimed_at),
        "valid_from": clock.iso(coupon.valid_from),
        "expires_at": clock.iso(coupon.expires_at),
        "used_at": clock.iso(coupon.used_at),
    }
