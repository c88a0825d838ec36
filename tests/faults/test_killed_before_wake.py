"""A process dies between its commit and telling anybody: the others' screens show the change all the same."""

import asyncio
import subprocess
import sys

import pytest

from tests import stage
from tests.cast import Person
from tests.databases import ROOT
from tests.hubclient import HubClient
from tests.live import LiveServer
from tests.stage import ChangedServer

STREAM = "store:demo"
UNSWEPT = "from consumers import feeds; feeds.SWEEP_SECONDS = 3600"
DIE = """
import os, signal, sys, django
django.setup()
from hub import events, transactions, wakeup
wakeup.bus.tell = lambda runs: os.kill(os.getpid(), signal.SIGKILL)
change = events.TableOpened(key=sys.argv[1], version=1)
transactions.transact(lambda tx: tx.record("store:demo", change), actor="system")
"""


def die_after_commit(env, key):
    """A process that commits one change and is dead before it can tell."""
    died = subprocess.run([sys.executable, "-c", DIE, key], cwd=ROOT, env=env, timeout=30, check=False)
    assert died.returncode == -9


def heard(screen):
    """The keys of every event that this screen applied."""
    return [event["key"] for event in screen.stores[STREAM].events]


async def shown(protected, unprotected, key):
    """The change reaches the screen of a process that sweeps, and not that of one that does not."""
    token = Person(protected.base_url).log_in_as_staff("counter").token
    async with (
        HubClient(protected.ws_url, "counter", [STREAM], token) as screen,
        HubClient(unprotected.ws_url, "counter", [STREAM], token, name="control") as control,
    ):
        await screen.wait_live()
        await control.wait_live()
        await asyncio.to_thread(die_after_commit, protected.env, key)
        await screen.wait_for(lambda s: key in heard(s), 2.0, "the change")
        await asyncio.sleep(1.0)
        assert control.live and key not in heard(control)
        screen.assert_clean()
        assert screen.connections == 1


async def test_on_sqlite_and_memory():
    place = {"database_url": stage.fresh_sqlite()}
    with stage.running(LiveServer("daphne", **place), ChangedServer(UNSWEPT, **place)) as (server, control):
        await shown(server, control, "table:901")


@pytest.mark.mariadb
async def test_on_mariadb_and_redis():
    cluster = stage.cluster()
    with stage.running(cluster.server("uvicorn", UNSWEPT)) as (control,):
        await shown(cluster.b, control, "table:902")
