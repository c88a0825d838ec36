"""Time windows in one cell: ``周一至周五 06:00-10:30; 周六、周日 07:00-11:00``; empty = always. Pure."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from datetime import time
from typing import Any

DAYS = "一二三四五六日"
EVERY_DAY = "每天"
EXAMPLE = "周一至周五 06:00-10:30; 周六、周日 07:00-11:00"
MOST_TEXT = 1_000
ENGLISH = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
NAMES = {
    **{f"{prefix}{day}": place for prefix in ("周", "星期", "") for place, day in enumerate(DAYS)},
    **{f"{prefix}天": 6 for prefix in ("周", "星期")},
    **{name: place for place, name in enumerate(ENGLISH)},
    **{str(place + 1): place for place in range(7)},
}
DASHES = re.compile(r" ?[-~–—至到] ?")
TIMES = re.compile(r"(\d{1,2}:\d{2}(?::\d{2})?)-(\d{1,2}:\d{2}(?::\d{2})?)")
Window = dict[str, Any]


def write(windows: Iterable[Window]) -> str:
    """The windows (``{"weekdays": [0, …], "starts": time, "ends": time}``) as a cell says them."""
    return "; ".join(
        f"{_days(window['weekdays'])} {_clock(window['starts'])}-{_clock(window['ends'])}"
        for window in windows
    )


def read(text: str) -> list[Window]:
    """The windows with their times as text; ValueError for what cannot be understood."""
    if len(text) > MOST_TEXT:
        raise ValueError("too long")
    said = " ".join(unicodedata.normalize("NFKC", text.replace("\n", ";")).casefold().split())
    return [_window(DASHES.sub("-", piece)) for piece in said.split(";") if piece.strip()]


def _window(piece: str) -> Window:
    *days, clock = piece.split()
    found = TIMES.fullmatch(clock)
    if not found:
        raise ValueError(piece)
    weekdays = sorted({day for word in re.split("[、,/]", "、".join(days)) if word for day in _run(word)})
    if days and not weekdays:
        raise ValueError(piece)
    return {"weekdays": weekdays or [*range(7)], "starts": found[1], "ends": found[2]}


def _run(word: str) -> Iterator[int]:
    """The days of ``周一`` or ``周六-周二``; the latter goes over the week's end."""
    if word == EVERY_DAY:
        yield from range(7)
        return
    first, _, last = word.partition("-")
    begin, end = _day(first), _day(last or first)
    yield from ((begin + step) % 7 for step in range((end - begin) % 7 + 1))


def _day(name: str) -> int:
    if name not in NAMES:
        raise ValueError(name)
    return NAMES[name]


def _days(weekdays: Iterable[int]) -> str:
    days = sorted(set(weekdays))
    if len(days) == 7:
        return EVERY_DAY
    runs: list[list[int]] = []
    for day in days:
        if runs and runs[-1][-1] == day - 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    return "、".join(word for run in runs for word in _words(run))


def _words(run: list[int]) -> list[str]:
    names = [f"周{DAYS[day]}" for day in run]
    return [f"{names[0]}至{names[-1]}"] if len(names) > 2 else names


def _clock(at: time) -> str:
    return f"{at:%H:%M:%S}" if at.second else f"{at:%H:%M}"
