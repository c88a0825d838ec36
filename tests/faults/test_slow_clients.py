"""Clients that never acknowledge, never read, or read slowly: bounded, told to go, nobody else's trouble."""

import asyncio
import time
from pathlib import Path

import pytest
from django.db import connection

from consumers import socket
from tests import stage
from tests.faults import noise
from tests.hubclient import HubClient
from tests.stage import ChangedServer, Inside

STREAM = noise.STREAM
PAD = 2000
MIB = 1024 * 1024


@pytest.fixture
def short(monkeypatch):
    """The protocol's 30 and 45 seconds, shortened."""
    monkeypatch.setattr(socket, "LAGGING_SECONDS", 1.0)
    monkeypatch.setattr(socket, "NO_ACK_SECONDS", 2.0)


async def beside(here, token, times, count, **mode):
    """A well-behaved screen and one in ``mode`` while events come; both, when the second was told to go."""
    async with (
        HubClient(here.ws_url, "counter", [STREAM], token, name="well") as well,
        HubClient(here.ws_url, "counter", [STREAM], token, name="bad", reconnect=False, **mode) as bad,
    ):
        await well.wait_live()
        await bad.wait_live()
        keys = await asyncio.to_thread(noise.tell, times, count)
        await well.wait_for(lambda s: set(keys) <= set(s.rows(STREAM)), 10)
        await bad.wait_closed(8)
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
        bad = await beside(here, fang.token, 1, count, never_ack=True)
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
            await beside(here, fang.token, 1, 400, never_ack=True)


@pytest.mark.django_db(transaction=True)
async def test_a_slow_client_gets_everything(fang):
    """Slower than the news, far beyond the window: nothing is lost, and it is not thrown out."""
    async with Inside() as here:
        async with HubClient(here.ws_url, "counter", [STREAM], fang.token, pause=0.001) as slow:
            await slow.wait_live()
            await asyncio.to_thread(noise.tell, 4, 400)
            seqs = await asyncio.to_thread(noise.log)
            await slow.wait_for(lambda s: not s.stores[STREAM].missing(seqs), 15)
            slow.assert_clean()
            assert (slow.connections, slow.dropped, slow.resyncs) == (1, 0, [])


def resident(server):
    """The server's memory in MiB."""
    lines = Path(f"/proc/{server.popen.pid}/status").read_text().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("VmRSS"))) / 1024


async def flooded(server, token):
    """The growth of the server (MiB) while 30 MiB go to a client that never reads; and both clients."""
    async with (
        HubClient(server.ws_url, "counter", [STREAM], token, name="reader") as reader,
        HubClient(
            server.ws_url, "counter", [STREAM], token, never_read=True, watchdog=False, reconnect=False
        ) as stalled,
    ):
        await reader.wait_live(20)
        await stalled.wait_for(lambda s: s.connected)
        await asyncio.to_thread(noise.tell, 10, 200, PAD)
        await caught_up(reader)
        before, began = resident(server), time.monotonic()
        await asyncio.to_thread(noise.tell, 75, 200, PAD)
        await caught_up(reader)
        grown = resident(server) - before
        await asyncio.sleep(max(0.0, 4 - (time.monotonic() - began)))
        stalled.socket.transport.resume_reading()
        return grown, reader, stalled, await drained(stalled)


async def caught_up(reader):
    seqs = await asyncio.to_thread(noise.log)
    await reader.wait_for(lambda s: s.stores[STREAM].position == seqs[-1], 30)
    assert reader.stores[STREAM].missing(seqs) == []
    reader.assert_clean()


async def drained(stalled):
    """What lies in the pipes of the stalled client, and how its connection ended (None: it has not)."""
    try:
        async with asyncio.timeout(3):
            while True:
                await stalled.socket.recv()
    except TimeoutError:
        return None
    except Exception:
        return stalled.socket.close_code


@pytest.mark.django_db(transaction=True)
async def test_a_client_that_never_reads(fang):
    """daphne has no back-pressure: only the credit window keeps a stalled client from growing the server."""
    # SQLite or not: the servers share the test's own database.
    place = {"database_url": stage.own_database(connection), "server": "daphne"}
    kept = "from consumers import socket; socket.LAGGING_SECONDS = 2.0"
    open_ = "from consumers import socket; socket.WINDOW_FRAMES = socket.WINDOW_BYTES = 10**12"
    with stage.running(ChangedServer(kept, **place), ChangedServer(open_, **place)) as (ours, control):
        grown, _, _, code = await flooded(ours, fang.token)
        assert grown < 8, f"{grown:.1f} MiB"
        assert code == 4001
        grown, _, _, code = await flooded(control, fang.token)
        assert grown > 20, f"control: {grown:.1f} MiB"
        assert code is None
