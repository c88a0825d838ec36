"""The floors hold: imports only go down, and nobody but the actions moves an order or a line."""

import ast
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FLOORS = ("hub", "ordering", "kitchen", "consumers", "screens")
MOVED = {"status", "state"}
# Who may move what: orders and lines, the kitchen's lines, a payment, a table session.
DOORS = (
    "ordering/orders/actions",
    "ordering/orders/change.py",
    "ordering/orders/settlement.py",
    "kitchen/actions",
    "ordering/payments/moves.py",
    "ordering/restaurant/actions",
    "ordering/restaurant/sessions",
    "ordering/coupons/actions",
    "ordering/reviews/actions",
)
LINT = "from importlinter.cli import lint_imports_command as run; run()"


def sources(*folders: str) -> Iterator[Path]:
    """Python files of those folders, as paths from the root; those that do not exist have none."""
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path


def imported(tree: ast.AST) -> set[str]:
    """Top-level names of everything a module imports."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.add((node.module or "").split(".")[0])
    return found


def moves(text: str) -> list[int]:
    """Lines that set a status or state on something: `x.status = …`, `.update(state=…)`, `setattr`."""
    return sorted(node.lineno for node in ast.walk(ast.parse(text)) if is_move(node))


def is_move(node: ast.AST) -> bool:
    if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        parts = [part for target in targets for part in ast.walk(target)]
        return any(is_target(part) for part in parts)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "update":
        return any(keyword.arg in MOVED for keyword in node.keywords)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "setattr":
        return any(isinstance(argument, ast.Constant) and argument.value in MOVED for argument in node.args)
    return False


def is_target(node: ast.AST) -> bool:
    """`x.status` being set; an object's own `self.status` is no order's."""
    if not isinstance(node, ast.Attribute) or not isinstance(node.ctx, ast.Store):
        return False
    return node.attr in MOVED and not (isinstance(node.value, ast.Name) and node.value.id == "self")


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", LINT, "--no-cache", "--no-logo"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=120)


def test_the_contracts_of_the_floors_are_kept():
    done = lint_imports(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    assert " 0 broken" in done.stdout


UPWARD = {
    "hub.money": "ordering.orders.models",
    "ordering.payments.models": "ordering.orders.models",
    "ordering.orders.states": "django",
    "ordering.orders.models": "ordering.orders.actions",
    "consumers.diner": "consumers.kitchen",
}


def test_imports_upward_break_the_contracts(tmp_path):
    """The control: the same contracts refuse what must not be, each of it."""
    for folder in FLOORS:
        shutil.copytree(
            ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("static", "templates")
        )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for module, above in UPWARD.items():
        with (tmp_path / f"{module.replace('.', '/')}.py").open("a", encoding="utf-8") as file:
            file.write(f"\nimport {above}\n")
    done = lint_imports(tmp_path)
    assert done.returncode == 1, done.stdout + done.stderr
    assert [module for module, above in UPWARD.items() if f"{module} -> {above} (l." not in done.stdout] == []


def test_nobody_imports_the_roof():
    for path in sources(*FLOORS, "sandbox", "rush"):
        assert "asgi" not in imported(ast.parse(path.read_text(encoding="utf-8"))), path


def test_the_sandbox_is_alone():
    product = {*FLOORS, "asgi"}
    for path in sources("sandbox"):
        assert not imported(ast.parse(path.read_text(encoding="utf-8"))) & product, path
    for path in sources(*FLOORS):
        assert "sandbox" not in imported(ast.parse(path.read_text(encoding="utf-8"))), path


def test_the_rush_is_alone():
    """It speaks HTTP; only its own command and its own switch start it."""
    product = {*FLOORS, "sandbox", "asgi"}
    for path in sources("rush"):
        assert not imported(ast.parse(path.read_text(encoding="utf-8"))) & product, path
    for path in sources(*FLOORS, "sandbox"):
        assert "rush" not in imported(ast.parse(path.read_text(encoding="utf-8"))), path
    starts = {path.name for path in sources("rush") if "subprocess" in imported(ast.parse(path.read_text()))}
    assert starts == {"switch.py"}


def test_only_the_actions_move_orders_and_lines():
    found = {
        f"{path.relative_to(ROOT)}:{line}"
        for path in sources("ordering", "kitchen", "consumers", "screens")  # hub knows no order
        if not str(path.relative_to(ROOT)).startswith(DOORS)
        for line in moves(path.read_text(encoding="utf-8"))
    }
    assert found == set()


def test_the_search_for_moves_finds_them():
    """The control: every way to set a state is seen, and reading one is not."""
    text = (
        "order.status = 'ready'\n"
        "a, line.state = 1, 'ready'\n"
        "lines.filter(order=order).update(state='ready', version=2)\n"
        "setattr(order, 'status', 'ready')\n"
        "if order.status == 'ready': pass\n"
        "filter(status='ready')\n"
        "self.state = 'open'\n"
        "lifecycle.state.stopping = True\n"
        "self.order.status = 'ready'\n"
    )
    assert moves(text) == [1, 2, 3, 4, 9]


def test_only_one_room_knows_the_payment_library():
    users = [
        path for path in sources(*FLOORS, "sandbox") if "wechatpayv3" in imported(ast.parse(path.read_text()))
    ]
    assert {path.parent.relative_to(ROOT).as_posix() for path in users} == {"ordering/payments/wechatpay"}
