"""A revoked tablet, a closed log-in: their sockets close within two seconds, on every process."""

import asyncio
import time

import pytest

from consumers.process import Process
from hub import transactions
from ordering.users import devices
from tests import factories, stage
from tests.cast import Person
from tests.hubclient import HubClient
from tests.stage import Inside

STREAM = "store:demo"


@pytest.mark.mariadb
async def test_both_processes_within_two_seconds():
    cluster = stage.cluster()
    ma = Person(cluster.a.base_url).log_in_as_staff("manager")
    fang = Person(cluster.b.base_url).log_in_as_staff("counter")
    stolen, other = ma.pair("kitchen", "wok"), ma.pair("kitchen", "wok")
    screens = [
        HubClient(base, endpoint, [STREAM], who.token)
        for base in (cluster.a.ws_url, cluster.b.ws_url)
        for endpoint, who in (("kitchen", stolen), ("kitchen", other), ("counter", fang))
    ]
    for screen in screens:
        await screen.__aenter__()
    for screen in screens:
        await screen.wait_live()
    began = time.monotonic()
    await asyncio.to_thread(ma.call, "DELETE", f"/devices/{stolen.device['id']}/")
    await asyncio.to_thread(fang.log_out)
    for screen in (*screens[0::3], *screens[2::3]):
        assert await screen.wait_closed(2.0) == 4503
    assert time.monotonic() - began < 2.0
    await asyncio.sleep(0.5)
    for screen in screens[1::3]:
        assert screen.live and screen.closes == []
    for screen in screens:
        await screen.stop()
    async with HubClient(cluster.b.ws_url, "kitchen", [STREAM], stolen.token, reconnect=False) as again:
        assert await again.wait_closed() == 4501


async def revoked(store):
    """How a tablet's socket ended after its revocation (None: it has not, within 2.5 s)."""
    tablet = await asyncio.to_thread(factories.screen, store)
    async with (
        Inside() as here,
        HubClient(here.ws_url, "kitchen", [STREAM], tablet.token, reconnect=False) as screen,
    ):
        await screen.wait_live()
        await asyncio.to_thread(
            transactions.transact, lambda tx: devices.revoke(tx, tablet.device), actor="x"
        )
        try:
            return await screen.wait_closed(2.5)
        except AssertionError:
            return None


@pytest.mark.django_db(transaction=True)
async def test_revoked_tablet(store):
    assert await revoked(store) == 4503


@pytest.mark.django_db(transaction=True)
async def test_control_without_the_auth_stream(store, monkeypatch):
    """A process that does not listen to revocations keeps the thief's screen alive."""
    monkeypatch.setattr(Process, "_revoke", lambda self, kind, card: None)
    assert await revoked(store) is None
