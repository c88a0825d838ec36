"""Rows of the result and how they are printed and stored."""

from __future__ import annotations

import json
import time
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

HEADINGS = ("id", "what", "ours", "beside", "", "ratio", "target", "met")
RESULTS = Path(__file__).parent.parent / "var" / "benchmarks" / "latest.json"


@dataclass(frozen=True)
class Row:
    """One comparison. `ratio` is None where the target is a count; `met` is None where there is no target."""

    id: str
    what: str
    ours: str
    beside: str
    beside_value: str
    ratio: float | None
    target: str
    met: bool | None


def at_most(id: str, what: str, ours: float, beside: str, base: float, limit: float, form: str) -> Row:
    """A row whose ratio must not exceed `limit`; `form` formats both values, such as "{:.0f} µs"."""
    ratio = ours / base
    return Row(
        id, what, form.format(ours), beside, form.format(base), ratio, f"≤ {limit:g} ×", ratio <= limit
    )


def at_least(id: str, what: str, ours: float, beside: str, base: float, limit: float, form: str) -> Row:
    """A row whose ratio must reach `limit`."""
    ratio = ours / base
    return Row(
        id, what, form.format(ours), beside, form.format(base), ratio, f"≥ {limit:g} ×", ratio >= limit
    )


def beside_only(id: str, what: str, ours: float, beside: str, base: float, form: str) -> Row:
    """A row for orientation, without a target."""
    return Row(id, what, form.format(ours), beside, form.format(base), ours / base, "–", None)


def middle(values: Iterable[float]) -> float:
    """The median, by which all rounds are summed up."""
    return median(values)


def cells(row: Row) -> tuple[str, ...]:
    """A row as the texts of its columns."""
    ratio = "–" if row.ratio is None else f"{row.ratio:.2f} ×"
    met = {True: "yes", False: "NO", None: ""}[row.met]
    return (row.id, row.what, row.ours, row.beside, row.beside_value, ratio, row.target, met)


def width(text: str) -> int:
    """Columns a terminal uses for the text."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def line(texts: Sequence[str], widths: Sequence[int]) -> str:
    """One line of a Markdown table, padded so that plain text reads well too."""
    return (
        "| "
        + " | ".join(text + " " * (size - width(text)) for text, size in zip(texts, widths, strict=True))
        + " |"
    )


def table(rows: Sequence[Row]) -> str:
    """All rows as a Markdown table."""
    body = [cells(row) for row in rows]
    widths = [max(width(texts[i]) for texts in [HEADINGS, *body]) for i in range(len(HEADINGS))]
    rule = "|" + "|".join("-" * (size + 2) for size in widths) + "|"
    return "\n".join([line(HEADINGS, widths), rule, *(line(texts, widths) for texts in body)])


def store(rows: Sequence[Row], rounds: int) -> Path:
    """Write the rows as JSON and return the file."""
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    found = {
        "at": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        "rounds": rounds,
        "rows": [asdict(row) for row in rows],
    }
    RESULTS.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n")
    return RESULTS
