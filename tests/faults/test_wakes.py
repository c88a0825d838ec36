"""Wakes lost, doubled, early, out of order: a screen gets every event once and in order, come what may."""

import asyncio
import contextlib
import random
import time

import msgspec
import pytest
from channels.layers import get_channel_layer
from channels_redis.pubsub import RedisPubSubLoopLayer

from consumers.database import Pool
from consumers.feed import Reader, View
from consumers.feeds import Feeds
from consumers.frames import Arrived
from hub import clock, eventlog, events, transactions, wakeup
from hub.eventlog import Recorded, Run
from tests.faults import noise
from tests.hubclient import HubClient
from tests.stage import Inside

pytestmark = [pytest.mark.both, pytest.mark.django_db(transaction=True)]
WRITERS, EACH = 2, 15


class Wires:
    """What stands between the commits and the readers in these tests."""

    def __init__(self, deliver):
        self.deliver, self.held = deliver, []

    def lost(self, run):
        """Nothing arrives."""

    def doubled(self, run):
        """Everything arrives twice, the second time after later news."""
        self.deliver(run)
        self.later(0.03, run)

    def reordered(self, run):
        """Everything arrives within 60 ms, in any order."""
        self.later(random.uniform(0, 0.06), run)

    def early(self, run):
        """The news of a while later comes first: every fourth at once, the others after 0.2 s."""
        self.deliver(run) if run.events[0].seq % 4 == 0 else self.later(0.2, run)

    def later(self, seconds, run):
        asyncio.get_running_loop().call_later(seconds, self.deliver, run)


async def play(here, fault, token, patience=3.0):
    """Writers commit while the wires are at fault; the screen, and what the log says it should have."""
    wires = Wires(here.process.feeds.deliver)
    # Both ways on which wakes come: from this process and, where there is Redis, through the layer.
    here.process.feeds.deliver = getattr(wires, fault)
    wakeup.bus.attach(asyncio.get_running_loop(), here.process.feeds.deliver)
    async with HubClient(here.ws_url, "counter", [noise.STREAM], token) as screen:
        await screen.wait_live()
        await asyncio.gather(*(asyncio.to_thread(noise.tell, EACH) for _ in range(WRITERS)))
        seqs = await asyncio.to_thread(noise.log)
        assert len(seqs) >= WRITERS * EACH
        with contextlib.suppress(AssertionError):
            await screen.wait_for(lambda s: not s.stores[noise.STREAM].missing(seqs), patience)
        await asyncio.sleep(0.1)
    return screen, seqs


@pytest.mark.parametrize("fault", ["lost", "doubled", "early", "reordered"])
async def test_every_event_once_and_in_order(fang, fault):
    async with Inside() as here:
        screen, seqs = await play(here, fault, fang.token)
    assert screen.stores[noise.STREAM].missing(seqs) == []
    screen.assert_clean()
    assert (screen.dropped, screen.resyncs, screen.closes[:-1]) == (0, [], [])


@pytest.mark.parametrize("fault", ["lost", "doubled", "early", "reordered"])
async def test_control_without_position_and_log(fang, fault, monkeypatch):
    """The same faults with a reader that shows whatever comes, and no sweep: each one does harm."""

    def show(self, run):
        for event in run.events:
            self.seq, self.tag = event.seq, event.tag
            self._show(Arrived(event))

    def arrive(self, arrived, guarded=View.arrive):
        self.last = min(self.last, arrived.event.seq - 1)
        guarded(self, arrived)

    monkeypatch.setattr(Reader, "deliver", show)
    monkeypatch.setattr(View, "arrive", arrive)
    async with Inside() as here:
        here.process.feeds._tasks[0].cancel()
        screen, seqs = await play(here, fault, fang.token, patience=0.5)
    store = screen.stores[noise.STREAM]
    harm = {"lost": store.missing(seqs), "doubled": store.dropped}
    assert harm.get(fault, store.out_of_order)


