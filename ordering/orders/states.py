"""The state tables: the only place that says who may do what when. Pure: no framework, no database."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class OrderStatus(StrEnum):
    """Where an order stands."""

    PENDING_PAYMENT = "pending_payment"
    PLACED = "placed"
    ACCEPTED = "accepted"
    PREPARING = "preparing"
    READY = "ready"
    COMPLETED = "completed"
    REJECTED = "rejected"
    CANCELLED = "cancelled"


# As staff read them.
ORDER_LABELS = {
    OrderStatus.PENDING_PAYMENT: "待付款",
    OrderStatus.PLACED: "待接单",
    OrderStatus.ACCEPTED: "已接单",
    OrderStatus.PREPARING: "制作中",
    OrderStatus.READY: "已出齐",
    OrderStatus.COMPLETED: "已完成",
    OrderStatus.REJECTED: "已拒单",
    OrderStatus.CANCELLED: "已取消",
}


class LineState(StrEnum):
    """Where a line stands in the kitchen."""

    HELD = "held"
    QUEUED = "queued"
    COOKING = "cooking"
    READY = "ready"
    SERVED = "served"
    VOIDED = "voided"


LINE_LABELS = {
    LineState.HELD: "等叫",
    LineState.QUEUED: "待制作",
    LineState.COOKING: "制作中",
    LineState.READY: "已出品",
    LineState.SERVED: "已上菜",
    LineState.VOIDED: "已退菜",
}


class Who(StrEnum):
    """A relation to the order: its diner, a guest of the same table, a role in its store, the product."""

    DINER = "diner"
    TABLE = "table"
    COUNTER = "counter"
    MANAGER = "manager"
    KITCHEN = "kitchen"
    SYSTEM = "system"


PENDING, PLACED, ACCEPTED, PREPARING, READY, COMPLETED, REJECTED, CANCELLED = OrderStatus
IN_KITCHEN = (ACCEPTED, PREPARING, READY)
LIVE = (PENDING, PLACED, *IN_KITCHEN)
TERMINAL = (COMPLETED, REJECTED, CANCELLED)


@dataclass(frozen=True, slots=True)
class Move:
    """``who`` may do ``name`` in any of ``sources``; the state becomes ``target`` (None: it stays).

    An order move's name is the end of its address: ``POST /api/v1/orders/{no}/{name}/``.
    """

    name: str
    sources: tuple[str, ...]
    target: str | None
    who: frozenset[Who]


def _move(name: str, sources: Iterable[str], target: str | None, *who: Who) -> Move:
    return Move(name, tuple(sources), target, frozenset(who))


DINER, TABLE, COUNTER, MANAGER, KITCHEN, SYSTEM = Who

ORDER_MOVES = (
    _move("pay", LIVE, None, DINER, COUNTER),
    _move("accept", [PLACED], ACCEPTED, COUNTER, SYSTEM),
    _move("reject", [PLACED], REJECTED, COUNTER),
    _move("cancel", [PENDING, PLACED], CANCELLED, DINER, COUNTER, SYSTEM),
    _move("cancel", IN_KITCHEN, CANCELLED, COUNTER),
    _move("request-cancel", IN_KITCHEN, None, DINER),
    _move("request-cancel/approve", IN_KITCHEN, CANCELLED, COUNTER),
    _move("request-cancel/refuse", IN_KITCHEN, None, COUNTER),
    _move("batches", [PLACED, *IN_KITCHEN], None, DINER, TABLE, COUNTER),
    _move("rush", IN_KITCHEN, None, DINER, COUNTER),
    _move("rush/answer", IN_KITCHEN, None, KITCHEN),
    _move("complete", [READY], COMPLETED, DINER, COUNTER, SYSTEM),
    _move("refunds", [PLACED, *IN_KITCHEN, *TERMINAL], None, COUNTER),
    _move("reorder", OrderStatus, None, DINER),
)

HELD, QUEUED, COOKING, LINE_READY, SERVED, VOIDED = LineState

LINE_MOVES = (
    _move("fire", [HELD], QUEUED, COUNTER),
    _move("start", [QUEUED], COOKING, KITCHEN),
    _move("ready", [QUEUED, COOKING], LINE_READY, KITCHEN),
    _move("recall", [LINE_READY], None, KITCHEN),
    _move("serve", [LINE_READY], SERVED, KITCHEN),
    _move("void", [HELD, QUEUED, COOKING, LINE_READY], VOIDED, COUNTER),
)


def find(moves: Iterable[Move], name: str, state: str, who: Iterable[Who]) -> Move | None:
    """The move by which one of ``who`` may do ``name`` in ``state``, or None."""
    those = frozenset(who)
    return next((m for m in moves if m.name == name and state in m.sources and m.who & those), None)


def may_ever(moves: Iterable[Move], name: str, who: Iterable[Who]) -> bool:
    """Whether one of ``who`` may do ``name`` in any state: the difference between 403 and 409."""
    those = frozenset(who)
    return any(m.name == name and m.who & those for m in moves)


def allowed(moves: Iterable[Move], state: str, who: Iterable[Who]) -> list[str]:
    """The names of what one of ``who`` may do in ``state``, in table order, each once."""
    those = frozenset(who)
    return list(dict.fromkeys(m.name for m in moves if state in m.sources and m.who & those))


def derived_status(status: str, line_states: Iterable[str]) -> str:
    """The order's status as its live lines make it, while the kitchen has it; any other status stays."""
    states = [state for state in line_states if state != VOIDED]
    if status not in IN_KITCHEN or not states:
        return status
    if all(state in (LINE_READY, SERVED) for state in states):
        return READY
    if any(state in (COOKING, LINE_READY, SERVED) for state in states):
        return PREPARING
    return ACCEPTED if status == ACCEPTED else PREPARING


def due_fen(total_fen: int, paid_fen: int, credited_fen: int) -> int:
    """What is still to be paid; ``credited_fen`` is paid money that went back for lines that left."""
    return max(0, total_fen - paid_fen + credited_fen)


def payment_status(total_fen: int, paid_fen: int, refunded_fen: int, credited_fen: int = 0) -> str:
    """unpaid, paid, partly_refunded or refunded."""
    if refunded_fen and refunded_fen >= paid_fen:
        return "refunded"
    if due_fen(total_fen, paid_fen, credited_fen):
        return "unpaid"
    return "partly_refunded" if refunded_fen else "paid"
