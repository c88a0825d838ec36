"""The counter's list of devices: acks say which screens are there and how far they are behind."""

import asyncio

import pytest

from ordering.users.models import DevicePosition
from tests import factories
from tests.consumers.peers import act, opened

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("sockets")]


def listed(who):
    rows = who.api.get("/api/v1/devices/", {"store": "demo"}).json()["results"]
    return {row["id"]: (row["online"], row["behind"]) for row in rows}


async def until(fang, expected):
    """The list once it says this, or what it says after three seconds."""
    for _ in range(30):
        found = await act(listed, fang)
        if found == expected:
            break
        await asyncio.sleep(0.1)
    return found


def acknowledge(peer):
    positions = {stream: followed.position for stream, followed in peer.streams.items()}
    peer.send({"type": "ack", "received": peer.counted, "positions": positions})


@pytest.mark.both
async def test_a_screen_is_behind_until_it_acknowledges(lunch, fang):
    wok, cold = [await act(factories.screen, lunch.store, "kitchen", code) for code in ("wok", "cold")]
    first, second = wok.device.pk, cold.device.pk
    assert await act(listed, fang) == {first: (False, None), second: (False, None)}
    peers = [await opened("kitchen", who.token, {"stream": "store:demo"}) for who in (wok, cold)]
    for peer in peers:
        acknowledge(peer)
    assert await until(fang, {first: (True, 0), second: (True, 0)}) == {first: (True, 0), second: (True, 0)}
    await act(lunch.stir, 3)
    expected = {first: (True, 3), second: (True, 0)}
    assert await until(fang, expected) == expected, "nothing of it was the cold station's business"
    await peers[0].quiet()
    acknowledge(peers[0])
    expected = {first: (True, 0), second: (True, 0)}
    assert await until(fang, expected) == expected


async def test_nobody_is_listed_by_claims_or_by_being_a_person(lunch, fang, wang):
    bar = await act(factories.screen, lunch.store, "kitchen")
    people = await opened("kitchen", wang.token, {"stream": "store:demo"})
    acknowledge(people)
    peer = await opened("kitchen", bar.token, {"stream": "menu:demo"})
    peer.send({"type": "ack", "received": 0, "positions": {"store:demo": 7, "menu:demo": 3}})
    await asyncio.sleep(1.4)
    assert not await act(DevicePosition.objects.exists)
    peer.send({"type": "subscribe", "id": 1, "stream": "store:demo"})
    await peer.quiet()
    peer.send({"type": "ack", "received": peer.counted, "positions": {"store:demo": 10**15}})
    assert await until(fang, {bar.device.pk: (True, 0)}) == {bar.device.pk: (True, 0)}
    await act(lunch.stir, 1)
    assert await until(fang, {bar.device.pk: (True, 1)}) == {bar.device.pk: (True, 1)}
