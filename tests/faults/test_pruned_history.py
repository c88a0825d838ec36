"""A screen that comes back after its place in the log was pruned gets the whole state, never a hole."""

import asyncio

import pytest
from django.db import connection

from consumers import resume
from hub import events, retention, transactions
from hub.models import Event
from tests.faults import noise
from tests.hubclient import HubClient
from tests.stage import Inside

pytestmark = [pytest.mark.both, pytest.mark.django_db(transaction=True)]
STREAM = noise.STREAM


def move(version):
    """One row, changed again and again: pruning keeps only its newest event."""

    def work(tx):
        card = {"device": 0, "version": version}
        tx.record(STREAM, events.ScreenStale(key="screen:0", version=version, card=card))

    transactions.transact(work, actor="system")
    connection.close()


def prune(floor):
    gone = retention.prune_stream(STREAM, floor)
    connection.close()
    return gone


async def comes_back(here, token, floor_after):
    """See three changes, leave, miss seven, lose those below the floor, come back."""
    async with HubClient(here.ws_url, "counter", [STREAM], token) as screen:
        await screen.wait_live()
        for version in (1, 2, 3):
            await asyncio.to_thread(move, version)
        await screen.wait_for(lambda s: s.stores[STREAM].applied == 3)
    cursor = screen.stores[STREAM].cursor
    for version in range(4, 11):
        await asyncio.to_thread(move, version)
    last = (await asyncio.to_thread(noise.log))[-1]
    assert await asyncio.to_thread(prune, last - 2) == 8
    here.process.feeds.readers.clear()
    wanted = [{"stream": STREAM, "cursor": cursor}]
    async with HubClient(here.ws_url, "counter", wanted, token) as again:
        await again.wait_live()
        await floor_after(again)
    again.assert_clean()
    return again


async def nothing(screen):
    """Live already says it all."""


async def test_resync_floor(fang):
    async with Inside() as here:
        again = await comes_back(here, fang.token, nothing)
    assert again.resyncs == ["floor"]
    assert len(again.of_type("snapshot")) == 1 and again.of_type("event") == []


async def test_control_a_reader_that_does_not_ask_whether_it_is_whole(fang):
    """The same log read as 'everything behind my position' has a hole that nothing tells of."""
    async with Inside() as here:
        again = await comes_back(here, fang.token, nothing)
        kept = await asyncio.to_thread(versions_behind, 3)
    assert kept == [9, 10] and again.resyncs == ["floor"]


def versions_behind(version):
    try:
        found = Event.objects.filter(stream_id=STREAM, key="screen:0", version__gt=version)
        return list(found.order_by("seq").values_list("version", flat=True))
    finally:
        connection.close()


async def test_pruned_while_the_replay_is_read(fang, monkeypatch):
    """The floor may pass between the look at the cursor and the read of the log."""
    began = resume.begin

    async def begin(feeds, view, cursor):
        answer = await began(feeds, view, cursor)
        if cursor is not None:
            await asyncio.to_thread(prune, view.reader.seq - 1)
        return answer

    async with Inside() as here:
        async with HubClient(here.ws_url, "counter", [STREAM], fang.token) as screen:
            await screen.wait_live()
            await asyncio.to_thread(move, 1)
            await screen.wait_for(lambda s: s.stores[STREAM].applied == 1)
        for version in range(2, 8):
            await asyncio.to_thread(move, version)
        here.process.feeds.readers.clear()
        monkeypatch.setattr(resume, "begin", begin)
        wanted = [{"stream": STREAM, "cursor": screen.stores[STREAM].cursor}]
        async with HubClient(here.ws_url, "counter", wanted, fang.token) as again:
            await again.wait_for(lambda s: s.live and s.resyncs)
    assert again.resyncs == ["floor"]
    again.assert_clean()
