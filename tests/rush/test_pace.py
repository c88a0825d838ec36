"""When guests come, how long people take, and that a closing house waits for nothing."""

import random
import time
from statistics import median

from rush import pace
from rush.cooks import COOKS, capacity


def test_the_first_guests_come_at_once_and_then_so_many_a_minute():
    found = pace.arrivals(random.Random(1), 12, 600, 6)
    assert found == sorted(found)
    assert len([at for at in found if at <= pace.BURST_SECONDS]) >= 6
    assert abs(len(found) - 6 - 120) < 40, "twelve a minute for ten minutes"
    assert found[-1] < 600


def test_the_same_seed_brings_them_at_the_same_seconds():
    assert pace.arrivals(random.Random("x"), 12, 60, 6) == pace.arrivals(random.Random("x"), 12, 60, 6)


def test_nobody_comes_in_no_time_and_nobody_but_the_first_at_no_rate():
    assert pace.arrivals(random.Random(1), 12, 0, 0) == []
    assert len(pace.arrivals(random.Random(1), 0, 60, 3)) == 3


def test_people_take_about_so_long():
    rng = random.Random(2)
    taken = [pace.around(rng, 10) for _ in range(4000)]
    assert 9.5 < median(taken) < 10.5
    assert len({round(one) for one in taken}) > 10
    assert min(taken) > 0 and max(taken) <= 40


def test_a_station_has_as_many_hands_as_its_guests_need():
    for seconds in COOKS.values():
        assert capacity(60, seconds) * 60 / seconds > 60 * 1.2, "it keeps up"
        assert capacity(0.1, seconds) == 2


async def test_time_passes_faster_by_the_speed():
    clock = pace.Pace(20)
    began = time.monotonic()
    await clock.rest(2)
    assert 0.09 < time.monotonic() - began < 1
    assert clock.now() >= 2


async def test_a_closing_house_waits_for_nothing():
    clock = pace.Pace(1)
    clock.close()
    began = time.monotonic()
    await clock.rest(60)
    await clock.until(60)
    await clock.take(random.Random(1), 60)
    assert time.monotonic() - began < 1
