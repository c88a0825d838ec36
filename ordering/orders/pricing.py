"""What a basket costs and which of its lines cannot be had. Pure: plain data in, plain data out."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from hub import money


class OptionOffer(Protocol):
    """An option as the menu offers it."""

    id: int
    name: str
    price_delta_fen: int


class GroupOffer(Protocol):
    """A group of options: at least ``min`` (one, if ``required``) and at most ``max`` of them."""

    id: int
    required: bool
    min: int
    max: int

    @property
    def options(self) -> Sequence[OptionOffer]:
        """What can be chosen."""


class ComboPart(Protocol):
    """A dish that a combo is cooked as, ``quantity`` times for each combo."""

    dish: int
    name: str
    price_fen: int
    station: str
    quantity: int


class Offer(Protocol):
    """A dish as it can be ordered now; ``combo`` is empty for a plain dish."""

    dish: int
    name: str
    price_fen: int
    station: str
    sold_out: bool
    remaining: int | None
    available: bool

    @property
    def groups(self) -> Sequence[GroupOffer]:
        """Choices on the dish."""

    @property
    def combo(self) -> Sequence[ComboPart]:
        """What a combo consists of."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A line as the guest asks for it; ``options`` are option ids."""

    dish: int
    quantity: int
    options: tuple[int, ...] = ()
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """An order line in the making: one dish at one station.

    ``amount_fen`` is exact. For a part of a combo it is the part's share of the combo's price, and
    ``unit_price_fen`` is that amount per portion, rounded down.
    """

    dish: int
    name: str
    station: str
    quantity: int
    unit_price_fen: int
    amount_fen: int
    options: tuple[dict[str, Any], ...]
    remark: str
    combo: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Priced:
    """A wanted line with its price, or with the code of its refusal (then it costs nothing)."""

    wanted: Wanted
    refusal: str | None = None
    unit_price_fen: int = 0
    amount_fen: int = 0
    parts: tuple[Part, ...] = ()
    facts: dict[str, Any] = field(default_factory=dict)


def price(offers: Mapping[int, Offer], wanted: Iterable[Wanted]) -> list[Priced]:
    """Price every line by the offers; one that cannot be had carries its refusal code.

    Codes: ``dish.not_found``, ``option.invalid`` (foreign, twice, or too many of a group),
    ``option.required`` (too few), ``dish.not_available`` (outside its hours), ``stock.sold_out`` (also when
    the lines together want more than there is).
    """
    left = {dish: offer.remaining for dish, offer in offers.items()}
    return [_price_line(offers.get(line.dish), line, number, left) for number, line in enumerate(wanted)]


def subtotal(lines: Iterable[Priced]) -> int:
    """What the lines cost together, in fen."""
    return sum(line.amount_fen for line in lines)


def _price_line(offer: Offer | None, line: Wanted, number: int, left: dict[int, int | None]) -> Priced:
    if offer is None:
        return Priced(line, "dish.not_found", facts={"dish": line.dish})
    if code := _option_refusal(offer.groups, line.options):
        return Priced(line, code, facts={"dish": line.dish})
    if not offer.available:
        return Priced(line, "dish.not_available", facts={"dish": line.dish})
    have = left[offer.dish]
    if offer.sold_out or (have is not None and have < line.quantity):
        return Priced(line, "stock.sold_out", facts={"dish": line.dish, "remaining": have or 0})
    left[offer.dish] = None if have is None else have - line.quantity
    chosen = _chosen(offer, line.options)
    unit = max(0, offer.price_fen + sum(option["price_delta_fen"] for option in chosen))
    make = _combo_parts if offer.combo else _single
    return Priced(line, None, unit, unit * line.quantity, make(offer, line, number, unit, chosen))


def _option_refusal(groups: Sequence[GroupOffer], options: Collection[int]) -> str | None:
    known = {option.id for group in groups for option in group.options}
    if len(set(options)) != len(options) or not set(options) <= known:
        return "option.invalid"
    for group in groups:
        count = len({option.id for option in group.options} & set(options))
        if count > group.max:
            return "option.invalid"
        # A guest may leave an optional group alone, but once in it must take its minimum.
        if count < max(group.min, 1 if group.required else 0) and (group.required or count):
            return "option.required"
    return None


def _chosen(offer: Offer, options: Collection[int]) -> tuple[dict[str, Any], ...]:
    return tuple(
        {"id": option.id, "name": option.name, "price_delta_fen": option.price_delta_fen}
        for group in offer.groups
        for option in group.options
        if option.id in options
    )


def _single(
    offer: Offer, line: Wanted, number: int, unit: int, chosen: tuple[dict[str, Any], ...]
) -> tuple[Part, ...]:
    part = Part(
        dish=offer.dish,
        name=offer.name,
        station=offer.station,
        quantity=line.quantity,
        unit_price_fen=unit,
        amount_fen=unit * line.quantity,
        options=chosen,
        remark=line.remark,
        combo=None,
    )
    return (part,)


def _combo_parts(
    offer: Offer, line: Wanted, number: int, unit: int, chosen: tuple[dict[str, Any], ...]
) -> tuple[Part, ...]:
    """One part per dish of the combo; their amounts add up to the combo's.

    ``combo`` also says which line of the basket it was (``part``), how many combos and with which options,
    so that stock can be given back and the order repeated.
    """
    amounts = money.share(unit * line.quantity, [part.price_fen * part.quantity for part in offer.combo])
    combo = {"dish": offer.dish, "name": offer.name, "part": number, "quantity": line.quantity}
    return tuple(
        Part(
            dish=part.dish,
            name=part.name,
            station=part.station,
            quantity=part.quantity * line.quantity,
            unit_price_fen=amount // (part.quantity * line.quantity),
            amount_fen=amount,
            options=chosen,
            remark=line.remark,
            combo=combo,
        )
        for part, amount in zip(offer.combo, amounts, strict=True)
    )


def refundable(amounts: Sequence[int], total_fen: int) -> list[int]:
    """What each line cost after the discount: ``total_fen`` shared by the lines' amounts."""
    return money.share(total_fen, amounts) if amounts else []


def portion_fen(line_fen: int, quantity: int, before: int, count: int) -> int:
    """The price of ``count`` portions of a line after ``before`` refunded ones; never off by a fen."""
    return line_fen * (before + count) // quantity - line_fen * before // quantity
