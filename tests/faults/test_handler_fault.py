"""An exception in a handler closes that one socket, with our code; everybody else's news go on."""

import asyncio

import pytest

from consumers import base, counter, protocol
from tests.faults import noise
from tests.hubclient import HubClient
from tests.stage import Inside

pytestmark = pytest.mark.django_db(transaction=True)
STREAM = noise.STREAM


class Fault(RuntimeError):
    """What a programming error raises."""


def faulty(self, frame):
    raise Fault


async def two_screens(here, token, hurt):
    """A healthy screen and one that ``hurt`` does something to; both, after an event for the healthy one."""
    async with (
        HubClient(here.ws_url, "counter", [STREAM], token, name="healthy") as healthy,
        HubClient(here.ws_url, "counter", [STREAM], token, name="hurt", reconnect=False) as victim,
    ):
        await healthy.wait_live()
        await victim.wait_live()
        await hurt(victim)
        await victim.wait_closed()
        key = (await asyncio.to_thread(noise.tell))[0]
        await healthy.wait_for(lambda s: key in s.rows(STREAM))
        healthy.assert_clean()
        assert healthy.closes == []
    return victim


async def test_a_fault_in_a_message_handler(fang, monkeypatch):
    monkeypatch.setattr(base.ScreenConsumer, "_unsubscribe", faulty)
    async with Inside() as here:
        hurt = await two_screens(here, fang.token, lambda s: s.send(unsubscribe()))
    assert hurt.closes[-1][0] == 4004
    assert [(bye["code"], bye["reason"]) for bye in hurt.byes] == [(4004, "fault")]


async def test_control_without_the_last_line(fang, monkeypatch):
    """Unguarded, the same fault ends the socket without a word of ours."""

    async def unguarded(self, message):
        await self._answer(protocol.read(message["text"]))

    monkeypatch.setattr(base.ScreenConsumer, "_unsubscribe", faulty)
    monkeypatch.setattr(base.ScreenConsumer, "_take", unguarded)
    async with Inside() as here:
        hurt = await two_screens(here, fang.token, lambda s: s.send(unsubscribe()))
    assert hurt.closes[-1][0] in (1006, 1011) and hurt.byes == []


def unsubscribe():
    return {"type": "unsubscribe", "id": 1, "stream": STREAM}


async def test_a_fault_in_a_view(fang, ma, monkeypatch):
    """A projection that fails costs the screens of that view a reconnect, and nobody else anything."""

    def project(key, card, stations):
        if card.get("pad"):
            raise Fault
        return counter.project(key, card, stations)

    view = counter.SCREEN.sources["store"].view
    async with (
        Inside() as here,
        HubClient(here.ws_url, "kitchen", ["menu:demo"], ma.token, name="other") as other,
        HubClient(here.ws_url, "counter", [STREAM], fang.token) as screen,
    ):
        await other.wait_live()
        await screen.wait_live()
        shown = here.process.feeds.readers[STREAM].views[("counter", STREAM, None)]
        monkeypatch.setattr(shown, "kind", type(view)(view.name, project, view.rows))
        keys = await asyncio.to_thread(noise.tell, 1, 1, 10)
        assert await screen.wait_closed() == 4004
        await screen.wait_for(lambda s: s.live and s.connections == 2)
        keys += await asyncio.to_thread(noise.tell)
        await screen.wait_for(lambda s: keys[1] in s.rows(STREAM))
        assert screen.stores[STREAM].missing(await asyncio.to_thread(noise.log)) == []
        screen.assert_clean()
        assert other.closes == [] and other.live
