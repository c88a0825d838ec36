"""SIGTERM: every socket is told when to come back, the process is unready at once and ends by itself."""

import asyncio
import signal
import subprocess
import time

import pytest
import requests

from tests import stage
from tests.cast import Person
from tests.hubclient import HubClient
from tests.live import LiveServer
from tests.stage import ChangedServer

STREAM = "store:demo"
SLOW = """
import asyncio
from hub import health
plain = health.healthz
async def slow(request):
    await asyncio.sleep(1.5)
    return plain(request)
health.healthz = slow
"""
HASTY = (
    SLOW
    + """
from consumers import shutdown
from hub import lifecycle
shutdown.LAST_ANSWERS_SECONDS = 0
lifecycle.Lifecycle.leaving = property(lambda self: False, lambda self, value: None)
"""
)
DEAF = "from consumers.shutdown import Shutdown; Shutdown.install = lambda self: None"


async def goes_down(server):
    """SIGTERM while three screens are live: the screens, the readiness seen meanwhile, exit code, seconds."""
    fang = Person(server.base_url).log_in_as_staff("counter")
    screens = [HubClient(server.ws_url, "counter", [STREAM], fang.token, reconnect=False) for _ in range(3)]
    for screen in screens:
        await screen.__aenter__()
    for screen in screens:
        await screen.wait_live()
    watcher = asyncio.create_task(asyncio.to_thread(statuses, server))
    began = time.monotonic()
    server.popen.send_signal(signal.SIGTERM)
    code = await asyncio.to_thread(server.popen.wait, 20)
    took = time.monotonic() - began
    for screen in screens:
        await screen.wait_closed(3)
        await screen.stop()
    return screens, await watcher, code, took


def statuses(server):
    """What /readyz said until nobody listened any more."""
    seen = []
    while (status := server.ready_status()) is not None and len(seen) < 500:
        seen.append(status)
    return seen


# uvicorn ends by the signal it was sent, as it always does; daphne by itself.
@pytest.mark.parametrize(("kind", "exit_code"), [("serve", 0), ("uvicorn", -signal.SIGTERM)])
async def test_bye_then_close_then_exit(kind, exit_code):
    with stage.running(LiveServer(kind, database_url=stage.fresh_sqlite())) as (server,):
        screens, seen, code, took = await goes_down(server)
    assert [screen.closes[-1][0] for screen in screens] == [4000] * 3
    byes = [screen.byes[-1] for screen in screens]
    assert all((bye["code"], bye["reason"]) == (4000, "shutdown") for bye in byes)
    waits = {bye["retry_after_ms"] for bye in byes}
    assert len(waits) > 1 and all(500 <= wait <= 3500 for wait in waits)
    assert 503 in seen and seen.index(503) <= len(seen) - 1
    assert all(status == 503 for status in seen[seen.index(503) :])
    assert code == exit_code and took < 5


async def test_control_without_our_handler():
    """daphne by itself drops its sockets: no word, no code of ours."""
    place = {"database_url": stage.fresh_sqlite()}
    with stage.running(ChangedServer(DEAF, "daphne", **place)) as (server,):
        screens, _, _, _ = await goes_down(server)
    assert all(screen.closes[-1][0] != 4000 and screen.byes == [] for screen in screens)


async def stopped_while_answering(server):
    """A request, SIGTERM, one more request: both statuses, and the exit code within 4 s (None: it hangs)."""
    url = f"{server.base_url}/healthz"
    first = asyncio.create_task(asyncio.to_thread(status_of, url))
    await asyncio.sleep(0.5)
    server.popen.send_signal(signal.SIGTERM)
    await asyncio.sleep(0.5)
    second = asyncio.create_task(asyncio.to_thread(status_of, url))
    try:
        code = await asyncio.to_thread(server.popen.wait, 4)
    except subprocess.TimeoutExpired:
        code = None
        server.kill()
    return await first, await second, code


def status_of(url):
    try:
        return requests.get(url, timeout=10).status_code
    except requests.RequestException:
        return None


async def test_requests_at_the_end():
    """What is in hand is answered, what comes later is sent elsewhere.

    A thread that waits for a loop which daphne has stopped never ends, and the process with it.
    """
    place = {"database_url": stage.fresh_sqlite()}
    with stage.running(ChangedServer(SLOW, **place), ChangedServer(HASTY, **place)) as servers:
        ours, control = await asyncio.gather(*(stopped_while_answering(server) for server in servers))
    assert ours == (200, 503, 0)
    # Whether the first answer makes it is chance; the second never does, and the process hangs.
    assert control[1:] == (None, None)
