"""Chinese literals of Python source: every one that is no docstring is a message of the catalogue.

The product's texts are plain Chinese literals; they become another language at the boundary. So nobody has to
mark them, and none can be forgotten.
"""

import ast
import re
from collections.abc import Iterator

HAN = re.compile(r"[\u3400-\u9fff]")
# Data rather than words of ours: seeds of the demo, columns of bills and of the menu's workbook, what WeChat
# delivers.
NO_WORDS = re.compile(
    r"(tests|sandbox|benchmarks|var|\.venv)/.*|.*/(migrations/.*|demo\.py)"
    r"|ordering/dishes/sheets/(columns|hours)\.py"
    r"|ordering/payments/bills\.py|ordering/orders/messages\.py|consumers/asyncapi\.py"
    r"|hub/(settings|bootstrap|management)/.*"
)


def has_words(path: str) -> bool:
    """Whether the file at this path, from the root folder, may hold words for people."""
    return not NO_WORDS.fullmatch(path)


def messages(source: str) -> list[str]:
    """The message ids of a file in their order, without repeats."""
    tree = ast.parse(source)
    apart = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    apart |= {id(part) for node in _formatted(tree) for part in node.values}
    found = (node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in apart)
    return list(dict.fromkeys(str(node.value) for node in found if _is_chinese(node.value)))


def formatted(source: str) -> list[str]:
    """Chinese f-strings: no catalogue can hold those (`format_lazy` of a literal is what it can)."""
    return [
        ast.unparse(node)
        for node in _formatted(ast.parse(source))
        if any(isinstance(part, ast.Constant) and _is_chinese(part.value) for part in node.values)
    ]


def _formatted(tree: ast.AST) -> Iterator[ast.JoinedStr]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr))


def _is_chinese(value: object) -> bool:
    return isinstance(value, str) and bool(HAN.search(value))
