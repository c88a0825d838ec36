"""Clients that never acknowledge, never read, or read slowly: bounded, told to go, nobody else's trouble."""

import asyncio
from pathlib import Path

import pytest
from django.db import connection
from websockets.exceptions import ConnectionClosed

from consumers import socket
from tests import stage
from tests.faults import noise
from tests.hubclient import HubClient
from tests.stage import ChangedServer, Inside

STREAM = noise.STREAM
PAD = 2000


@pytest.fixture
def short(monkeypatch):
    """The protocol's 30 and 45 seconds, shortened."""
    monkeypatch.setattr(socket, "LAGGING_SECONDS", 2.0)
    monkeypatch.setattr(socket, "NO_ACK_SECONDS", 5.0)


async def beside(here, token, count, patience=14.0, **mode):
    """A well-behaved screen and one in ``mode`` while events come; both, when the second was told to go."""
    async with (
        HubClient(here.ws_url, "counter", [STREAM], token, name="well") as well,
        HubClient(here.ws_url, "counter", [STREAM], token, name="bad", reconnect=False, **mode) as bad,
    ):
        await well.wait_live()
        await bad.wait_live()
        keys = await asyncio.to_thread(noise.tell, 1, count)
        await well.wait_for(lambda s: set(keys) <= set(s.rows(STREAM)), 10)
        await bad.wait_closed(patience)
        await well.wait_for(lambda s: s.current)
        seqs = await asyncio.to_thread(noise.log)
    assert well.stores[STREAM].missing(seqs) == [] and well.dropped == 0
    assert [code for code, _ in well.closes] in ([], [1000])
    well.assert_clean()
    return bad


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("count", "code"), [(10, 4002), (400, 4001)], ids=["few frames", "beyond the window"]
)
async def test_a_client_that_never_acks(fang, short, count, code):
    async with Inside() as here:
        bad = await beside(here, fang.token, count, never_ack=True)
        assert here.process.sockets == set()
    assert bad.closes[-1][0] == code and bad.byes[-1]["code"] == code
    assert len(bad.of_type("event")) == min(count, socket.WINDOW_FRAMES - 1)


@pytest.mark.django_db(transaction=True)
async def test_control_without_the_rule(fang, monkeypatch):
    """Without window and ack rule the silent client gets everything and stays for ever."""
    for name in ("LAGGING_SECONDS", "NO_ACK_SECONDS", "WINDOW_FRAMES"):
        monkeypatch.setattr(socket, name, 10**9)
    async with Inside() as here:
        with pytest.raises(AssertionError, match="not closed"):
            await beside(here, fang.token, 400, 3.0, never_ack=True)


@pytest.mark.django_db(transaction=True)
async def test_a_slow_client_gets_everything(fang):
    """Slower than the news, far beyond the window: nothing is lost, and it is not thrown out."""
    async with (
        Inside() as here,
        HubClient(here.ws_url, "counter", [STREAM], fang.token, pause=0.001) as slow,
    ):
        await slow.wait_live()
        await asyncio.to_thread(noise.tell, 4, 400)
        seqs = await asyncio.to_thread(noise.log)
        await slow.wait_for(lambda s: not s.stores[STREAM].missing(seqs), 15)
        slow.assert_clean()
        assert (slow.connections, slow.dropped, slow.resyncs) == (1, 0, [])


class Flood:
    """A server with a screen that reads and one that never does, and what that costs the server."""

    def __init__(self, server, token):
        self.server = server
        self.reader = HubClient(server.ws_url, "counter", [STREAM], token, name="reader")
        self.stalled = HubClient(
            server.ws_url, "counter", [STREAM], token, never_read=True, watchdog=False, reconnect=False
        )

    async def __aenter__(self):
        await self.reader.__aenter__()
        await self.stalled.__aenter__()
        await self.reader.wait_live(20)
        await self.stalled.wait_for(lambda s: s.connected)
        return self

    async def __aexit__(self, *exc_info):
        await self.stalled.stop()
        await self.reader.stop()

    def resident(self):
        """The server's memory in MiB."""
        lines = Path(f"/proc/{self.server.popen.pid}/status").read_text().splitlines()
        return int(next(line.split()[1] for line in lines if line.startswith("VmRSS"))) / 1024

    async def caught_up(self, seqs):
        """Until the reading screen has it all."""
        await self.reader.wait_for(lambda s: s.stores[STREAM].position == seqs[-1], 30)
        assert self.reader.stores[STREAM].missing(seqs) == []
        self.reader.assert_clean()

    async def ended(self):
        """Read what lies in the stalled client's pipe: whether its connection was ended by the server."""
        self.stalled.socket.transport.resume_reading()
        try:
            async with asyncio.timeout(2):
                while True:
                    await self.stalled.socket.recv()
        except TimeoutError:
            return False
        except ConnectionClosed as closed:
            # daphne drops the connection a second after a close frame that nobody answers: then it is 1006.
            return (closed.rcvd.code if closed.rcvd else 1006) in (4001, 1006)


async def flood(times, *places):
    await asyncio.to_thread(noise.tell, times, 200, PAD)
    seqs = await asyncio.to_thread(noise.log)
    for place in places:
        await place.caught_up(seqs)


@pytest.mark.django_db(transaction=True)
async def test_a_client_that_never_reads(fang):
    """daphne has no back-pressure: only the credit window keeps a stalled client from growing the server."""
    place = {"database_url": stage.own_database(connection), "server": "daphne"}
    kept = "from consumers import socket; socket.LAGGING_SECONDS = 2.0"
    open_ = "from consumers import socket; socket.WINDOW_FRAMES = socket.WINDOW_BYTES = 10**12"
    with stage.running(ChangedServer(kept, **place), ChangedServer(open_, **place)) as (kind, naive):
        async with Flood(kind, fang.token) as ours, Flood(naive, fang.token) as control:
            await flood(8, ours, control)
            before = ours.resident(), control.resident()
            await flood(50, ours, control)
            grown = ours.resident() - before[0], control.resident() - before[1]
            assert grown[0] < 10 and grown[1] > grown[0] + 10, f"MiB: {grown}"
            await asyncio.sleep(2)
            assert await ours.ended() and not await control.ended()
