"""When dishes will be ready: from how fast the kitchen is and how much it has to do. Pure.

A line that is queued now takes ``own + pace * excess`` seconds: ``own`` is the dish's own time, ``excess``
how many of the portions up to its last one are more than the station's ``hands`` make at once, and each of
those lengthens the wait by the station's ``pace``. What varies is taken for normal, so that an order, ready
when its last line is, has a distribution too.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import NormalDist

Z80 = NormalDist().inv_cdf(0.8)
LIKELY, PROMISED = 0.5, 0.8
STEPS = 24  # halvings: an hour to a fraction of a second
NARROWEST = 5.0
SOONEST = 30.0
MOVED = timedelta(seconds=60)
MOVED_SHARE = 0.2


@dataclass(frozen=True, slots=True)
class Speed:
    """Seconds: half of a dish's portions need at most ``p50`` of their own, four in five ``p80``.

    ``hands`` is how many portions the station makes at once, ``pace`` what each further one costs.
    """

    p50: float
    p80: float
    pace: float
    hands: int

    def usual(self, ahead: int, quantity: int) -> float:
        """Seconds from queued to ready with so many portions before it."""
        return self.p50 + self.pace * excess(ahead + quantity, self.hands)


def excess(portions: int, hands: int) -> int:
    """How many of them are more than can be made at once."""
    return max(0, portions - hands)


DEFAULT = Speed(480.0, 720.0, 120.0, 4)


@dataclass(frozen=True, slots=True)
class Work:
    """A line in a kitchen: ``ahead`` portions of its station are before it.

    ``begun_at`` is when a cook began it or, where nobody says so, when the station had hands for it.
    """

    dish: int
    station: str
    quantity: int
    ahead: int
    begun_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Guess:
    """Seconds from now, normally distributed."""

    mean: float
    deviation: float

    def share_by(self, seconds: float) -> float:
        """How likely it is ready by then."""
        return 0.5 * math.erfc((self.mean - seconds) / (self.deviation * math.sqrt(2)))


class Speeds:
    """What was learned of a store: by (station, dish), and by (station, None) for dishes too new to know."""

    def __init__(self, known: dict[tuple[str, int | None], Speed] | None = None) -> None:
        self._known = known or {}

    def of(self, station: str, dish: int) -> Speed:
        """The dish's, else its station's, else what kitchens usually need."""
        return self._known.get((station, dish)) or self._known.get((station, None)) or DEFAULT

    def queued(self, work: Work) -> Guess:
        """A line that is not begun."""
        speed = self.of(work.station, work.dish)
        return Guess(max(speed.usual(work.ahead, work.quantity), SOONEST), _deviation(speed))

    def in_reach(self, work: Work) -> bool:
        """Whether the station has hands for it now."""
        return work.ahead < self.of(work.station, work.dish).hands

    def left(self, work: Work, now: datetime) -> Guess:
        """What a line still takes; one that was begun goes by its clock."""
        if work.begun_at is None:
            return self.queued(work)
        speed = self.of(work.station, work.dish)
        mean = speed.usual(0, work.quantity) - (now - work.begun_at).total_seconds()
        return Guess(max(mean, SOONEST) if mean > 0 else _overdue(-mean), _deviation(speed))


def _overdue(late: float) -> float:
    """What is late is expected one minute late, then two, four, eight: guests hear of it ever more seldom."""
    step = 2 * SOONEST
    while step < late + SOONEST:
        step *= 2
    return step - late


def _deviation(speed: Speed) -> float:
    return max((speed.p80 - speed.p50) / Z80, NARROWEST)


def quantile(guesses: Sequence[Guess], share: float) -> float:
    """Seconds until all are ready with this likelihood."""
    low, high = 0.0, max(guess.mean + 4 * guess.deviation for guess in guesses)
    for _ in range(STEPS):
        middle = (low + high) / 2
        likely = math.prod(guess.share_by(middle) for guess in guesses)
        low, high = (low, middle) if likely >= share else (middle, high)
    return high


def after(at: datetime, guesses: Sequence[Guess], share: float) -> datetime:
    """The moment by which all are ready with this likelihood, to the second."""
    return (at + timedelta(seconds=quantile(guesses, share))).replace(microsecond=0)


def minutes(guesses: Sequence[Guess]) -> dict[str, int]:
    """``{"low", "high"}``: whole minutes, from likely to all but sure; ``high`` is the greater one."""
    low, high = (math.ceil(round(quantile(guesses, share)) / 60) for share in (LIKELY, PROMISED))
    return {"low": low, "high": max(high, low + 1)}


def has_moved(told_at: datetime | None, new_at: datetime, now: datetime) -> bool:
    """Whether a guest should hear of it: by a minute at least, and by more while it is far off."""
    if told_at is None:
        return True
    return abs(new_at - told_at) >= max(MOVED, MOVED_SHARE * (new_at - now))


def has_stepped(told: Iterable[int | None], ahead: Iterable[int]) -> bool:
    """Whether a line came to be next, or has half as many before it as was told; or nothing was told."""
    pairs = zip(told, ahead, strict=True)
    return any(was is None or (now < was and 2 * now <= was) for was, now in pairs)
