"""Pure: is a moment within opening hours? Openings may end after midnight."""

from collections.abc import Iterable
from datetime import datetime, time
from typing import Protocol


class Opening(Protocol):
    """An opening: begins on ``weekday`` (0 = Monday) at ``opens``; ``closes`` <= ``opens`` is tomorrow."""

    weekday: int
    opens: time
    closes: time


def within(openings: Iterable[Opening], local: datetime) -> bool:
    """Whether a local moment falls into one of the openings; without any openings always."""
    rows = list(openings)
    return not rows or any(_covers(row, local.weekday(), local.time()) for row in rows)


def _covers(opening: Opening, weekday: int, at: time) -> bool:
    if opening.opens < opening.closes:
        return weekday == opening.weekday and opening.opens <= at < opening.closes
    tonight = weekday == opening.weekday and at >= opening.opens
    after_midnight = weekday == (opening.weekday + 1) % 7 and at < opening.closes
    return tonight or after_midnight
