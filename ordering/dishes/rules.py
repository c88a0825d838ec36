"""Pure: what a dish's choices and a combo's contents must be, asked by the API and by the admin's forms."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

MOST_FEN = 10_000_000


class Choice(NamedTuple):
    """An option group: how many of its options must and may be chosen, and what each adds to the price."""

    required: bool
    min: int
    max: int
    deltas: Sequence[int]


class Fault(NamedTuple):
    """What is wrong: the field below the group or item, a code, and a sentence for people."""

    field: str
    code: str
    detail: str


def faults_of_choice(choice: Choice) -> Iterator[Fault]:
    """Unless min ≤ max ≤ number of options; a required group lets at least one be chosen."""
    if choice.min > choice.max:
        yield Fault("min", "above_max", "最少不能大于最多")
    if choice.max > len(choice.deltas):
        yield Fault("max", "above_options", "最多不能超过选项数量")
    if choice.required and not choice.max:
        yield Fault("max", "required", "必选的规格组至少可选一项")


def lowest_price(price_fen: int, choices: Iterable[Choice]) -> int:
    """What the dish costs with its cheapest choices; it must not be negative."""
    return price_fen + sum(_cheapest(choice) for choice in choices)


def _cheapest(choice: Choice) -> int:
    least = max(choice.min, 1) if choice.required else 0
    cheap = sorted(choice.deltas)[: choice.max]
    return sum(delta for place, delta in enumerate(cheap) if delta < 0 or place < least)
