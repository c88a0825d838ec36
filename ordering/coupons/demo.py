"""The demo's coupons: 满50减8, 9折封顶10元, and one for a first visit."""

from typing import Any

from hub.transactions import Transaction, transact
from ordering.coupons.actions import create_plan
from ordering.coupons.models import Plan
from ordering.restaurant.models import Store

PLANS: tuple[dict[str, Any], ...] = (
    {"name": "满50减8", "kind": "fixed", "amount_fen": 800, "threshold_fen": 5000, "per_user_limit": 3},
    {"name": "9折券(封顶10元)", "kind": "percent", "percent": 10, "cap_fen": 1000, "per_user_limit": 2},
    {"name": "新客立减5元", "kind": "fixed", "amount_fen": 500, "total_limit": 500},
)
DAYS = 30


def seed() -> str:
    """Give the demo store its plans where they are missing; one line about it."""
    store = Store.objects.get(code="demo")
    made = transact(lambda tx: _fill(tx, store), actor="system")
    return f"优惠券:新增 {made} 个活动,共 {Plan.objects.filter(store=store).count()} 个"


def _fill(tx: Transaction, store: Store) -> int:
    known = set(Plan.objects.filter(store=store).values_list("name", flat=True))
    missing = [fields for fields in PLANS if fields["name"] not in known]
    for fields in missing:
        create_plan(tx, store, {**fields, "valid_days": DAYS})
    return len(missing)
