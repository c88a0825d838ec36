"""A kitchen on paper: generated days of orders, cooked first come first served by so many hands a station."""

import heapq
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from statistics import median

from ordering.orders import eta
from ordering.orders.eta import Speeds, Work
from ordering.orders.pace import Sample, learn

BEGIN = datetime(2026, 3, 2, 3, tzinfo=UTC)
HANDS = {"wok": 3, "cold": 1, "bar": 3}
# Median seconds of a portion; how much they vary.
DISHES = {
    1: ("wok", 240, 0.30), 2: ("wok", 300, 0.30), 3: ("wok", 420, 0.25), 4: ("wok", 180, 0.35),
    5: ("cold", 90, 0.30), 6: ("cold", 120, 0.30), 7: ("bar", 60, 0.40), 8: ("bar", 150, 0.30),
}  # fmt: skip


@dataclass
class Dish:
    """A line: when it was begun and made, which no rule may look at before that time."""

    number: int
    dish: int
    station: str
    quantity: int
    load: int = 0
    begun: float = 0.0
    ready: float = 0.0


@dataclass
class Meal:
    """An order at ``at`` seconds of the day."""

    at: float
    lines: list[Dish] = field(default_factory=list)

    @property
    def ready(self):
        return max(line.ready for line in self.lines)


def a_day(seed, orders=200, hours=10.0):
    """Meals in order of time: quiet hours, and two rushes."""
    dice = random.Random(seed)
    rush = lambda: dice.choice([dice.gauss(1.5, 0.5), dice.gauss(7.5, 0.7), dice.uniform(0, hours)])  # noqa: E731
    meals = [Meal(at) for at in sorted(3600 * min(max(rush(), 0), hours) for _ in range(orders))]
    free = {station: [0.0] * hands for station, hands in HANDS.items()}
    made = {station: [] for station in HANDS}
    number = 0
    for meal in meals:
        for dish in dice.sample(list(DISHES), dice.choice([1, 1, 2, 2, 3])):
            station = DISHES[dish][0]
            line = Dish(number := number + 1, dish, station, dice.choice([1, 1, 1, 2]))
            line.load = ahead(made[station], line.number, meal.at)
            cook(line, meal.at, free[station], dice)
            made[station].append(line)
            meal.lines.append(line)
    return meals


def cook(line, at, free, dice):
    """Portion by portion, each by the hands that are free first."""
    _, usual, varies = DISHES[line.dish]
    begins = []
    for _ in range(line.quantity):
        begin = max(at, heapq.heappop(free))
        end = begin + dice.lognormvariate(0, varies) * usual
        heapq.heappush(free, end)
        begins.append(begin)
        line.ready = max(line.ready, end)
    line.begun = min(begins)


def ahead(made, number, at):
    """Portions of earlier lines that are not ready yet."""
    return sum(line.quantity for line in made if line.number < number and line.ready > at)


def samples(days):
    return [
        Sample(line.station, line.dish, line.load + line.quantity, line.ready - meal.at)
        for meals in days
        for meal in meals
        for line in meal.lines
    ]


def speeds(days):
    return Speeds({key: learned.speed for key, learned in learn(samples(days)).items()})


def moment(seconds):
    return BEGIN + timedelta(seconds=seconds)


def promise(known, meal):
    """(likely, promised) in seconds from accepting."""
    guesses = [known.queued(Work(x.dish, x.station, x.quantity, x.load)) for x in meal.lines]
    return eta.quantile(guesses, eta.LIKELY), eta.quantile(guesses, eta.PROMISED)


def watch(known, meals, meal, *, taps, every=5):
    """What the guest is shown: (since when, the expected second), from accepting on."""
    lines = {station: [x for m in meals for x in m.lines if x.station == station] for station in HANDS}
    told, reached = meal.at + promise(known, meal)[0], {}
    shown, places, at, last = [(meal.at, told)], [x.load for x in meal.lines], meal.at, meal.at
    while (at := at + every) < meal.ready:
        todo = [x for x in meal.lines if x.ready > at]
        now = [ahead(lines[x.station], x.number, at) for x in todo]
        works = [
            Work(x.dish, x.station, x.quantity, n, begun(known, x, n, at, taps, reached))
            for x, n in zip(todo, now, strict=True)
        ]
        new = eta.after(moment(at), [known.left(work, moment(at)) for work in works], eta.LIKELY)
        was = [places[meal.lines.index(x)] for x in todo]
        if at - last >= 30 and (eta.has_moved(moment(told), new, moment(at)) or eta.has_stepped(was, now)):
            told, last = (new - BEGIN).total_seconds(), at
            for x, n in zip(todo, now, strict=True):
                places[meal.lines.index(x)] = n
            shown.append((at, told))
    return shown


def begun(known, line, ahead, at, taps, reached):
    """When the cook said that it was begun, else since when the station was seen to have hands for it."""
    if taps and line.begun <= at:
        return moment(line.begun)
    if known.in_reach(Work(line.dish, line.station, line.quantity, ahead)):
        reached.setdefault(line.number, moment(at))
    return reached.get(line.number)


def expected(shown, at):
    """What was shown at this second."""
    return [told for since, told in shown if since <= at][-1]


def usual(days):
    """The best constant there is: the median time of an order."""
    return median(meal.ready - meal.at for meals in days for meal in meals)
