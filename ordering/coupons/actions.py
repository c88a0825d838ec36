"""What happens to plans and coupons. What can be had only so often is taken by one conditional UPDATE."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, QuerySet

from hub import clock, errors
from hub.errors import Refusal
from hub.transactions import Lock, Transaction
from ordering.coupons import queries, rules
from ordering.coupons.models import Coupon, Plan
from ordering.coupons.rows import coupon_row, staff_row
from ordering.dishes.models import Dish
from ordering.restaurant.models import Store
from ordering.users.models import User

AMOUNTS = {"kind", "amount_fen", "percent", "cap_fen", "threshold_fen", "dishes"}
TERMS = frozenset(AMOUNTS | {"valid_from", "valid_until", "valid_days"})
NOT_CLAIMABLE = {
    "over": "活动已结束",
    "early": "活动尚未开始",
    "gone": "优惠券已被领完",
    "limit": "已达到每人领取上限",
}
NOT_USABLE = {
    "store": "该优惠券不能在本店使用",
    "used": "该优惠券已被使用",
    "expired": "该优惠券已过期",
    "early": "该优惠券尚未生效",
    "scope": "所选菜品不适用该优惠券",
    "threshold": "未达到该优惠券的使用门槛",
    "batch": "加菜不能使用优惠券",
}


def create_plan(tx: Transaction, store: Store, fields: Mapping[str, Any]) -> dict[str, Any]:
    """A new plan of the store from validated ``fields``; the staff row.

    Refuses 400 ``body.invalid`` with a row per field for terms that make no sense, a validity that is
    over already and dishes of other stores.
    """
    tx.reach(Lock.COUPON)
    values = {name: value for name, value in fields.items() if name != "dishes"}
    plan = Plan(store=store, **values)
    wrong = rules.problems(plan)
    if plan.valid_until and plan.valid_until <= clock.now():
        wrong.append(("valid_until", "past", "必须是将来的时间"))
    dishes = _dishes(store, fields.get("dishes") or (), wrong)
    plan.save(force_insert=True)
    plan.dishes.set(dishes)
    tx.created(plan)
    return staff_row(plan)


def change_plan(tx: Transaction, plan_id: int, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Change a plan; the staff row.

    Refuses as `create_plan`, 409 ``coupon.plan_claimed`` for other terms once somebody holds one, and 409
    ``coupon.limit_below_claimed`` for a limit below what was claimed; both with the fact ``claimed``.
    """
    plan = tx.lock_one(Lock.COUPON, Plan.objects.filter(pk=plan_id))
    before = {name: _value(plan, name) for name in changes}
    for name, value in changes.items():
        if name != "dishes":
            setattr(plan, name, value)
    dishes = _dishes(plan.store, changes.get("dishes") or (), rules.problems(plan))
    changed = {name for name, value in changes.items() if before[name] != _plain(name, value)}
    _refuse_broken_promise(plan, changed)
    if columns := changed - {"dishes"}:
        plan.save(update_fields=columns)
    if "dishes" in changed:
        plan.dishes.set(dishes)
    tx.changed(plan, before, {name: _plain(name, value) for name, value in changes.items()})
    return staff_row(plan)


def retire_plan(tx: Transaction, plan_id: int) -> None:
    """Nobody claims it any more; what people hold stays good."""
    change_plan(tx, plan_id, {"is_active": False})


def _value(plan: Plan, name: str) -> Any:
    return {dish.pk for dish in plan.dishes.all()} if name == "dishes" else getattr(plan, name)


def _plain(name: str, value: Any) -> Any:
    return set(value) if name == "dishes" else value


def _refuse_broken_promise(plan: Plan, changed: set[str]) -> None:
    claimed = plan.claimed_count
    if claimed and changed & TERMS:
        raise Refusal("coupon.plan_claimed", 409, "已有人领取,优惠内容不能再修改", claimed=claimed)
    if plan.total_limit is not None and plan.total_limit < claimed:
        raise Refusal("coupon.limit_below_claimed", 409, "发放总数不能少于已领取数", claimed=claimed)


