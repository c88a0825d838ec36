"""The state tables of payments and refunds. Pure: no framework, no database.

Paid is paid: nothing leads away from ``succeeded`` or ``succeeded_late``.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Move:
    """``name`` takes a row from one of ``sources`` to ``target``."""

    name: str
    sources: frozenset[str]
    target: str


def _moves(*rows: tuple[str, str, str]) -> dict[str, Move]:
    return {name: Move(name, frozenset(sources.split()), target) for name, sources, target in rows}


PAYMENT_MOVES = _moves(
    ("opened", "created pending", "pending"),
    ("begin_close", "created pending closing", "closing"),
    ("closed", "created pending closing", "closed"),
    ("failed", "created pending", "failed"),
    ("paid", "created pending closing closed failed", "succeeded"),
    ("paid_late", "created pending closing closed failed", "succeeded_late"),
)
REFUND_MOVES = _moves(
    ("taken", "requested processing", "processing"),
    ("succeeded", "requested processing abnormal rejected", "succeeded"),
    ("abnormal", "requested processing", "abnormal"),
    ("closed", "requested processing abnormal", "closed"),
    ("rejected", "requested", "rejected"),
    ("again", "rejected", "requested"),
)
OPEN = frozenset({"created", "pending", "closing"})
PAID = frozenset({"succeeded", "succeeded_late"})
UNDONE = frozenset({"closed", "rejected"})
REFUND_STATES = {
    "PROCESSING": "taken",
    "SUCCESS": "succeeded",
    "ABNORMAL": "abnormal",
    "CLOSED": "closed",
}


def target(moves: dict[str, Move], name: str, state: str) -> str | None:
    """Where the move leads from ``state``; None when it does not start there."""
    move = moves[name]
    return move.target if state in move.sources else None
