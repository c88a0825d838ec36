"""Sockets with nothing to say for a while: open on every layer and server, and told the next news."""

import asyncio
import sys
import time

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from tests import stage
from tests.cast import Person
from tests.hubclient import HubClient
from tests.live import UVICORN, LiveServer, Process, free_port

STREAM = "store:demo"
SHORT, LONG = 12.0, 30.0  # a stock layer on a stock client loses idle sockets after five


class StockServer(Process):
    """tests.faults.stock_screen under uvicorn."""

    def __init__(self, env, folder):
        super().__init__(env, folder / "stock.log")
        self.port = free_port()

    def command(self):
        return [
            sys.executable,
            *UVICORN,
            "127.0.0.1",
            "--port",
            str(self.port),
            "tests.faults.stock_screen:application",
        ]

    def close(self):
        self.kill()


async def stock_closes(server, idle):
    """Seconds until the stock consumer's idle socket was closed (None: it was not)."""
    for _ in range(100):
        try:
            async with connect(f"ws://127.0.0.1:{server.port}/", proxy=None, ping_interval=None) as socket:
                began = time.monotonic()
                async with asyncio.timeout(idle):
                    await socket.recv()
        except TimeoutError:
            return None
        except ConnectionClosed:
            return time.monotonic() - began
        except (OSError, InvalidHandshake):
            await asyncio.sleep(0.1)
    raise AssertionError(server.log_text())


@pytest.mark.mariadb
@pytest.mark.parametrize("idle", [SHORT, pytest.param(LONG, marks=pytest.mark.soak)])
async def test_nothing_for_a_while(idle):
    cluster = stage.cluster()
    memory = LiveServer("daphne", database_url=stage.fresh_sqlite())
    stock = StockServer(cluster.a.env, cluster.folder)
    with stage.running(memory, stock):
        servers = (cluster.a, cluster.b, memory)
        tokens = [Person(server.base_url).log_in_as_staff("counter").token for server in servers]
        screens = [
            HubClient(server.ws_url, "counter", [STREAM], token, name=f"{server.server} {server.port}")
            for server, token in zip(servers, tokens, strict=True)
        ]
        for screen in screens:
            await screen.__aenter__()
        control = asyncio.create_task(stock_closes(stock, idle))
        for screen in screens:
            await screen.wait_live()
        await asyncio.sleep(idle)
        await news_arrive(cluster, memory, screens, idle)
        assert await control is not None, "the stock consumer stayed open: the control proves nothing"


async def news_arrive(cluster, memory, screens, idle):
    """Nobody was closed, everybody beat, and the next order is there at once."""
    for screen in screens:
        assert (screen.connections, screen.closes) == (1, []) and screen.current
        assert len(screen.of_type("heartbeat")) >= idle // 5 - 1
    for server, hearing in ((cluster.b, screens[:2]), (memory, screens[2:])):
        lin = Person(server.base_url).log_in_as_diner("lin")
        order = await asyncio.to_thread(lin.order, {"米饭": 1})
        for screen in hearing:
            await screen.wait_for(lambda s, no=order["no"]: f"order:{no}" in s.rows(STREAM), 1.5)
    for screen in screens:
        screen.assert_clean()
        await screen.stop()