def _dishes(store: Store, ids: Sequence[int], wrong: list[rules.Row]) -> list[int]:
    """The ids of the store's dishes, once each; refuses what is wrong with the body, foreign dishes too."""
    known = set(Dish.objects.filter(store=store, pk__in=ids).values_list("pk", flat=True)) if ids else set()
    foreign = [number for number, pk in enumerate(ids) if pk not in known]
    rows = [*wrong, *((f"dishes.{number}", "dish.not_found", "菜品不存在") for number in foreign)]
    if rows:
        raise errors.invalid(*(errors.row(*row) for row in rows))
    return sorted(known)


def claim(tx: Transaction, plan: Plan, user: User) -> dict[str, Any]:
    """One more coupon of the plan for this person; the coupon's row.

    ``plan`` may be as old as it likes: the UPDATE decides. Refuses 409 ``coupon.not_claimable`` with the fact
    ``reason``: over, early, gone (none left), limit (has had theirs).
    """
    # The person's own row is the queue in which their simultaneous claims are counted.
    tx.lock(Lock.IDENTITY, User.objects.filter(pk=user.pk).only("pk"))
    at = clock.now()
    mine = Coupon.objects.filter(plan_id=plan.pk, user=user).count()
    tx.reach(Lock.COUPON)
    if not _open(plan, mine, at).update(claimed_count=F("claimed_count") + 1):
        raise _not_claimable(plan.pk, mine, at)
    now = queries.plan(plan.pk)
    expires_at = now.valid_until or at + timedelta(days=now.valid_days or 0)
    coupon = Coupon(plan=now, user=user, number=mine + 1, claimed_at=at, expires_at=expires_at)
    coupon.valid_from = now.valid_from
    coupon.save(force_insert=True)
    tx.created(coupon)
    return coupon_row(coupon, at)


def _open(plan: Plan, mine: int, at: datetime) -> QuerySet[Plan]:
    """The plan, if somebody who has ``mine`` can claim one more of it."""
    return queries.open_plans(at).filter(pk=plan.pk, per_user_limit__gt=mine)


def _not_claimable(plan_id: int, mine: int, at: datetime) -> Refusal:
    plan = queries.plan(plan_id)
    if not plan.is_active or any(end and end <= at for end in (plan.claim_until, plan.valid_until)):
        reason = "over"
    elif plan.claim_from and plan.claim_from > at:
        reason = "early"
    else:
        reason = "limit" if mine >= plan.per_user_limit else "gone"
    return Refusal("coupon.not_claimable", 409, NOT_CLAIMABLE[reason], reason=reason)


def not_usable(reason: str) -> Refusal:
    """The coupon is the caller's, but this order cannot have it."""
    return Refusal("coupon.not_usable", 409, NOT_USABLE[reason], reason=reason)


def lock(tx: Transaction, coupon: Coupon, order_no: str, at: datetime) -> None:
    """Give the coupon to an order; refuses 409 ``coupon.not_usable`` unless it still is free and in time."""
    tx.reach(Lock.COUPON)
    if not _free(coupon, at).update(state=Coupon.State.LOCKED, locked_by=order_no):
        raise not_usable("expired" if coupon.expires_at <= at else "used")


def _free(coupon: Coupon, at: datetime) -> QuerySet[Coupon]:
    """The coupon, if no order has it and it has not expired."""
    return Coupon.objects.filter(pk=coupon.pk, state=Coupon.State.CLAIMED, expires_at__gt=at)


def use(tx: Transaction, coupon_id: int, order_no: str, at: datetime) -> None:
    """The order that has the coupon is paid; a repeat changes nothing."""
    tx.reach(Lock.COUPON)
    rows = Coupon.objects.filter(pk=coupon_id, locked_by=order_no, state=Coupon.State.LOCKED)
    rows.update(state=Coupon.State.USED, used_at=at)


def give_back(tx: Transaction, coupon_id: int, order_no: str) -> None:
    """The order that has the coupon ended: its owner has it again, for as long as it is valid."""
    tx.reach(Lock.COUPON)
    rows = Coupon.objects.filter(pk=coupon_id, locked_by=order_no)
    rows.update(state=Coupon.State.CLAIMED, locked_by=None, used_at=None)
