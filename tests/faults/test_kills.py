"""Random processes die under load, again and again: nothing acked is lost, no screen skips or doubles."""

import asyncio
import random
import threading
import time
import uuid
from contextlib import AsyncExitStack

import pytest

from tests import stage
from tests.cast import Person, new_key
from tests.hubclient import HubClient

STREAM = "store:demo"
DINERS = 3
SETTLED = 15.0


class Load:
    """Diners who order, a counter that takes them; every call is repeated with its own key till done."""

    def __init__(self, cluster, mark):
        self.bases = [cluster.a.base_url, cluster.b.base_url]
        self.mark = mark
        self.acked = {}
        self.failed = []
        self.retries = 0
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(number,)) for number in range(DINERS)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *exc_info):
        self._stop.set()
        for thread in self._threads:
            thread.join(60)

    def _run(self, number):
        try:
            self._trade(number)
        except Exception as error:
            self.failed.append(repr(error))

    def _trade(self, number):
        bases = self.bases if number % 2 else self.bases[::-1]
        diner = Person(bases, persistent=True).log_in_as_diner(f"{self.mark}-{number}")
        fang = Person(bases, persistent=True).log_in_as_staff("counter")
        lines = diner.basket({"米饭": 1, "蒜蓉西兰花": 1})
        while not self._stop.is_set():
            key = new_key()
            self.acked[key] = diner.order(lines, key=key, remark=self.mark)["no"]
            if len(self.acked) % 2:
                fang.pay_cash(self.acked[key])
                fang.accept(self.acked[key])
            time.sleep(0.03)
        self.retries += diner.retries + fang.retries


def screens(cluster, fang, ma):
    """Five screens, each of which may move to the other process."""
    here, there = cluster.a.ws_url, cluster.b.ws_url
    wok, tv = ma.pair("kitchen", "wok"), ma.pair("board")
    return {
        "counter at a": HubClient([here, there], "counter", [STREAM], fang.token, name="counter at a"),
        "counter at b": HubClient([there, here], "counter", [STREAM], fang.token, name="counter at b"),
        "kitchen": HubClient([here, there], "kitchen", [STREAM], wok.token, name="kitchen"),
        "board": HubClient([there, here], "board", [STREAM], tv.token, name="board"),
        "menu": HubClient([here, there], "diner", ["menu:demo"], name="menu"),
    }, {"kitchen": wok, "board": tv}


def kill_and_restart(cluster, name):
    """SIGKILL, a moment without it, and a fresh start."""
    victim = getattr(cluster, name)
    victim.kill()
    time.sleep(0.5)
    victim.start()


async def under_fire(kills, seed):
    """The load, the kills, and then the reckoning."""
    cluster = stage.cluster()
    rng = random.Random(seed)
    mark = f"fire-{uuid.uuid4().hex[:8]}"
    fang = Person(cluster.a.base_url).log_in_as_staff("counter")
    ma = Person(cluster.a.base_url).log_in_as_staff("manager")
    watching, devices = screens(cluster, fang, ma)
    names = ["a", "b", "worker", "redis"]
    victims = [*rng.sample(names, 4), *rng.choices(names, k=kills - 4)]
    async with AsyncExitStack() as stack:
        for screen in watching.values():
            await stack.enter_async_context(screen)
        for screen in watching.values():
            await screen.wait_live()
        with Load(cluster, mark) as load:
            for victim in victims:
                await asyncio.sleep(rng.uniform(0.3, 1.2))
                await asyncio.to_thread(kill_and_restart, cluster, victim)
            await asyncio.sleep(0.5)
            await asyncio.to_thread(load.__exit__)
        await reckon(cluster, load, watching, {"counter at a": fang, "counter at b": fang, **devices})
    return load


async def reckon(cluster, load, watching, people):
    """Acked = stored, once each; every screen has every event once and shows what REST says."""
    assert load.failed == []
    stored = cluster.read("SELECT no FROM orders_order WHERE remark = %s", load.mark)
    assert sorted(no for (no,) in stored) == sorted(load.acked.values())
    assert len(set(load.acked.values())) == len(load.acked) > 20
    seqs = [row[0] for row in cluster.read("SELECT seq FROM hub_event WHERE stream_id = %s", STREAM)]
    assert sorted(seqs) == list(range(1, len(seqs) + 1))
    for name, screen in watching.items():
        await screen.wait_for(lambda s: s.current, SETTLED, "current")
        if name.startswith("counter"):
            await screen.wait_for(lambda s: not s.stores[STREAM].missing(seqs), SETTLED, "complete")
        screen.assert_clean()
        assert (screen.dropped, screen.resyncs) == (0, []), screen.describe()
        if name in people:
            view, station = screen.endpoint, "wok" if name == "kitchen" else None
            asked = await asyncio.to_thread(people[name].view, view, STREAM, station)
            await settled(screen, asked)
    orders = await asyncio.to_thread(people["counter at a"].live_orders)
    for order in orders.values():
        del order["allowed_actions"]
    shown = watching["counter at a"].rows(STREAM).items()
    listed = {f"order:{no}": order for no, order in orders.items()}
    assert {key: row for key, row in shown if key.startswith("order:")} == listed
    assert sum(screen.connections for screen in watching.values()) > len(watching)


async def settled(screen, asked):
    """Until the screen shows exactly these rows."""
    try:
        await screen.wait_for(lambda s: s.rows(STREAM) == asked, SETTLED)
    except AssertionError:
        shown = screen.rows(STREAM)
        other = {
            key: (shown.get(key), asked.get(key))
            for key in shown.keys() | asked.keys()
            if shown.get(key) != asked.get(key)
        }
        raise AssertionError(f"{screen.name}: (screen, REST) of {len(other)} rows: {other}") from None


@pytest.mark.mariadb
async def test_five_kills_under_load():
    load = await under_fire(5, seed=None)
    assert load.retries > 0


@pytest.mark.soak
async def test_twenty_four_kills_under_load():
    await under_fire(24, seed=None)
