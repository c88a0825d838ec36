"""What a simulation counts, and how it tells: one line while it runs, a summary at the end."""

from collections import Counter, deque
from statistics import median
from typing import Any

REMEMBERED = 1000
STEPS = ("paid", "accepted", "ready", "completed", "cancelled", "rejected")


class Tally:
    """Counts by name; ``broken`` says what must not be, ``seconds`` are the latest answer times."""

    def __init__(self) -> None:
        self.diners = self.reviews = self.requests = self.retries = 0
        self.faults: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.broken: list[str] = []
        self.seconds: deque[float] = deque(maxlen=REMEMBERED)

    def answered(self, seconds: float) -> None:
        """An answer came after so many seconds."""
        self.requests += 1
        self.seconds.append(seconds)

    @property
    def p50_ms(self) -> float:
        """The median of the latest answer times."""
        return round(median(self.seconds) * 1000, 1) if self.seconds else 0.0

    @property
    def errors(self) -> int:
        """Answers 5xx, lost connections, and broken invariants."""
        return self.faults.total() + len(self.broken)

    @property
    def good(self) -> bool:
        """Whether the API never answered 5xx and nothing broke."""
        return not self.broken and not any(name.startswith("5") for name in self.faults)


def counts(tally: Tally, orders: dict[str, int]) -> dict[str, Any]:
    """The figures by name, as the switch and ``--json`` tell them; money in fen."""
    steps = {name: orders.get(name, 0) for name in ("orders", *STEPS, "money_fen")}
    return {
        "diners": tally.diners,
        **steps,
        "reviews": tally.reviews,
        "refused": tally.refused.total(),
        "errors": tally.errors,
        "p50_ms": tally.p50_ms,
    }


def line(at: float, told: dict[str, Any]) -> str:
    """One line of progress at a second of the simulation."""
    minutes, seconds = divmod(int(at), 60)
    return (
        f"{minutes:02}:{seconds:02}  diners {told['diners']}  orders {told['orders']}  paid {told['paid']}"
        f"  accepted {told['accepted']}  ready {told['ready']}  completed {told['completed']}"
        f"  cancelled {told['cancelled'] + told['rejected']}  ¥{told['money_fen'] / 100:.2f}"
        f"  errors {told['errors']}  p50 {told['p50_ms']:.0f} ms"
    )


def summary(tally: Tally, told: dict[str, Any], left: list[str]) -> list[str]:
    """The last words: what happened, what was refused, what broke, what is left."""
    lines = [f"  {name:<10} {value}" for name, value in told.items()]
    lines += [f"  requests   {tally.requests}, tried again {tally.retries}"]
    lines += [f"  refused    {count} x {code}" for code, count in sorted(tally.refused.items())]
    return [*lines, *complaints(tally, left)]


def complaints(tally: Tally, left: list[str]) -> list[str]:
    """What broke and what is left, a line each; nothing after a good rush."""
    return [
        *(f"  FAULT      {count} x {name}" for name, count in sorted(tally.faults.items())),
        *(f"  BROKEN     {what}" for what in tally.broken),
        *(f"  LEFT OVER  {what}" for what in left),
    ]
