"""docs/operations.md names every logger, every cache key and every limit of the product, and no other."""

import ast
import re
from functools import lru_cache
from pathlib import Path

from django.conf import settings

from hub import health, throttling
from ordering.payments import doctor
from ordering.users.wechat import token

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs/operations.md").read_text("utf-8")
KEY = re.compile(r"[a-z_]+:\d+\b")
KEEPERS = {health, throttling, doctor, token}


@lru_cache
def sources():
    return list(_read())


def _read():
    for folder in ("hub", "ordering", "kitchen", "consumers", "screens"):
        for file in (ROOT / folder).rglob("*.py"):
            if "/bootstrap/" not in file.as_posix():
                yield file, ast.parse(file.read_text("utf-8"))


def first_column(title):
    """What stands in the first column of the table under a heading."""
    part = TEXT.split(f"\n## {title}\n")[1].split("\n## ")[0]
    return re.findall(r"^\| `([^`]+)` \|", part, re.MULTILINE)


def loggers():
    for file, tree in sources():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "getLogger":
                module = file.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".")
                name = node.args[0]
                yield name.value if isinstance(name, ast.Constant) else module


def test_every_logger_is_named():
    named = first_column("Logs")
    own = set(loggers())
    assert {name for name in own if not any(f"{name}.".startswith(f"{one}.") for one in named)} == set()
    idle = {one for one in named if not any(f"{name}.".startswith(f"{one}.") for name in own)}
    assert idle == {"django.request"}


def keys_of(tree):
    """The cache keys that a module writes: texts that begin with a name and a version."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and KEY.match(node.value):
            yield KEY.match(node.value)[0]


def uses_cache(tree):
    imports = (node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom))
    return any(node.module == "django.core.cache" for node in imports)


def test_every_cache_key_has_a_version_and_a_row():
    users = {file: set(keys_of(tree)) for file, tree in sources() if uses_cache(tree)}
    assert {Path(module.__file__) for module in KEEPERS} == set(users), "who uses the cache is named here"
    assert all(users.values()), "a key is name:version, and whatever follows"
    assert set().union(*users.values()) == {KEY.match(key)[0] for key in first_column("The cache")}


def test_every_limit_is_named_with_its_figure():
    rows = re.findall(r"^\| `(\w+)` \| (\d+) \|", TEXT.split("\n## Limits\n")[1], re.MULTILINE)
    assert {name: f"{figure}/m" for name, figure in rows} == settings.THROTTLES