async def rolled_back(here, token):
    """A transaction that fails after its events were numbered; what a screen shows of it."""

    def fail(result):
        raise ZeroDivisionError

    def work():
        with pytest.raises(ZeroDivisionError), transactions.transaction.atomic(durable=True):
            tx = transactions.Transaction("system")
            noise.change(3)(tx)
            transactions._tell_on_commit(transactions.eventlog.append(tx.pending, tx.actor))
            time.sleep(0.1)
            fail(None)

    async with HubClient(here.ws_url, "counter", [noise.STREAM], token) as screen:
        await screen.wait_live()
        await asyncio.to_thread(work)
        await asyncio.sleep(0.2)
        return screen.rows(noise.STREAM)


async def test_nothing_is_told_before_its_commit(fang):
    async with Inside() as here:
        assert await rolled_back(here, fang.token) == {}


async def test_control_told_before_the_commit(fang, monkeypatch):
    """Telling at once shows rows that never were."""
    monkeypatch.setattr(transactions, "_tell_on_commit", lambda runs: wakeup.bus.tell(tuple(runs)))
    async with Inside() as here:
        assert len(await rolled_back(here, fang.token)) == 3


async def heard(here, token, *before):
    """Whether a wake on the layer, behind these other messages, is shown: there is no sweep to help."""
    key, change = "screen:0", events.ScreenStale(key="screen:0", version=1, card={"device": 0})
    layer, group = get_channel_layer(), wakeup.group(noise.STREAM)
    async with HubClient(here.ws_url, "counter", [noise.STREAM], token) as screen:
        await screen.wait_live()
        for message in before:
            await layer.group_send(group, {"type": "wake", **message})
        here.process.feeds._tasks[0].cancel()
        head = (await asyncio.to_thread(noise.heads))[noise.STREAM]
        event = Recorded(head.seq + 1, 1, key, 1, change.name, clock.now(), "x", '{"device":0}')
        run = wakeup.encode(Run(noise.STREAM, head.tag, (event,)))
        await layer.group_send(group, {"type": "wake", "run": run})
        await asyncio.sleep(0.5)
        return key in screen.rows(noise.STREAM)


NONSENSE = ({"run": b"nonsense"}, {"run": None}, {}, {"run": msgspec.msgpack.encode({"a": 1})})


@pytest.mark.mariadb
async def test_what_is_no_wake_does_not_end_the_listening(fang):
    """Another release's or a stranger's messages: the wakes behind them are still heard."""
    async with Inside() as here:
        assert await heard(here, fang.token, *NONSENSE)


@pytest.mark.mariadb
async def test_control_listening_to_wakes_only(fang, monkeypatch):
    """Decoding without a guard ends the listening for good."""
    bare = lambda self, message: self.deliver(wakeup.decode(message["run"]))  # noqa: E731
    monkeypatch.setattr(Feeds, "_heard", bare)
    async with Inside() as here:
        assert not await heard(here, fang.token, *NONSENSE)


@pytest.fixture
def slow_start(monkeypatch):
    """The layer connects while the position of the screen's stream is being read."""
    connect, read, asked = RedisPubSubLoopLayer.new_channel, Pool.read, asyncio.Event()

    async def new_channel(self, *arguments):
        await asked.wait()
        return await connect(self, *arguments)

    async def slow_read(self, work, *arguments, **named):
        if work is eventlog.heads and noise.STREAM in arguments[0]:
            asked.set()
            await asyncio.sleep(0.2)
        return await read(self, work, *arguments, **named)

    monkeypatch.setattr(RedisPubSubLoopLayer, "new_channel", new_channel)
    monkeypatch.setattr(Pool, "read", slow_read)


@pytest.mark.mariadb
async def test_streams_that_start_while_the_layer_connects_are_joined(fang, slow_start):
    async with Inside() as here:
        assert await heard(here, fang.token)


@pytest.mark.mariadb
async def test_control_joining_only_what_has_started(fang, slow_start, monkeypatch):
    async def join_all(self):
        for stream in list(self.readers):
            await self._join(stream)

    monkeypatch.setattr(Feeds, "_join_all", join_all)
    async with Inside() as here:
        assert not await heard(here, fang.token)
