"""Redis dies for three seconds and comes back: no socket closes, nothing is lost, the sweep carries on."""

import asyncio
import time

import pytest
import requests

from hub.bootstrap.servers import throwaway_redis
from tests import stage
from tests.cast import Person
from tests.faults.test_killed_before_wake import UNSWEPT
from tests.hubclient import HubClient
from tests.live import LiveServer
from tests.stage import ChangedServer

STREAM = "store:demo"
SWEPT, PUSHED, RECOVERY = 3.0, 0.4, 10.0


class Scene:
    """Lin orders by process a; a screen hangs on b, another on a process that does not sweep."""

    def __init__(self, cluster, lines, lin):
        self.cluster, self.lines, self.lin = cluster, lines, lin

    async def order(self):
        """The new order's key."""
        return "order:" + (await asyncio.to_thread(self.lin.order, self.lines))["no"]

    async def seconds_until(self, screen, patience):
        """Order, and how long it took to the screen."""
        began = time.monotonic()
        key = await self.order()
        await screen.wait_for(lambda s: key in s.rows(STREAM), patience, key)
        return time.monotonic() - began


@pytest.mark.mariadb
async def test_redis_killed_and_back():
    cluster = stage.cluster()
    lin = Person(cluster.a.base_url).log_in_as_diner("lin")
    fang = Person(cluster.a.base_url).log_in_as_staff("counter")
    scene = Scene(cluster, lin.basket({"米饭": 1}), lin)
    with stage.running(cluster.server("uvicorn", UNSWEPT)) as (control,):
        async with (
            HubClient(cluster.b.ws_url, "counter", [STREAM], fang.token, name="swept") as screen,
            HubClient(control.ws_url, "counter", [STREAM], fang.token, name="unswept") as unswept,
        ):
            await screen.wait_live()
            await unswept.wait_live()
            await scene.seconds_until(unswept, SWEPT)
            cluster.redis.kill()
            await dead(scene, screen, unswept)
            cluster.redis.restart()
            await back(scene, screen)
            seqs = [row[0] for row in cluster.read("SELECT seq FROM hub_event WHERE stream_id = %s", STREAM)]
            await screen.wait_for(lambda s: not s.stores[STREAM].missing(seqs), SWEPT)
            screen.assert_clean()
            assert (screen.connections, screen.closes, screen.resyncs) == (1, [], [])
            assert screen.dropped == 0


async def dead(scene, screen, unswept):
    """Every order is answered and shown; the control shows none of them."""
    before = len(unswept.rows(STREAM))
    took = [await scene.seconds_until(screen, SWEPT) for _ in range(3)]
    assert max(took) < SWEPT
    ready = await asyncio.to_thread(requests.get, f"{scene.cluster.b.base_url}/readyz", timeout=5)
    assert (ready.status_code, ready.json()["degraded"]) == (200, ["redis"])
    await asyncio.sleep(0.5)
    assert len(unswept.rows(STREAM)) == before and unswept.live


async def back(scene, screen):
    """Within a few seconds the news come by push again, not by the sweep."""
    deadline = time.monotonic() + RECOVERY
    took = []
    while len(took) < 5 or max(took[-5:]) > PUSHED:
        assert time.monotonic() < deadline, took
        took.append(await scene.seconds_until(screen, SWEPT))
        await asyncio.sleep(0.05)


PATIENT = "from django.conf import settings; settings.CACHES['default']['OPTIONS'].update(SOCKET_TIMEOUT=2)"


async def seconds_to_order(server):
    """How long an answered order takes; its throttle counts in Redis."""
    lin = Person(server.base_url).log_in_as_diner("lin")
    lines = lin.basket({"米饭": 1})

    def order():
        began = time.monotonic()
        lin.order(lines)
        return time.monotonic() - began

    await asyncio.to_thread(order)
    return order


@pytest.mark.mariadb
async def test_redis_frozen():
    """Redis answers nothing and drops nothing: no request waits longer than two seconds for it."""
    place = {"database_url": stage.fresh_sqlite(), "env": {"RATE_LIMIT_SCALE": "1"}}
    with throwaway_redis() as redis:
        servers = [
            LiveServer("uvicorn", redis_url=redis.url, **place),
            ChangedServer(PATIENT, "uvicorn", redis_url=redis.url, **place),
        ]
        with stage.running(*servers):
            orders = [await seconds_to_order(server) for server in servers]
            redis.pause()
            ours, control = await asyncio.gather(*(asyncio.to_thread(order) for order in orders))
            redis.resume()
    assert ours < 2.0 < control
