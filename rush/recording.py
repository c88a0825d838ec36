"""Recordings of a day: JSON lines, a heading first, then who did what when, in the order it began."""

import inspect
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

VERSION = 1
SAMPLE = Path(__file__).parent / "data" / "lunch.jsonl"
Verbs = Mapping[str, Callable[..., Any]]
NEEDED = {"at": (int, float), "who": (str,), "do": (str,)}


class Unreadable(Exception):
    """The file is no recording of ours; says which line and why."""


class Recorder:
    """Remembers what was done and when it began: others may see its effect before it is over."""

    def __init__(self) -> None:
        self.entries: list[dict[str, Any]] = []

    def note(self, at: float, who: str, do: str, told: dict[str, Any], result: Any = None) -> None:
        """``who`` did ``do``; ``told`` is what else the verb needs, ``result`` what came of it."""
        entry = {"at": round(at, 3), "who": who, "do": do, **told}
        self.entries.append(entry if result is None else {**entry, "result": result})

    def write(self, path: Path, heading: dict[str, Any]) -> None:
        """Write the recording."""
        rows = [{"kaifan": "day", "version": VERSION, **heading}]
        rows += sorted(self.entries, key=lambda entry: entry["at"])
        text = "".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n" for row in rows)
        path.write_text(text, encoding="utf-8")


def read(path: Path, verbs: Verbs) -> list[dict[str, Any]]:
    """The entries of a recording, in order; raises Unreadable."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise Unreadable(f"cannot read {path}: {error}") from error
    rows = [_row(path, number, line) for number, line in enumerate(lines, 1) if line.strip()]
    if not rows or rows[0].get("kaifan") != "day" or rows[0].get("version") != VERSION:
        raise Unreadable(f'{path} is no recording: its first line should say {{"kaifan":"day","version":1}}')
    for number, row in enumerate(rows[1:], 2):
        _check(path, number, row, verbs)
    return sorted(rows[1:], key=lambda entry: float(entry["at"]))


def _row(path: Path, number: int, line: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except ValueError as error:
        raise Unreadable(f"{path}, line {number}: no JSON ({error})") from error
    if not isinstance(row, dict):
        raise Unreadable(f"{path}, line {number}: no JSON object")
    return row


def _check(path: Path, number: int, row: dict[str, Any], verbs: Verbs) -> None:
    for name, kinds in NEEDED.items():
        if not isinstance(row.get(name), kinds):
            raise Unreadable(f"{path}, line {number}: {name} is missing or wrong")
    if row["do"] not in verbs:
        raise Unreadable(f"{path}, line {number}: nobody knows how to do {row['do']!r}")
    try:
        inspect.signature(verbs[row["do"]]).bind(None, None, **told(row))
    except TypeError as error:
        raise Unreadable(f"{path}, line {number}: {row['do']}: {error}") from error


def told(row: dict[str, Any]) -> dict[str, Any]:
    """What an entry tells its verb."""
    return {name: value for name, value in row.items() if name not in (*NEEDED, "result")}
