"""What cooks do with lines, and the counter's fire and void: one function per move of the line table.

Every function takes the transaction, the line's id (or a ticket's batch and station), the ``actor`` and the
expected ``version`` (the line's; a ticket's is the order's), and answers the contract's order. Refusals: 404,
403 (role or station), then 409 ``line.version_conflict`` or ``line.transition_refused``.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from hub import errors
from hub.errors import Refusal
from hub.events import HubEvent, LineFired, LineReady, LineRecalled, LineServed, LineStarted
from hub.transactions import Transaction
from ordering.orders import access, change, settlement
from ordering.orders.change import Change
from ordering.orders.models import Batch, Line
from ordering.orders.states import IN_KITCHEN, LINE_MOVES, LineState, Who, allowed, find, may_ever
from ordering.users.actors import Actor

RECALL_WITHIN = timedelta(minutes=30)


def start(
    tx: Transaction, pk: int, *, actor: Actor, version: int | None = None, reason: str = ""
) -> dict[str, Any]:
    """A cook begins the line."""

    def step(work: Change, line: Line) -> None:
        line.started_at = work.at

    return _move(tx, pk, actor, "start", version, LineStarted, step)


def ready(
    tx: Transaction, pk: int, *, actor: Actor, version: int | None = None, reason: str = ""
) -> dict[str, Any]:
    """The line is made, whether or not anybody had said that it was begun."""

    def step(work: Change, line: Line) -> None:
        line.ready_at = work.at

    return _move(tx, pk, actor, "ready", version, LineReady, step)


def serve(
    tx: Transaction, pk: int, *, actor: Actor, version: int | None = None, reason: str = ""
) -> dict[str, Any]:
    """The line is on the table."""

    def step(work: Change, line: Line) -> None:
        line.served_at = work.at

    return _move(tx, pk, actor, "serve", version, LineServed, step)


def fire(
    tx: Transaction, pk: int, *, actor: Actor, version: int | None = None, reason: str = ""
) -> dict[str, Any]:
    """A held line is wanted now."""

    def step(work: Change, line: Line) -> None:
        line.queued_at = work.at

    return _move(tx, pk, actor, "fire", version, LineFired, step)


def recall(
    tx: Transaction, pk: int, *, actor: Actor, version: int | None = None, reason: str = ""
) -> dict[str, Any]:
    """A line called ready by mistake goes back to work; 409 ``line.recall_too_late`` after 30 minutes."""

    def step(work: Change, line: Line) -> None:
        if line.ready_at and work.at > line.ready_at + RECALL_WITHIN:
            raise Refusal("line.recall_too_late", 409, "出品超过 30 分钟,不能撤回", **_facts(work, line))
        line.state = LineState.COOKING if line.started_at else LineState.QUEUED
        line.ready_at = None

    return _move(tx, pk, actor, "recall", version, LineRecalled, step)


def void(
    tx: Transaction, pk: int, *, actor: Actor, version: int | None = None, reason: str = ""
) -> dict[str, Any]:
    """The counter takes the line off the order: off the bill, portions back, what was overpaid refunded."""
    work, line = _begin(tx, pk, actor, "void", version)
    settlement.void(work, line, reason=reason, operator=actor.label)
    return work.finish()


def ticket_ready(
    tx: Transaction,
    batch: int,
    station: str,
    *,
    actor: Actor,
    version: int | None = None,
    reason: str = "",
) -> dict[str, Any]:
    """Every line of the ticket that is still to be made is ready."""
    no = ticket_order(batch, station)
    work = _open(tx, no, actor, "ready", station)
    work.expect(version)
    lines = [line for line in work.lines if line.batch_id == batch and line.station == station]
    todo = [line for line in lines if find(LINE_MOVES, "ready", line.state, work.who)]
    if work.order.status not in IN_KITCHEN or not todo:
        raise _refused(work, lines[0])
    for line in todo:
        line.state, line.ready_at, line.version = LineState.READY, work.at, line.version + 1
    work.tell(LineReady)
    return work.finish()


def check(pk: int, actor: Actor, move: str) -> None:
    """Refuse with 404 or 403 unless the actor may ever do ``move`` with this line."""
    no, station = _of_line(pk)
    _check(no, actor, move, station)


def check_ticket(batch: int, station: str, actor: Actor) -> None:
    """Refuse with 404 or 403 unless the actor may ever bump this ticket."""
    _check(ticket_order(batch, station), actor, "ready", station)


def ticket_order(batch: int, station: str) -> str:
    """The number of the order that the ticket belongs to; 404 when there is no such ticket."""
    no = Batch.objects.filter(pk=batch, lines__station=station).values_list("order__no", flat=True).first()
    if no is None:
        raise errors.not_found()
    return no


def _of_line(pk: int) -> tuple[str, str]:
    found = Line.objects.filter(pk=pk).values_list("order__no", "station").first()
    if found is None:
        raise errors.not_found()
    return found


def _check(no: str, actor: Actor, move: str, station: str) -> tuple[Any, frozenset[Who]]:
    order, who = access.visible(no, actor)
    bound = actor.device.station if actor.device else None
    if not may_ever(LINE_MOVES, move, who) or (bound and bound != station):
        raise errors.forbidden()
    return order, who


def _open(tx: Transaction, no: str, actor: Actor, move: str, station: str) -> Change:
    return change.lock(tx, *_check(no, actor, move, station))


def _begin(tx: Transaction, pk: int, actor: Actor, move: str, version: int | None) -> tuple[Change, Line]:
    no, station = _of_line(pk)
    work = _open(tx, no, actor, move, station)
    line = next(line for line in work.lines if line.pk == pk)
    if version is not None and version != line.version:
        raise Refusal("line.version_conflict", 409, "该菜品已发生变化,请刷新后重试", **_facts(work, line))
    if work.order.status not in IN_KITCHEN or find(LINE_MOVES, move, line.state, work.who) is None:
        raise _refused(work, line)
    return work, line


def _move(
    tx: Transaction,
    pk: int,
    actor: Actor,
    move: str,
    version: int | None,
    kind: type[HubEvent],
    step: Callable[[Change, Line], None],
) -> dict[str, Any]:
    work, line = _begin(tx, pk, actor, move, version)
    found = find(LINE_MOVES, move, line.state, work.who)
    if found and found.target:
        line.state = found.target
    step(work, line)
    line.version += 1
    work.tell(kind)
    return work.finish()


def _refused(work: Change, line: Line) -> Refusal:
    return Refusal("line.transition_refused", 409, "该菜品当前状态不允许此操作", **_facts(work, line))


def _facts(work: Change, line: Line) -> dict[str, Any]:
    actions = allowed(LINE_MOVES, line.state, work.who) if work.order.status in IN_KITCHEN else []
    return {"line": line.pk, "state": line.state, "version": line.version, "allowed_actions": actions}
