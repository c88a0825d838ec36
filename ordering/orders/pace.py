"""How fast a kitchen is, learned from what it did. Pure.

Of every dish, lines that waited behind more portions took longer, once there were more than the station makes
at once. How many these are, and by how much each further one lengthens the wait, is fitted for a station over
all its dishes, without anybody counting cooks. What that does not explain is the dish's own time.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean

from ordering.orders.eta import Speed, excess

LONGEST = 5400.0  # seconds: a line that took longer was forgotten, not cooked
FEW_OF_STATION, FEW_OF_DISH = 20, 10
FASTEST = 2.0
MOST_HANDS, USUAL_HANDS = 12, 2

Key = tuple[str, int | None]


@dataclass(frozen=True, slots=True)
class Sample:
    """A line that was made: with it there were so many ``portions``, it took so many seconds."""

    station: str
    dish: int
    portions: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Learned:
    """A speed and of how many lines it is."""

    speed: Speed
    lines: int


def learn(samples: Iterable[Sample]) -> dict[Key, Learned]:
    """The speed of every station with enough lines, and of its dishes that have enough."""
    stations: dict[str, list[Sample]] = defaultdict(list)
    for sample in samples:
        if 0 < sample.seconds <= LONGEST:
            stations[sample.station].append(sample)
    found: dict[Key, Learned] = {}
    for station, those in stations.items():
        if len(those) >= FEW_OF_STATION:
            found |= _of_station(station, those)
    return found


def _of_station(station: str, samples: Sequence[Sample]) -> dict[Key, Learned]:
    dishes = _by_dish(samples)
    hands, pace = _fit(list(dishes.values()))
    found: dict[Key, Learned] = {(station, None): _speed(samples, hands, pace)}
    for dish, those in dishes.items():
        if len(those) >= FEW_OF_DISH:
            found[station, dish] = _speed(those, hands, pace)
    return found


def _by_dish(samples: Iterable[Sample]) -> dict[int, list[Sample]]:
    dishes: dict[int, list[Sample]] = defaultdict(list)
    for sample in samples:
        dishes[sample.dish].append(sample)
    return dishes


def _fit(dishes: Sequence[Sequence[Sample]]) -> tuple[int, float]:
    """The number of hands, and its pace, that explain most of why some lines took longer than others.

    Least squares within dishes, so that slow dishes at busy hours do not look like a slow station.
    """
    usual = rank([sample.seconds for samples in dishes for sample in samples], 50)
    best = (0.0, USUAL_HANDS, usual / USUAL_HANDS)
    for hands in range(1, MOST_HANDS + 1):
        both = square = 0.0
        for samples in dishes:
            waits = [excess(sample.portions, hands) for sample in samples]
            wait, seconds = fmean(waits), fmean(sample.seconds for sample in samples)
            both += sum((x - wait) * (s.seconds - seconds) for x, s in zip(waits, samples, strict=True))
            square += sum((x - wait) ** 2 for x in waits)
        if both > 0 and both * both / square > best[0]:
            best = (both * both / square, hands, both / square)
    return best[1], max(FASTEST, min(best[2], usual))


def _speed(samples: Sequence[Sample], hands: int, pace: float) -> Learned:
    own = [max(sample.seconds - pace * excess(sample.portions, hands), FASTEST) for sample in samples]
    return Learned(Speed(rank(own, 50), rank(own, 80), pace, hands), len(samples))


def rank(values: Sequence[float], percent: int) -> float:
    """The nearest rank: of n values the ceil(percent * n / 100)-th smallest."""
    return sorted(values)[-(-percent * len(values) // 100) - 1]
