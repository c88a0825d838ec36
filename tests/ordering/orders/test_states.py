"""The state tables as data, and the guards of their edges."""

import ast
from pathlib import Path

from ordering.orders.states import (
    IN_KITCHEN,
    LINE_MOVES,
    ORDER_MOVES,
    TERMINAL,
    LineState,
    OrderStatus,
    Who,
    allowed,
    derived_status,
    payment_status,
)

ROOT = Path(__file__).resolve().parents[3]
WRITERS = {
    "ordering/restaurant/sessions.py",  # a table session's own state
    "ordering/orders/change.py",  # the unit of work
    "ordering/orders/settlement.py",  # its steps
    "kitchen/actions.py",  # line moves
    "ordering/reviews/actions.py",  # what a manager shows and hides
}


def test_nothing_leaves_a_terminal_state():
    for move in ORDER_MOVES:
        if set(move.sources) & set(TERMINAL):
            assert move.target is None


def test_names_are_unique_per_state_and_relation():
    for moves in (ORDER_MOVES, LINE_MOVES):
        cells = [(move.name, state, who) for move in moves for state in move.sources for who in move.who]
        assert len(cells) == len(set(cells))


def test_the_kitchen_alone_moves_lines_and_never_orders():
    kitchen = {move.name for move in LINE_MOVES if Who.KITCHEN in move.who}
    assert kitchen == {"start", "ready", "recall", "serve"}
    assert {move.name for move in ORDER_MOVES if Who.KITCHEN in move.who} == {"rush/answer"}
    assert not [move for move in LINE_MOVES if move.who & {Who.DINER, Who.TABLE, Who.MANAGER}]


def test_a_guest_of_the_table_can_only_add():
    assert {name for status in OrderStatus for name in allowed(ORDER_MOVES, status, {Who.TABLE})} == {
        "batches"
    }


def test_the_status_follows_the_lines():
    held, queued, cooking, ready, served, voided = LineState
    assert derived_status("accepted", [queued, queued]) == "accepted"
    assert derived_status("accepted", [cooking, queued]) == "preparing"
    assert derived_status("accepted", [ready, queued]) == "preparing"
    assert derived_status("preparing", [ready, served, voided]) == "ready"
    assert derived_status("ready", [ready, queued]) == "preparing"
    assert derived_status("ready", [queued]) == "preparing"
    assert derived_status("preparing", [queued, held]) == "preparing"
    assert derived_status("accepted", [voided]) == "accepted"
    for status in set(OrderStatus) - set(IN_KITCHEN):
        assert derived_status(status, [ready]) == status


def test_the_payment_status_is_derived():
    assert payment_status(1000, 0, 0) == "unpaid"
    assert payment_status(1000, 1000, 0) == "paid"
    assert payment_status(1500, 1000, 0) == "unpaid"
    assert payment_status(0, 0, 0) == "paid"
    assert payment_status(1000, 1000, 1) == "partly_refunded"
    assert payment_status(1000, 1000, 1000) == "refunded"
    assert payment_status(500, 1000, 500, 500) == "partly_refunded"
    assert payment_status(900, 1000, 500, 500) == "unpaid"


def test_nobody_else_sets_a_state():
    found = set()
    for folder in ("ordering", "kitchen"):
        for path in (ROOT / folder).rglob("*.py"):
            if "migrations" not in path.parts and _sets_state(path):
                found.add(str(path.relative_to(ROOT)))
    assert found == WRITERS


def _sets_state(path):
    """Whether a module assigns `.status` or `.state`, or updates rows by them."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Assign | ast.AugAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = [n for target in targets for n in ast.walk(target) if isinstance(n, ast.Attribute)]
            if any(n.attr in ("status", "state") and getattr(n.value, "id", "") != "self" for n in names):
                return True
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "update":
            owner = ast.unparse(node.func)
            if ("Order." in owner or "Line." in owner) and {"status", "state"} & {
                k.arg for k in node.keywords
            }:
                return True
    return False
