"""Twenty-five hours pass: a device's screen stays, a person's token ends and is renewed, news arrive."""

import asyncio
import os
import signal

from tests import stage
from tests.cast import Person
from tests.hubclient import HubClient
from tests.stage import ChangedServer

STREAM = "store:demo"
JUMP = """
import datetime, signal, time_machine
def jump(number, frame):
    later = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=25)
    time_machine.travel(later, tick=True).start()
signal.signal(signal.SIGUSR1, jump)
"""
# daphne closes every socket after a day unless told not to.
STOCK = """
from tests.live import DAPHNE
at = DAPHNE.index("--websocket_timeout")
del DAPHNE[at : at + 2]
"""


def renewing(person):
    """A token function for a screen: the first token as it is, later ones refreshed."""
    tokens = iter([lambda: person.token])
    return lambda: next(tokens, person.renew)()


async def test_a_day_and_an_hour():
    place = {"database_url": stage.fresh_sqlite()}
    servers = ChangedServer(JUMP, **place), ChangedServer(JUMP + STOCK, **place)
    with stage.running(*servers) as (server, stock):
        ma = Person(server.base_url).log_in_as_staff("manager")
        tv, tablet = ma.pair("counter"), ma.pair("counter")
        lin = Person(server.base_url).log_in_as_diner("lin")
        fang = Person(server.base_url).log_in_as_staff("counter")
        async with (
            HubClient(server.ws_url, "counter", [STREAM], tv.token, name="device") as device,
            HubClient(server.ws_url, "counter", [STREAM], renewing(fang), name="person") as person,
            HubClient(stock.ws_url, "counter", [STREAM], tablet.token, name="stock daphne") as control,
        ):
            for screen in (device, person, control):
                await screen.wait_live()
            for one in servers:
                os.kill(one.popen.pid, signal.SIGUSR1)
            assert await person.wait_closed(4) == 4003
            await person.wait_for(lambda s: s.live and s.connections == 2, 5, "back with a new token")
            await control.wait_closed(6)
            order = await asyncio.to_thread(after_the_day, lin)
            for screen in (device, person):
                await screen.wait_for(lambda s: f"order:{order['no']}" in s.rows(STREAM), 3)
                screen.assert_clean()
            assert (device.connections, device.closes) == (1, [])


def after_the_day(lin):
    """Lin's access token is over too; the refresh token gets her another."""
    answer = lin.answer("GET", "/me/")
    assert (answer.status_code, answer.json()["code"]) == (401, "auth.token_expired")
    lin.renew()
    return lin.order({"米饭": 1})
