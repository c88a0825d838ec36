"""What must be true of an order besides its state before a move; the refusals that say what is missing."""

from collections.abc import Callable
from dataclasses import dataclass

from hub.errors import Refusal
from ordering.orders.models import Order


@dataclass(frozen=True, slots=True)
class Guard:
    """``holds`` must be true of the order; else the move is refused with 409 ``code`` and ``detail``."""

    holds: Callable[[Order], bool]
    code: str
    detail: str


GUARDS = {
    "pay": Guard(lambda order: order.due_fen > 0, "order.already_paid", "订单已付清"),
    "complete": Guard(lambda order: order.due_fen == 0, "order.unsettled", "订单尚未结清"),
    "refunds": Guard(
        lambda order: order.paid_fen > order.refunded_fen, "refund.exceeds_paid", "没有可退的金额"
    ),
    "request-cancel": Guard(
        lambda order: order.cancel_requested_at is None,
        "order.transition_refused",
        "已申请取消,请等待门店处理",
    ),
    "request-cancel/approve": Guard(
        lambda order: order.cancel_requested_at is not None, "order.no_cancel_request", "没有待处理的取消申请"
    ),
    "request-cancel/refuse": Guard(
        lambda order: order.cancel_requested_at is not None, "order.no_cancel_request", "没有待处理的取消申请"
    ),
    "rush/answer": Guard(lambda order: order.rush_count > 0, "order.not_rushed", "没有待答复的催单"),
}


def failing(move: str, order: Order) -> Guard | None:
    """The guard that forbids the move now, or None."""
    guard = GUARDS.get(move)
    return guard if guard and not guard.holds(order) else None


def refusal(guard: Guard, order: Order, actions: list[str]) -> Refusal:
    """The guard's refusal with the order's present state as facts."""
    return Refusal(
        guard.code, 409, guard.detail, state=order.status, version=order.version, allowed_actions=actions
    )
