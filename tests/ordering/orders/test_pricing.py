"""Prices: what a basket costs, and that the fen always add up."""

from dataclasses import dataclass
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from ordering.orders.pricing import Wanted, portion_fen, price, refundable, subtotal


@dataclass(frozen=True)
class Option:
    id: int
    name: str
    price_delta_fen: int


@dataclass(frozen=True)
class Group:
    id: int
    required: bool
    min: int
    max: int
    options: tuple[Option, ...]


@dataclass(frozen=True)
class Item:
    dish: int
    name: str
    price_fen: int
    station: str
    quantity: int


@dataclass(frozen=True)
class Offer:
    dish: int
    name: str = "菜"
    price_fen: int = 1000
    station: str = "wok"
    sold_out: bool = False
    remaining: int | None = None
    available: bool = True
    groups: tuple[Group, ...] = ()
    combo: tuple[Item, ...] = ()


SPICE = Group(1, True, 1, 1, (Option(11, "微辣", 0), Option(12, "特辣", 200)))
EXTRAS = Group(2, False, 2, 3, tuple(Option(20 + i, f"加料{i}", 100 * i) for i in range(4)))


def refusals(offer, *wanted):
    return [line.refusal for line in price({offer.dish: offer}, wanted)]


def test_options_change_the_price():
    offer = Offer(1, groups=(SPICE, EXTRAS))
    [line] = price({1: offer}, [Wanted(1, 3, (12, 21, 22), "不要葱")])
    assert (line.refusal, line.unit_price_fen, line.amount_fen) == (None, 1500, 4500)
    [part] = line.parts
    assert [option["id"] for option in part.options] == [12, 21, 22]
    assert (part.remark, part.combo) == ("不要葱", None)


def test_a_dish_is_never_cheaper_than_nothing():
    offer = Offer(1, price_fen=100, groups=(Group(1, False, 0, 1, (Option(5, "小份", -300),)),))
    assert price({1: offer}, [Wanted(1, 2, (5,))])[0].amount_fen == 0


def test_refusals_by_option():
    offer = Offer(1, groups=(SPICE, EXTRAS))
    assert refusals(offer, Wanted(1, 1)) == ["option.required"]
    assert refusals(offer, Wanted(1, 1, (11, 12))) == ["option.invalid"]
    assert refusals(offer, Wanted(1, 1, (11, 11))) == ["option.invalid"]
    assert refusals(offer, Wanted(1, 1, (11, 99))) == ["option.invalid"]
    assert refusals(offer, Wanted(1, 1, (11, 21))) == ["option.required"]
    assert refusals(offer, Wanted(1, 1, (11, 20, 21, 22, 23))) == ["option.invalid"]
    assert refusals(offer, Wanted(1, 1, (11,))) == [None]


def test_refusals_by_dish():
    assert [line.refusal for line in price({}, [Wanted(7, 1)])] == ["dish.not_found"]
    assert refusals(Offer(1, available=False), Wanted(1, 1)) == ["dish.not_available"]
    assert refusals(Offer(1, sold_out=True), Wanted(1, 1)) == ["stock.sold_out"]
    assert refusals(Offer(1, remaining=5), Wanted(1, 3), Wanted(1, 3)) == [None, "stock.sold_out"]
    assert refusals(Offer(1, remaining=6), Wanted(1, 3), Wanted(1, 3)) == [None, None]


def test_a_combo_is_cooked_as_its_dishes_and_costs_its_own_price():
    items = (Item(2, "鸡", 3000, "wok", 1), Item(3, "茶", 500, "bar", 2))
    offer = Offer(1, "套餐", 3333, combo=items)
    [line] = price({1: offer}, [Wanted(1, 2)])
    assert line.amount_fen == 6666
    assert [(part.dish, part.station, part.quantity) for part in line.parts] == [(2, "wok", 2), (3, "bar", 4)]
    assert [part.amount_fen for part in line.parts] == [5000, 1666]
    assert all(part.combo == {"dish": 1, "name": "套餐", "part": 0, "quantity": 2} for part in line.parts)


def random_offer(dice, dish):
    options = tuple(Option(dish * 100 + i, "x", dice.randint(-500, 500)) for i in range(dice.randint(0, 4)))
    groups = (Group(dish, False, 0, dice.randint(1, 4), options),) if options else ()
    items = tuple(
        Item(i, "x", dice.choice([0, dice.randint(1, 9999)]), dice.choice(["wok", "bar"]), dice.randint(1, 3))
        for i in range(dice.choice([0, 0, 2, 3, 5]))
    )
    return Offer(dish, price_fen=dice.choice([0, 1, dice.randint(2, 99_999)]), groups=groups, combo=items)


def random_line(dice, offer):
    known = [option.id for group in offer.groups for option in group.options[: group.max]]
    chosen = tuple(dice.sample(known, dice.randint(0, len(known))))
    return Wanted(offer.dish, dice.randint(1, 99), chosen)


def test_the_lines_of_ten_thousand_random_orders_add_up():
    dice = Random(20_260_101)
    for _ in range(10_000):
        menu = {dish: random_offer(dice, dish) for dish in range(dice.randint(1, 5))}
        wanted = [random_line(dice, dice.choice(list(menu.values()))) for _ in range(dice.randint(1, 8))]
        lines = price(menu, wanted)
        parts = [part for line in lines for part in line.parts]
        assert [line.refusal for line in lines] == [None] * len(lines)
        assert sum(part.amount_fen for part in parts) == subtotal(lines)
        for part in parts:
            rest = part.amount_fen - part.unit_price_fen * part.quantity
            assert part.amount_fen >= 0 and 0 <= rest < part.quantity
        for line in lines:
            assert sum(part.amount_fen for part in line.parts) == line.amount_fen
            assert line.amount_fen == line.unit_price_fen * line.wanted.quantity


@settings(deadline=None)
@given(st.lists(st.integers(0, 99_999), min_size=1, max_size=20), st.data())
def test_what_is_refunded_line_by_line_adds_up(amounts, data):
    total = data.draw(st.integers(0, sum(amounts)))
    shares = refundable(amounts, total)
    assert sum(shares) == total
    quantity = data.draw(st.integers(1, 99))
    once = [portion_fen(shares[0], quantity, before, 1) for before in range(quantity)]
    assert sum(once) == shares[0]
    assert min(once) >= 0
