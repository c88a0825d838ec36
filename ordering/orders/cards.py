"""An order as one JSON-able card: the body of its events, from which every view is a pure function."""

from collections.abc import Iterable
from typing import Any

from hub import clock
from ordering.orders.models import Line, Order

TIMES = (
    "submitted_at",
    "expires_at",
    "paid_at",
    "accepted_at",
    "promised_at",
    "eta_at",
    "ready_at",
    "completed_at",
    "cancelled_at",
    "cancel_requested_at",
)


def card(order: Order, lines: Iterable[Line]) -> dict[str, Any]:
    """The contract's order without ``allowed_actions``: what its diner and the counter see, whole.

    Other screens see a part of it, so nothing may stand here that its diner should not read.
    ``order.store`` and ``order.table`` must be loaded. Lines come in the order of their ids.
    """
    return {
        "no": order.no,
        "store": order.store.code,
        "kind": order.kind,
        "table": {"code": order.table.code, "name": order.table.name} if order.table else None,
        "status": order.status,
        "payment_status": order.payment_status,
        "version": order.version,
        "pickup_no": order.pickup_no,
        "lines": [line_card(line) for line in lines],
        **_money(order),
        "coupon": order.coupon_id,
        "remark": order.remark,
        "rush_count": order.rush_count,
        "rush_answer": order.rush_answer,
        **_times(order),
        "cancel_kind": order.cancel_kind,
        "cancel_reason": order.cancel_reason,
        "cancel_request_reason": order.cancel_request_reason,
    }


def _money(order: Order) -> dict[str, int]:
    return {
        "subtotal_fen": order.subtotal_fen,
        "discount_fen": order.discount_fen,
        "total_fen": order.total_fen,
        "paid_fen": order.paid_fen,
        "refunded_fen": order.refunded_fen,
        "due_fen": order.due_fen,
    }


def _times(order: Order) -> dict[str, str | None]:
    return {name: clock.iso(getattr(order, name)) for name in TIMES}


def line_card(line: Line) -> dict[str, Any]:
    """One line with its times; ``combo`` is ``{"dish", "name"}`` for a part of one, else None."""
    return {
        "id": line.pk,
        "batch": line.batch_id,
        "dish": line.dish_id,
        "name": line.name,
        "combo": {"dish": line.combo["dish"], "name": line.combo["name"]} if line.combo else None,
        "options": line.options,
        "quantity": line.quantity,
        "unit_price_fen": line.unit_price_fen,
        "amount_fen": line.amount_fen,
        "station": line.station,
        "state": line.state,
        "version": line.version,
        "remark": line.remark,
        "ahead": line.ahead,
        "queued_at": clock.iso(line.queued_at),
        "started_at": clock.iso(line.started_at),
        "ready_at": clock.iso(line.ready_at),
    }
