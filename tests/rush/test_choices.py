"""What guests choose can be ordered, and the same seed brings the same guests."""

import random
from types import SimpleNamespace
from typing import Any

from ordering.dishes.demo import MENU
from ordering.orders import pricing
from rush import choices

CLOSED = ("早点",)


def menu() -> dict[str, Any]:
    """The demo's menu as the API tells it; ids are counted."""
    ids = iter(range(1, 10_000))
    return {
        "categories": [
            {"name": name, "dishes": [dish(entry, ids) for entry in entries]}
            for name, entries in MENU.items()
            if name not in CLOSED
        ]
    }


def dish(entry, ids):
    return {
        "id": next(ids),
        "name": entry.name,
        "price_fen": entry.price_fen,
        "sold_out": False,
        "remaining": entry.remaining,
        "combo": None,
        "option_groups": [
            {
                "id": next(ids),
                "name": group.name,
                "required": group.min > 0,
                "min": group.min,
                "max": group.max,
                "options": [{"id": next(ids), "name": n, "price_delta_fen": d} for n, d in group.options],
            }
            for group in entry.groups
        ],
    }


def offers(found):
    """The same dishes as the product prices them."""

    def group(one):
        options = [SimpleNamespace(**option) for option in one["options"]]
        return SimpleNamespace(**{**one, "options": options})

    return {
        one["id"]: SimpleNamespace(
            dish=one["id"],
            name=one["name"],
            price_fen=one["price_fen"],
            station="wok",
            sold_out=one["sold_out"],
            remaining=one["remaining"],
            available=True,
            groups=[group(g) for g in one["option_groups"]],
            combo=(),
        )
        for one in found
    }


def refusals(lines, dishes):
    wanted = [pricing.Wanted(w["dish"], w["quantity"], tuple(w["options"]), w["remark"]) for w in lines]
    return [priced.refusal for priced in pricing.price(offers(dishes), wanted)]


def test_every_basket_is_one_that_the_product_takes():
    dishes, rng = choices.on_offer(menu()), random.Random(1)
    sizes, chosen = set(), set()
    for _ in range(2000):
        lines = choices.basket(rng, dishes, 4)
        assert refusals(lines, dishes) == [None] * len(lines)
        assert len({line["dish"] for line in lines}) == len(lines)
        sizes.add(len(lines))
        chosen |= {line["dish"] for line in lines}
    assert sizes == {1, 2, 3, 4}
    assert chosen == {dish["id"] for dish in dishes}


def test_groups_with_a_minimum_are_obeyed_and_may_be_left_alone_only_where_optional():
    options = [{"id": n, "name": str(n), "price_delta_fen": 0} for n in range(5)]
    group = {"id": 9, "name": "g", "min": 2, "max": 3, "options": options}
    rng = random.Random(2)
    must = {len(choices.options(rng, [{**group, "required": True}])) for _ in range(300)}
    may = {len(choices.options(rng, [{**group, "required": False}])) for _ in range(300)}
    assert (must, may) == ({2, 3}, {0, 2, 3})


def test_what_is_gone_is_not_chosen_and_the_last_portion_only_once():
    found = menu()
    first, second, *rest = found["categories"][0]["dishes"]
    first["sold_out"], second["remaining"] = True, 0
    for dish in rest:
        dish["remaining"] = 1
    found["categories"] = found["categories"][:1]
    offered = choices.on_offer(found)
    assert offered == rest
    rng = random.Random(3)
    assert all(choices.line(rng, dish)["quantity"] == 1 for dish in offered for _ in range(50))


def test_an_empty_menu_gives_an_empty_basket():
    assert choices.basket(random.Random(4), [], 4) == []


def test_the_same_seed_brings_the_same_guest():
    assert choices.guest(random.Random("7:guest 1"), 1) == choices.guest(random.Random("7:guest 1"), 1)
    many = [choices.guest(random.Random(n), n) for n in range(3000)]
    assert {guest.pays for guest in many} == set(choices.PAYS)
    dining = sum(guest.dine_in for guest in many) / len(many)
    assert abs(dining - choices.CHANCES["dine_in"]) < 0.05


def test_control_a_basket_without_its_options_is_refused():
    dishes = [dish for dish in choices.on_offer(menu()) if any(g["required"] for g in dish["option_groups"])]
    line = {**choices.line(random.Random(5), dishes[0]), "options": []}
    assert refusals([line], dishes) == ["option.required"]
