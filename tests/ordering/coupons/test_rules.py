"""What a coupon takes off, to the fen, for any plan and any basket."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordering.coupons.rules import Choice, Terms, discount_fen, problems, ranked, refusal, scoped_fen

FEN = st.integers(0, 2**31 - 1)
SOME = st.integers(1, 2**31 - 1)
SCOPE = st.frozensets(st.integers(1, 4), max_size=3)
LINES = st.lists(st.tuples(st.integers(1, 6), FEN), max_size=6)
fixed = st.builds(Terms, st.just("fixed"), amount_fen=SOME, threshold_fen=FEN, dishes=SCOPE)
percent = st.builds(
    Terms,
    st.just("percent"),
    percent=st.integers(1, 99),
    cap_fen=st.none() | SOME,
    threshold_fen=FEN,
    dishes=SCOPE,
)
NOW = datetime(2026, 5, 1, tzinfo=UTC)


@given(fixed | percent, LINES)
def test_never_above_what_is_in_scope_nor_the_cap_and_nothing_below_the_threshold(terms, lines):
    scoped = scoped_fen(terms, lines)
    off = discount_fen(terms, scoped)
    assert type(off) is int
    assert 0 <= off <= scoped <= sum(fen for _, fen in lines)
    assert off <= min(terms.cap_fen or off, terms.amount_fen or off)
    if scoped < terms.threshold_fen:
        assert off == 0
    assert (refusal(terms, lines) is None) == (off > 0)


@given(percent, FEN)
def test_a_percentage_is_exact_but_for_less_than_a_fen(terms, scoped):
    off = discount_fen(terms, scoped)
    if scoped >= terms.threshold_fen and off != terms.cap_fen:
        assert 0 <= scoped * terms.percent - off * 100 < 100


@given(fixed | percent, FEN, FEN)
def test_more_food_never_takes_less_off(terms, one, other):
    assert discount_fen(terms, min(one, other)) <= discount_fen(terms, max(one, other))


@given(st.lists(st.tuples(st.integers(1, 3), st.integers(0, 2)), max_size=6))
def test_the_best_is_first_whatever_the_order(found):
    choices = [Choice(pk, off, NOW + timedelta(days=days)) for pk, (off, days) in enumerate(found)]
    order = ranked(choices)
    assert order == ranked(reversed(choices))
    for better, worse in pairwise(order):
        assert better.discount_fen >= worse.discount_fen
        if better.discount_fen == worse.discount_fen:
            assert (better.expires_at, better.id) < (worse.expires_at, worse.id)


@pytest.mark.parametrize(
    ("terms", "scoped", "off"),
    [
        (Terms("fixed", amount_fen=800, threshold_fen=5000), 4999, 0),
        (Terms("fixed", amount_fen=800, threshold_fen=5000), 5000, 800),
        (Terms("fixed", amount_fen=800), 700, 700),
        (Terms("percent", percent=10, cap_fen=1000), 9999, 999),
        (Terms("percent", percent=10, cap_fen=1000), 10010, 1000),
        (Terms("percent", percent=1), 99, 0),
        (Terms("percent", percent=99), 1, 0),
    ],
)
def test_examples(terms, scoped, off):
    assert discount_fen(terms, scoped) == off


def test_only_dishes_in_scope_count():
    terms = Terms("percent", percent=50, threshold_fen=1000, dishes=frozenset({1}))
    assert refusal(terms, [(2, 5000)]) == "scope"
    assert refusal(terms, [(1, 999), (2, 5000)]) == "threshold"
    assert refusal(terms, [(1, 600), (1, 400), (2, 5000)]) is None
    assert discount_fen(terms, scoped_fen(terms, [(1, 1000), (2, 5000)])) == 500


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ({}, []),
        ({"amount_fen": None}, [("amount_fen", "required")]),
        ({"percent": 10, "cap_fen": 5}, [("percent", "not_applicable"), ("cap_fen", "not_applicable")]),
        ({"kind": "percent"}, [("percent", "required"), ("amount_fen", "not_applicable")]),
        ({"valid_days": None}, [("valid_until", "one_of")]),
        ({"valid_until": NOW}, [("valid_until", "one_of")]),
        ({"valid_from": NOW}, [("valid_from", "not_applicable")]),
        ({"claim_from": NOW, "claim_until": NOW}, [("claim_until", "order")]),
        ({"valid_days": None, "valid_from": NOW, "valid_until": NOW}, [("valid_until", "order")]),
    ],
)
def test_plans_that_make_no_sense(said, wrong):
    names = ["percent", "cap_fen", "claim_from", "claim_until", "valid_from", "valid_until"]
    sound = {**dict.fromkeys(names), "kind": "fixed", "amount_fen": 800, "valid_days": 30}
    found = problems(SimpleNamespace(**{**sound, **said}))
    assert [(field, code) for field, code, _ in found] == wrong
