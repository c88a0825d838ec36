"""How much of the code the tests reached: what each process of pytest wrote down, summed over the lanes."""

from __future__ import annotations

import dis
import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from pathlib import Path
from types import CodeType

PACKAGES = ("hub", "ordering", "kitchen", "consumers", "screens", "rush")
FOLDER = "KAIFAN_COVERAGE"  # the variable that tells the plugin where to write
PLUGIN = "tests.reached"

Lines = dict[str, set[int]]


def reached(folder: Path) -> Lines:
    """The lines that any process of a lane ran, by file."""
    return merge(json.loads(file.read_text()) for file in sorted(folder.glob("*.json")))


def merge(parts: Iterable[Mapping[str, Iterable[int]]]) -> Lines:
    """A line is reached when somebody reached it."""
    merged: Lines = {}
    for part in parts:
        for name, lines in part.items():
            merged.setdefault(name, set()).update(lines)
    return merged


def executable(root: Path) -> Lines:
    """The lines that can run, also of files nobody imports; migrations are made, not written."""
    files = (file for package in PACKAGES for file in sorted((root / package).rglob("*.py")))
    return {
        str(file.relative_to(root)): set(lines_of(compiled(file)))
        for file in files
        if "migrations" not in file.parts
    }


def compiled(file: Path) -> CodeType:
    """The file as it is imported: without what this module has from `__future__`."""
    return compile(file.read_bytes(), str(file), "exec", dont_inherit=True)


def lines_of(code: CodeType) -> Iterator[int]:
    """The lines of a piece of code and of all inside it."""
    yield from (line for _, line in dis.findlinestarts(code) if line)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from lines_of(constant)


def percent(ran: Lines, known: Lines) -> int:
    """Reached lines of all; rounded down, so that 100 means all."""
    total = sum(map(len, known.values()))
    return sum(len(lines & ran.get(name, set())) for name, lines in known.items()) * 100 // max(total, 1)


def missing(ran: Lines, known: Lines) -> str:
    """What nobody reached, the least covered file first: ` 40 %  hub/x.py  3-9, 12`."""
    rows = []
    for name, lines in known.items():
        left = lines - ran.get(name, set())
        if left:
            rows.append(f"{percent(ran, {name: lines}):3} %  {name}  {spans(left, lines)}\n")
    return "".join(sorted(rows))


def spans(left: set[int], lines: set[int]) -> str:
    """`3-9, 12`: neighbours among the lines that can run go together."""
    runs = [list(run) for gone, run in groupby(sorted(lines), left.__contains__) if gone]
    return ", ".join(f"{run[0]}-{run[-1]}" if len(run) > 1 else f"{run[0]}" for run in runs)
