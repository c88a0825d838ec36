"""Portions: taken, refused, given back, told; and 1,000 buyers who find exactly what there is."""

import random
import time

import pytest
from django.db import OperationalError, connection, transaction
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from hub.errors import Refusal
from hub.transactions import DEADLOCK, error_number, transact
from ordering.dishes import actions, stock
from ordering.dishes.models import Dish
from ordering.dishes.rows import menu_row, shown_remaining, snapshot


def take(store, quantities, **options):
    return transact(lambda tx: stock.take(tx, store, quantities, **options), actor="system")


def give_back(store, quantities):
    return transact(lambda tx: stock.give_back(tx, store, quantities), actor="system")


def left(*dishes):
    return [Dish.objects.get(pk=dish.pk).remaining for dish in dishes]


@pytest.mark.parametrize(("remaining", "shown"), [(None, None), (11, None), (10, 10), (1, 1), (0, 0)])
def test_screens_are_told_a_number_only_when_it_is_low(remaining, shown):
    assert shown_remaining(remaining) == shown


@pytest.mark.both
def test_a_basket_takes_its_portions_and_says_what_screens_must_know(store, cook, events):
    meat, fish, soup = cook("红烧肉", remaining=50), cook("鲈鱼", remaining=12), cook("汤", remaining=2)
    rice = cook("米饭")
    take(store, {soup.pk: 2, rice.pk: 9, meat.pk: 5, fish.pk: 3})
    assert left(meat, fish, soup, rice) == [45, 9, 0, None]
    assert events() == [
        ("dish.stock_low", fish.key, 1, {"dish": fish.pk, "sold_out": False, "remaining": 9}),
        ("dish.sold_out", soup.key, 1, {"dish": soup.pk, "sold_out": True, "remaining": 0}),
    ]
    assert [Dish.objects.get(pk=d.pk).version for d in (meat, fish, soup)] == [0, 1, 1]


@pytest.mark.both
@pytest.mark.parametrize("known", [True, False])
def test_a_short_basket_takes_nothing(store, cook, events, known):
    meat, fish = cook("红烧肉", remaining=5), cook("鲈鱼", remaining=1)
    limited = [meat.pk, fish.pk] if known else None
    with pytest.raises(Refusal) as refused:
        take(store, {meat.pk: 1, fish.pk: 2}, limited=limited)
    assert (refused.value.code, refused.value.status) == ("stock.sold_out", 409)
    assert refused.value.facts == {"dish": fish.pk, "remaining": 1}
    assert left(meat, fish) == [5, 1]
    assert events() == []


@pytest.mark.both
@pytest.mark.parametrize("remaining", [None, 5])
def test_what_is_sold_out_by_hand_is_refused(store, cook, remaining):
    dish = cook("红烧肉", remaining=remaining, sold_out=True)
    with pytest.raises(Refusal) as refused:
        take(store, {dish.pk: 1})
    assert refused.value.facts == {"dish": dish.pk, "remaining": 0}
    assert left(dish) == [remaining]


def test_the_update_itself_refuses_where_no_row_is_locked(store, cook, monkeypatch):
    meat = cook("红烧肉", remaining=1)
    monkeypatch.setattr(stock, "_refuse_shortage", lambda dish, quantity: None)
    with pytest.raises(Refusal) as refused:
        take(store, {meat.pk: 2})
    assert refused.value.code == "stock.sold_out"
    assert left(meat) == [1]


@pytest.mark.both
def test_the_number_of_statements_is_fixed(store, cook):
    dishes = [cook(f"菜 {n}", remaining=100) for n in range(50)]
    counts = []
    for count in (1, 50):
        basket = {dish.pk: 1 for dish in dishes[:count]}
        with CaptureQueriesContext(connection) as queries:
            take(store, basket, limited=list(basket))
        counts.append(sum(not q["sql"].startswith(("SAVEPOINT", "RELEASE", "BEGIN")) for q in queries))
    assert counts == [2, 2]


def test_unlimited_dishes_cost_nothing(store, cook):
    rice = cook("米饭")
    with CaptureQueriesContext(connection) as queries:
        take(store, {rice.pk: 3}, limited=[])
    assert [q["sql"] for q in queries if "dish" in q["sql"]] == []


@pytest.mark.both
def test_what_is_given_back_can_be_sold_again(store, cook, events):
    meat, fish, rice = cook("红烧肉", remaining=0), cook("鲈鱼", remaining=9), cook("米饭")
    give_back(store, {meat.pk: 2, fish.pk: 4, rice.pk: 1})
    assert left(meat, fish, rice) == [2, 13, None]
    assert events() == [
        ("dish.restored", meat.key, 1, {"dish": meat.pk, "sold_out": False, "remaining": 2}),
        ("dish.restored", fish.key, 1, {"dish": fish.pk, "sold_out": False, "remaining": None}),
    ]


@pytest.mark.both
def test_two_events_of_a_dish_in_one_transaction_take_consecutive_versions(store, cook, events):
    meat = cook("红烧肉", remaining=1)

    def both(tx):
        stock.take(tx, store, {meat.pk: 1})
        stock.give_back(tx, store, {meat.pk: 1})

    transact(both, actor="system")
    assert [(kind, version) for kind, _, version, _ in events()] == [
        ("dish.sold_out", 1),
        ("dish.restored", 2),
    ]


