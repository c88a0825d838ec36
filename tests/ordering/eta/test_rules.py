"""The rules of ETA on paper: what is learned of a generated day, and how good the next days' figures are."""

from datetime import timedelta
from statistics import fmean

import pytest

from ordering.orders import eta
from ordering.orders.eta import Guess, Speed, Speeds, Work
from ordering.orders.pace import FEW_OF_DISH, FEW_OF_STATION, Sample, learn
from tests.ordering.eta.kitchen import (
    BEGIN,
    DISHES,
    HANDS,
    a_day,
    expected,
    promise,
    speeds,
    usual,
    watch,
)  # fmt: skip

WOK = Speed(300, 400, 100, 3)
KNOWN = Speeds({("wok", 1): WOK, ("wok", None): Speed(200, 300, 100, 3)})
LONG = 600


def work(ahead=0, quantity=1, dish=1, station="wok", begun_at=None):
    return Work(dish, station, quantity, ahead, begun_at)


def ago(seconds):
    return BEGIN - timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("ahead", "quantity", "seconds"), [(0, 1, 300), (2, 1, 300), (3, 1, 400), (2, 4, 600)]
)
def test_only_what_the_hands_cannot_make_at_once_has_to_wait(ahead, quantity, seconds):
    assert KNOWN.queued(work(ahead, quantity)).mean == seconds


def test_a_new_dish_goes_by_its_station_and_a_new_station_by_what_is_usual():
    assert KNOWN.of("wok", 99).p50 == 200
    assert KNOWN.of("grill", 1) == eta.DEFAULT


def test_one_line_is_ready_by_its_own_percentiles():
    guesses = [KNOWN.queued(work())]
    assert [round(eta.quantile(guesses, share)) for share in (0.5, 0.8)] == [300, 400]
    assert eta.minutes(guesses) == {"low": 5, "high": 7}


def test_an_order_waits_for_the_last_of_its_lines():
    one, far = Guess(300, 100), Guess(30, 5)
    assert eta.quantile([one, one], 0.5) > eta.quantile([one], 0.5)
    assert eta.quantile([one, far], 0.5) == pytest.approx(300, abs=1)


def test_a_line_that_was_begun_goes_by_its_clock():
    assert KNOWN.left(work(ahead=9, begun_at=ago(120)), BEGIN).mean == 180


def test_a_line_that_waits_goes_by_its_place():
    assert [KNOWN.in_reach(work(ahead)) for ahead in (2, 3)] == [True, False]
    assert [KNOWN.left(work(ahead), BEGIN).mean for ahead in (2, 3, 5)] == [300, 400, 600]


@pytest.mark.parametrize(
    ("late", "left"), [(-31, 31), (-1, 30), (0, 60), (30, 30), (31, 89), (90, 30), (91, 149)]
)
def test_what_is_late_is_expected_ever_later(late, left):
    assert KNOWN.left(work(begun_at=ago(300 + late)), BEGIN).mean == left


@pytest.mark.parametrize(
    ("moved", "left", "tells"),
    [(59, 60, False), (60, 60, True), (-60, 60, True), (119, 600, False), (120, 600, True)],
)
def test_guests_hear_of_a_minute_and_of_more_while_it_is_far_off(moved, left, tells):
    new = BEGIN + timedelta(seconds=left)
    assert eta.has_moved(new - timedelta(seconds=moved), new, BEGIN) is tells


@pytest.mark.parametrize(
    ("told", "ahead", "tells"),
    [(8, 8, False), (8, 5, False), (8, 4, True), (1, 0, True), (0, 0, False), (3, 9, False), (None, 7, True)],
)
def test_guests_hear_when_half_the_queue_is_gone(told, ahead, tells):
    assert eta.has_stepped([told], [ahead]) is tells


def test_too_few_lines_teach_nothing_and_forgotten_ones_do_not_count():
    some = [Sample("wok", 1, 1, 300.0)] * (FEW_OF_STATION - 1)
    assert learn(some) == {}
    assert learn([*some, Sample("wok", 1, 1, 9000.0), Sample("wok", 1, 1, 0.0)]) == {}
    taught = learn([*some, *[Sample("wok", 2, 1, 300.0)] * (FEW_OF_DISH - 1)])
    assert set(taught) == {("wok", None), ("wok", 1)}
    assert taught["wok", 1].lines == FEW_OF_STATION - 1


def test_a_kitchen_where_nothing_waited_has_a_usual_pace():
    [speed] = {learned.speed for learned in learn([Sample("wok", 1, 1, 300.0)] * 30).values()}
    assert speed == Speed(300.0, 300.0, 150.0, 2)


# A generated kitchen: nobody tells the rules how many hands its stations have


@pytest.fixture(scope="module")
def past():
    return [a_day(seed) for seed in (1, 2)]


@pytest.fixture(scope="module")
def today():
    return a_day(51)


def test_the_hands_of_every_station_are_found_out(past):
    known = speeds(past)
    assert {station: known.of(station, 0).hands for station in HANDS} == HANDS


def test_dishes_differ_as_they_do(past):
    known = speeds(past)
    own = {dish: known.of(station, dish).p50 for dish, (station, *_) in DISHES.items()}
    assert own[4] < own[1] < own[2] < own[3]
    assert own[7] < own[8]


def test_promises_are_kept_for_four_in_five_and_beat_a_constant(past):
    known, constant = speeds(past), usual(past)
    for seed in (51, 52, 53):
        day = a_day(seed)
        took = [meal.ready - meal.at for meal in day]
        told = [promise(known, meal) for meal in day]
        assert 0.7 <= fmean(t <= high for t, (_, high) in zip(took, told, strict=True)) <= 0.9
        error = fmean(abs(t - low) for t, (low, _) in zip(took, told, strict=True))
        assert error < 0.5 * fmean(abs(t - constant) for t in took)


def test_control_without_the_queue_promises_are_broken(past, today):
    known = speeds(past)
    for meal in today:
        for line in meal.lines:
            line.load = 0
    kept = fmean(meal.ready - meal.at <= promise(known, meal)[1] for meal in today)
    assert kept < 0.7


@pytest.mark.parametrize("taps", [True, False], ids=["cooks say when they begin", "they do not"])
def test_what_is_shown_gets_truer_while_one_waits(past, taps):
    known, seen = speeds(past), []
    for day in (a_day(seed) for seed in (51, 52, 53)):
        long = (meal for meal in day[::4] if meal.ready - meal.at > LONG)
        seen += [(meal, watch(known, day, meal, taps=taps)) for meal in long]

    def error(left):
        return fmean(abs(expected(shown, meal.ready - left) - meal.ready) for meal, shown in seen)

    first = fmean(abs(shown[0][1] - meal.ready) for meal, shown in seen)
    assert len(seen) > 50
    assert error(60) < error(120) < error(300) < first
    assert error(60) < 0.6 * first
    # Guests do not hear of it all the time: less than once in two minutes.
    told = sum(len(shown) - 1 for _, shown in seen)
    assert told < sum(meal.ready - meal.at for meal, _ in seen) / 120
