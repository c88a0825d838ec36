"""What a coupon saves and which one is best, in whole fen. Pure: plain data in, plain data out."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

FIXED, PERCENT = "fixed", "percent"

Row = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Terms:
    """What a coupon takes off: ``amount_fen`` (fixed), or ``percent`` of what is in scope up to ``cap_fen``.

    ``dishes`` empty = every dish; a combo is in scope by its own id, not by its parts. Below
    ``threshold_fen`` of dishes in scope there is nothing off.
    """

    kind: str
    amount_fen: int | None = None
    percent: int | None = None
    cap_fen: int | None = None
    threshold_fen: int = 0
    dishes: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Choice:
    """A coupon that would take ``discount_fen`` off this basket."""

    id: int
    discount_fen: int
    expires_at: datetime


def in_scope(terms: Terms, dishes: Collection[int]) -> bool:
    """Whether any of the basket's dishes counts for the coupon."""
    return not terms.dishes or not terms.dishes.isdisjoint(dishes)


def scoped_fen(terms: Terms, lines: Iterable[tuple[int, int]]) -> int:
    """What the (dish, fen) lines in scope cost together."""
    return sum(fen for dish, fen in lines if not terms.dishes or dish in terms.dishes)


def discount_fen(terms: Terms, scoped: int) -> int:
    """What the coupon takes off dishes worth ``scoped`` fen: never more than they cost, never above the cap.

    A percentage rounds down to a whole fen, so nobody is given a part of one.
    """
    if scoped < terms.threshold_fen:
        return 0
    if terms.kind == FIXED:
        return min(terms.amount_fen or 0, scoped)
    off = scoped * (terms.percent or 0) // 100
    return off if terms.cap_fen is None else min(off, terms.cap_fen)


def refusal(terms: Terms, lines: Collection[tuple[int, int]]) -> str | None:
    """Why these (dish, fen) lines cannot have the coupon: ``scope``, ``threshold``, or None when they can."""
    if not in_scope(terms, [dish for dish, _ in lines]):
        return "scope"
    return None if discount_fen(terms, scoped_fen(terms, lines)) else "threshold"


def ranked(choices: Iterable[Choice]) -> list[Choice]:
    """Best first: the largest discount, then the earliest to expire, then the oldest."""
    return sorted(choices, key=lambda choice: (-choice.discount_fen, choice.expires_at, choice.id))


class Plan(Protocol):
    """What a manager says of a kind of coupon."""

    kind: str
    amount_fen: int | None
    percent: int | None
    cap_fen: int | None
    claim_from: datetime | None
    claim_until: datetime | None
    valid_from: datetime | None
    valid_until: datetime | None
    valid_days: int | None


def problems(plan: Plan) -> list[Row]:
    """What is wrong with a plan as (field, code, sentence) rows; empty when it is sound."""
    return [*_amount_problems(plan), *_time_problems(plan)]


def _amount_problems(plan: Plan) -> Iterator[Row]:
    own, foreign = (
        ("amount_fen", ("percent", "cap_fen")) if plan.kind == FIXED else ("percent", ("amount_fen",))
    )
    if getattr(plan, own) is None:
        yield own, "required", "必填"
    for name in foreign:
        if getattr(plan, name) is not None:
            yield name, "not_applicable", "该类型的优惠券不适用此项"


def _time_problems(plan: Plan) -> Iterator[Row]:
    if (plan.valid_until is None) == (plan.valid_days is None):
        yield "valid_until", "one_of", "请在截止时间与领取后天数中选填一项"
    if plan.valid_days is not None and plan.valid_from is not None:
        yield "valid_from", "not_applicable", "按天数有效的优惠券从领取时起生效"
    for start, end in (("claim_from", "claim_until"), ("valid_from", "valid_until")):
        begins, ends = getattr(plan, start), getattr(plan, end)
        if begins is not None and ends is not None and begins >= ends:
            yield end, "order", "必须晚于开始时间"