@pytest.mark.both
def test_snapshot_before_and_events_make_snapshot_after(store, cook, events):
    chance = random.Random(7)
    dishes = [cook(f"菜 {n}", remaining=chance.choice([None, 0, 3, 12])) for n in range(6)]
    rows = {key: (version, row) for key, version, row in snapshot(store)}
    for _ in range(120):
        dish = chance.choice(dishes).pk
        work = chance.choice(
            [
                lambda tx, dish=dish: stock.take(tx, store, {dish: chance.randint(1, 4)}),
                lambda tx, dish=dish: stock.give_back(tx, store, {dish: chance.randint(1, 4)}),
                lambda tx, dish=dish: actions.sell_out(tx, dish),
                lambda tx, dish=dish: actions.restore(tx, dish),
                lambda tx, dish=dish: actions.set_stock(tx, dish, chance.choice([None, 0, 5, 11, 30])),
                lambda tx: actions.touch_menu(tx, store),
            ]
        )
        try:
            transact(work, actor="system")
        except Refusal as refused:
            assert refused.code == "stock.sold_out"
        for _, key, version, card in events():
            assert version == rows[key][0] + 1
            rows[key] = (version, card)
        assert rows == {key: (version, row) for key, version, row in snapshot(store)}


def test_the_row_is_what_the_dish_says(cook):
    assert menu_row(cook("汤", remaining=0)) == {
        "dish": Dish.objects.get().pk,
        "sold_out": True,
        "remaining": 0,
    }


BUYERS = 400
SOME_OR_MANY = pytest.mark.parametrize("buyers", [BUYERS, pytest.param(1000, marks=pytest.mark.soak)])


def buy(store, basket):
    """Whether the basket was sold; any refusal but "sold out" is a failure of the test."""
    try:
        take(store, basket, limited=list(basket))
    except Refusal as refused:
        assert refused.code == "stock.sold_out", refused.code
        return False
    return True


@SOME_OR_MANY
@pytest.mark.both
@pytest.mark.django_db(transaction=True)
def test_a_crowd_of_buyers_gets_exactly_a_hundred_portions(store, cook, crowd, events, buyers):
    meat = cook("红烧肉", remaining=100)
    sold = crowd(lambda _: buy(store, {meat.pk: 1}), range(buyers))
    assert sum(sold) == 100
    assert left(meat) == [0]
    told = events()
    assert [card["remaining"] for _, _, _, card in told] == [10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0]
    assert [version for _, _, version, _ in told] == list(range(1, 12))


@pytest.mark.both
@pytest.mark.django_db(transaction=True)
def test_a_stale_look_at_the_stock_oversells(store, cook, crowd):
    """The control: the same buyers, looking first and writing what they saw."""
    meat = cook("红烧肉", remaining=100)

    def buy_by_look(_):
        seen = Dish.objects.get(pk=meat.pk).remaining
        if not seen:
            return False
        transact(lambda tx: Dish.objects.filter(pk=meat.pk).update(remaining=seen - 1), actor="system")
        return True

    assert sum(crowd(buy_by_look, range(BUYERS))) > 100


def baskets(dishes, buyers):
    chance = random.Random(11)
    return [{dish.pk: 1 for dish in chance.sample(dishes, 3)} for _ in range(buyers)]


@SOME_OR_MANY
@pytest.mark.both
@pytest.mark.django_db(transaction=True)
def test_baskets_of_three_in_any_order_neither_oversell_nor_deadlock(store, cook, crowd, monkeypatch, buyers):
    each = buyers // 10
    dishes = [cook(f"菜 {n}", remaining=each) for n in range(5)]
    again = []
    monkeypatch.setattr("hub.transactions.time.sleep", again.append)
    orders = baskets(dishes, buyers)
    sold = crowd(lambda basket: buy(store, basket), orders)
    bought = {dish.pk: 0 for dish in dishes}
    for basket, ok in zip(orders, sold, strict=True):
        for pk in basket if ok else ():
            bought[pk] += 1
    assert {dish.pk: each - bought[dish.pk] for dish in dishes} == {
        dish.pk: remaining for dish, remaining in zip(dishes, left(*dishes), strict=True)
    }
    assert sorted(bought.values())[-3:] == [each] * 3
    assert again == []


@pytest.mark.mariadb
@pytest.mark.django_db(transaction=True)
def test_baskets_taken_dish_by_dish_in_their_own_order_deadlock(store, cook, crowd):
    """The control: without the order of ids the database has to kill transactions."""
    dishes = [cook(f"菜 {n}", remaining=1000) for n in range(5)]

    def buy_one_by_one(basket):
        try:
            with transaction.atomic():
                for pk in basket:
                    Dish.objects.filter(pk=pk, remaining__gte=1).update(remaining=F("remaining") - 1)
                    time.sleep(0.001)
        except OperationalError as error:
            return error_number(error)
        return None

    assert DEADLOCK in crowd(buy_one_by_one, baskets(dishes, 300))
