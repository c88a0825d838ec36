"""Sums stay exact whoever writes, shows and hides at the same time; an order is reviewed once."""

import threading

import pytest
from django.db import IntegrityError

from hub.errors import Refusal
from hub.transactions import Transaction, transact
from ordering.dishes import ratings
from ordering.dishes.models import DishScore
from ordering.reviews import actions
from ordering.reviews.models import Review
from tests import factories
from tests.ordering.reviews.conftest import counted, scores

pytestmark = pytest.mark.django_db(transaction=True)

GUESTS = 8


def review(diner, no, *dishes, rating=4):
    """Write one as the address does."""
    body = {"order": no, "rating": rating, "text": "", "anonymous": False}
    body["dishes"] = [{"dish": dish.pk, "rating": rating} for dish in dishes]
    return transact(lambda tx: actions.write(tx, actor=diner.actor, review=body), actor="tests")


@pytest.fixture
def guests(db):
    return [factories.person(f"guest{number}") for number in range(GUESTS)]


@pytest.fixture
def orders(guests, ordered, chicken, cucumber):
    return [ordered(guest, chicken, cucumber) for guest in guests]


@pytest.mark.both
def test_reviews_at_once_add_up(guests, orders, chicken, cucumber, at_once):
    def write(index):
        dishes = (chicken, cucumber) if index % 2 else (cucumber, chicken)
        return review(guests[index], orders[index], *dishes, rating=index % 5 + 1)

    made = at_once(write, GUESTS)
    assert [each["state"] for each in made] == ["published"] * GUESTS
    total = sum(index % 5 + 1 for index in range(GUESTS))
    assert scores() == counted() == {dish.pk: (total, GUESTS) for dish in (chicken, cucumber)}


@pytest.mark.both
def test_control_writing_what_one_saw_loses_ratings(guests, orders, chicken, at_once, monkeypatch):
    """The control: the same guests, with sums that are read first and written back."""
    DishScore.objects.create(dish=chicken)
    seen, gate = threading.local(), threading.Barrier(GUESTS)

    def overwrite(dish, rating, count):
        values = {
            "rating_sum": seen.score.rating_sum + rating,
            "rating_count": seen.score.rating_count + count,
        }
        return DishScore.objects.filter(dish_id=dish).update(**values)

    def write(index):
        seen.score = DishScore.objects.get(dish=chicken)
        gate.wait(20)
        return review(guests[index], orders[index], chicken)

    monkeypatch.setattr(ratings, "_move", overwrite)
    made = at_once(write, GUESTS)
    assert [each["state"] for each in made] == ["published"] * GUESTS
    assert counted() == {chicken.pk: (4 * GUESTS, GUESTS)}
    assert scores() == {chicken.pk: (4, 1)}


@pytest.mark.both
def test_showing_and_hiding_at_once_counts_each_once(guests, orders, chicken, cucumber, at_once):
    pairs = list(zip(guests, orders, strict=True))[:3]
    ids = [review(guest, no, chicken, cucumber)["id"] for guest, no in pairs]
    moves = [actions.hide, actions.publish]

    def moderate(index):
        move, pk = moves[index // 3 % 2], ids[index % 3]
        return transact(lambda tx: move(tx, pk), actor="tests")["state"]

    assert set(at_once(moderate, 12)) == {"hidden", "published"}
    assert scores() == counted()
    for pk in ids:
        transact(lambda tx, pk=pk: actions.hide(tx, pk), actor="tests")
    assert scores() == {} == counted()
    assert at_once(lambda index: transact(lambda tx: actions.publish(tx, ids[0]), actor="tests"), 6)
    assert scores() == {chicken.pk: (4, 1), cucumber.pk: (4, 1)}


def outcomes(results):
    """How often what came out."""
    names = [getattr(each, "code", type(each).__name__) for each in results]
    return {name: names.count(name) for name in names}


@pytest.mark.both
def test_an_order_is_reviewed_once(lin, ordered, chicken, at_once):
    no = ordered(lin)
    results = at_once(lambda _: review(lin, no, chicken), 6)
    assert outcomes(results) == {"dict": 1, "review.exists": 5}
    assert (Review.objects.count(), scores()) == (1, {chicken.pk: (4, 1)})


@pytest.mark.mariadb
def test_control_without_the_lock_only_the_index_says_no(lin, ordered, chicken, at_once, monkeypatch):
    """The control: all look before anybody writes; where writers queue (SQLite) they could not."""
    no, gate = ordered(lin), threading.Barrier(6)
    monkeypatch.setattr(Transaction, "lock_one", lambda tx, rank, rows: rows.get())
    monkeypatch.setattr(actions, "_asks_wechat", lambda text: bool(gate.wait(20)) and False)
    results = at_once(lambda _: review(lin, no, chicken), 6)
    assert not any(isinstance(each, Refusal) and each.code == "review.exists" for each in results)
    assert any(isinstance(each, IntegrityError) for each in results)
    assert Review.objects.count() == 1
