"""Receipts: the ack that covers a ticket says that a screen has shown it."""

import asyncio

import pytest

from kitchen.models import Receipt
from tests import factories
from tests.consumers.peers import act, opened

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("sockets")]


async def receipts(expected):
    """Receipts as they are once that many were written."""
    for _ in range(30):
        rows = await act(lambda: sorted(Receipt.objects.values_list("station", "device_id")))
        if len(rows) >= expected:
            return rows
        await asyncio.sleep(0.1)
    return rows


def shown(peer, position):
    """The client says that it has shown the store's stream up to here."""
    peer.send({"type": "ack", "received": peer.counted, "positions": {"store:demo": position}})


@pytest.mark.both
async def test_the_ack_that_covers_a_ticket_is_its_receipt(lunch):
    tablet = await act(factories.screen, lunch.store, "kitchen", "wok")
    peer = await opened("kitchen", tablet.token, {"stream": "store:demo"})
    assert await act(Receipt.objects.count) == 0
    position = peer.streams["store:demo"].position
    shown(peer, position - 1)
    await peer.quiet(1.3)
    assert await act(Receipt.objects.count) == 0, "a position before the ticket covers nothing"
    shown(peer, position)
    assert await receipts(1) == [("wok", tablet.device.pk)]
    await act(lunch.order)
    await peer.quiet()
    shown(peer, peer.streams["store:demo"].position)
    assert await receipts(2) == [("wok", tablet.device.pk)] * 2


async def test_people_and_the_counter_give_no_receipts(lunch, wang):
    counter = await act(factories.screen, lunch.store, "counter")
    for endpoint, token in (("kitchen", wang.token), ("counter", counter.token)):
        peer = await opened(endpoint, token, {"stream": "store:demo"})
        peer.send({"type": "ack", "received": 1, "positions": {"store:demo": 10**6, "menu:demo": 1, "x": -1}})
    await asyncio.sleep(1.4)
    assert await act(Receipt.objects.count) == 0
