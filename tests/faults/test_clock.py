"""Twenty-five hours pass: screens with a device's token stay, a person's token ends, and news still arrive."""

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


class Renewing:
    """A token function: the first token as it is, later ones refreshed."""

    def __init__(self, person):
        self.person, self.asked = person, 0

    def __call__(self):
        self.asked += 1
        if self.asked > 1:
            pair = self.person.post("/auth/refresh/", {"refresh": self.person.refresh})
            self.person.token, self.person.refresh = pair["access"], pair["refresh"]
        return self.person.token


async def test_a_day_and_an_hour():
    servers = ChangedServer(JUMP, database_url=stage.fresh_sqlite()), ChangedServer(JUMP + STOCK)
    servers[1].prepared = True
    servers[1].env["DATABASE_URL"] = servers[0].env["DATABASE_URL"]
    with stage.running(*servers) as (server, stock):
        ma = Person(server.base_url).log_in_as_staff("manager")
        tv, tablet = ma.pair("counter"), ma.pair("counter")
        lin = Person(server.base_url).log_in_as_diner("lin")
        fang = Person(server.base_url).log_in_as_staff("counter")
        async with (
            HubClient(server.ws_url, "counter", [STREAM], tv.token, name="device") as device,
            HubClient(server.ws_url, "counter", [STREAM], Renewing(fang), name="person") as person,
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
    Renewing(lin)()
    renewing = Renewing(lin)
    renewing.asked = 1
    renewing()
    return lin.order({"米饭": 1})
