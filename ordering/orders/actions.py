"""What the counter, the diner and the kitchen do with an order, one function per move of the table.

Every function takes the transaction, the order's ``no``, the ``actor``, and optionally the ``version`` the
caller saw; it answers the contract's order for this caller, with ``allowed_actions``. Refusals: 404, 403,
then 409 ``order.version_conflict``, ``order.transition_refused`` or the code of the guard that fails.
"""

from datetime import timedelta
from typing import Any

from hub.errors import Refusal
from hub.events import (
    CancelRefused,
    CancelRequested,
    OrderCancelled,
    OrderRejected,
    RushAnswered,
    RushRequested,
)
from hub.transactions import Transaction
from ordering.orders import settlement
from ordering.orders.change import Change, begin
from ordering.orders.states import Who
from ordering.users.actors import Actor

RUSH_EVERY = timedelta(seconds=60)
STAFF = frozenset({Who.COUNTER, Who.MANAGER})


def accept(
    tx: Transaction, no: str, *, actor: Actor, version: int | None = None, reason: str = ""
) -> dict[str, Any]:
    """The counter takes a placed order; the kitchen has it."""
    change = begin(tx, no, actor, "accept", version)
    settlement.accept(change)
    return change.finish()


def reject(
    tx: Transaction, no: str, *, actor: Actor, version: int | None = None, reason: str = ""
) -> dict[str, Any]:
    """The counter refuses a placed order: everything goes back."""
    change = begin(tx, no, actor, "reject", version)
    settlement.end(change, OrderRejected, kind=None, reason=reason, operator=actor.label)
    return change.finish()


def cancel(
    tx: Transaction, no: str, *, actor: Actor, version: int | None = None, reason: str = ""
) -> dict[str, Any]:
    """The diner cancels before the kitchen has it, staff until it is handed over: everything goes back."""
    change = begin(tx, no, actor, "cancel", version)
    settlement.end(change, OrderCancelled, kind=_kind(change), reason=reason, operator=actor.label)
    return change.finish()


def _kind(change: Change) -> str:
    if Who.DINER in change.who:
        return "diner"
    return "staff" if change.who & STAFF else "system"


def request_cancel(
    tx: Transaction, no: str, *, actor: Actor, version: int | None = None, reason: str = ""
) -> dict[str, Any]:
    """The diner asks to cancel what the kitchen already has; staff decide."""
    change = begin(tx, no, actor, "request-cancel", version)
    change.order.cancel_requested_at = change.at
    change.order.cancel_request_reason = reason
    change.tell(CancelRequested)
    return change.finish()


def approve_cancel(
    tx: Transaction, no: str, *, actor: Actor, version: int | None = None, reason: str = ""
) -> dict[str, Any]:
    """Staff agree to cancel; the diner's reason stands unless staff give their own."""
    change = begin(tx, no, actor, "request-cancel/approve", version)
    why = reason or change.order.cancel_request_reason
    settlement.end(change, OrderCancelled, kind="diner", reason=why, operator=actor.label)
    return change.finish()


def refuse_cancel(
    tx: Transaction, no: str, *, actor: Actor, version: int | None = None, reason: str = ""
) -> dict[str, Any]:
    """Staff decline to cancel; the diner may ask again."""
    change = begin(tx, no, actor, "request-cancel/refuse", version)
    change.order.cancel_requested_at = None
    change.tell(CancelRefused)
    return change.finish()


def complete(
    tx: Transaction, no: str, *, actor: Actor, version: int | None = None, reason: str = ""
) -> dict[str, Any]:
    """The order is handed over; refuses 409 ``order.unsettled`` while money is due."""
    change = begin(tx, no, actor, "complete", version)
    settlement.complete(change)
    return change.finish()


def rush(
    tx: Transaction, no: str, *, actor: Actor, version: int | None = None, reason: str = ""
) -> dict[str, Any]:
    """Ask the kitchen to hurry, once a minute at most (409 ``order.rushed_recently``)."""
    change = begin(tx, no, actor, "rush", version)
    order = change.order
    if order.last_rush_at and change.at < order.last_rush_at + RUSH_EVERY:
        wait = int((order.last_rush_at + RUSH_EVERY - change.at).total_seconds()) + 1
        raise Refusal(
            "order.rushed_recently",
            409,
            "刚刚催过单了,请稍候",
            headers={"Retry-After": str(wait)},
            retry_after=wait,
        )
    order.rush_count += 1
    order.last_rush_at = change.at
    order.rush_answer = None
    change.tell(RushRequested)
    return change.finish()


def answer_rush(
    tx: Transaction, no: str, *, actor: Actor, answer: str, version: int | None = None, reason: str = ""
) -> dict[str, Any]:
    """The kitchen answers the latest rush: ``soon``, ``five_minutes`` or ``missing``."""
    change = begin(tx, no, actor, "rush/answer", version)
    change.order.rush_answer = answer
    change.tell(RushAnswered)
    return change.finish()
