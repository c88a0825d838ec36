"""Kills and faults by the dozen: in the end all has settled and both books are the same, order by order."""

import random
import sqlite3
import time

import pytest

from tests import stage
from tests.live import LiveServer, WorkerProcess
from tests.wechat.books import Books
from tests.wechat.emulator import Emulator, fresh_folder, until
from tests.wechat.postbox import NOTIFY
from tests.wechat.rush import Rush
from tests.wechat.secrets import secrets_of, told

SPEED = 30.0  # a lease is 2 s, refunds of one payment go 2 s apart, an hour is two minutes
EMULATOR_SPEED = 60.0


def wechat_env(emulator):
    """A hub that uses this emulator and is in a hurry."""
    return {
        "WECHAT_MODE": "sandbox",
        "WECHAT_PAY_BASE_URL": emulator.url,
        "WECHAT_API_BASE_URL": emulator.url,
        "WECHAT_PAY_TIMEOUT": "1,2",
        "WECHAT_PAY_EXPIRE_MINUTES": "0.1",
        "WORKER_SPEED": str(SPEED),
        "LOG_LEVEL": "DEBUG",
    }


class Small:
    """One web process and one worker on SQLite, the emulator in a thread."""

    def __init__(self):
        self.emulator = Emulator(fresh_folder(stage.scratch()), speed=EMULATOR_SPEED)
        self.a = LiveServer("uvicorn", wechat_env(self.emulator), database_url=stage.fresh_sqlite())
        self.a.env["WECHAT_PAY_NOTIFY_URL"] = self.a.base_url + NOTIFY
        self.webs, self.workers = [self.a], [WorkerProcess(self.a.env, self.a.folder)]

    def __enter__(self):
        self.emulator.start()
        stage.start_all(*self.webs, *self.workers)
        return self

    def __exit__(self, *exc_info):
        for process in (*self.webs, *self.workers):
            process.kill()
        self.a.close()
        self.emulator.stop()

    def read(self, query):
        """Rows of the deployment's database."""
        with sqlite3.connect(self.a.env["DATABASE_URL"].removeprefix("sqlite:///"), timeout=20) as db:
            return db.execute(query).fetchall()


class Full(stage.Cluster):
    """Two web processes and two workers on MariaDB and Redis, the emulator as a process of its own."""

    DATABASE = "kaifan_money"

    def __init__(self):
        self.emulator = Emulator(fresh_folder(stage.scratch()), speed=EMULATOR_SPEED, process=True)
        super().__init__(wechat_env(self.emulator))
        self.webs = [self.a, self.b]
        for web in self.webs:
            web.env["WECHAT_PAY_NOTIFY_URL"] = web.base_url + NOTIFY
        self.workers = [self.worker, WorkerProcess(self.b.env, self.folder)]

    @property
    def processes(self):
        return [*self.webs, *self.workers]

    def __enter__(self):
        self.emulator.start()
        return self.start()

    def __exit__(self, *exc_info):
        self.stop()
        self.emulator.stop()


def under_fire(shop, *, orders, guests, pace, kills, pause, seed):
    """The rush, the kills, the reckoning; how many kills the rush felt."""
    rng = random.Random(seed)
    bases = [web.base_url for web in shop.webs]
    rush = Rush(bases, shop.emulator, orders=orders, guests=guests, seed=seed, pace=pace)
    rush.start()
    victims = [shop.webs[0], shop.workers[0]]
    felt = 0
    for _ in range(kills):
        time.sleep(rng.uniform(*pause))
        victim = victims.pop() if victims else rng.choice([*shop.webs, *shop.workers])
        felt += rush.running
        victim.kill()
        time.sleep(0.2)
        victim.start()
    rush.finish()
    reckon(shop, rush, orders)
    return felt


def reckon(shop, rush, orders):
    """Everything settles by itself but what waits for a person; then the invariant, order by order."""
    assert rush.failed == []
    assert sum(rush.done.values()) == orders
    for row in shop.emulator.ledger()["refunds"]:
        if row["status"] == "PROCESSING":
            shop.emulator.ask("POST", f"/control/refunds/{row['out_refund_no']}/", {"status": "SUCCESS"})
    settled(shop)
    books = Books.read(shop.read)
    assert {order.no for order in books.orders} == set(rush.orders)
    books.check_ledger(shop.emulator)
    books.check_orders()
    assert {refund.state for refund in books.refunds} <= {"succeeded", "closed", "abnormal"}
    assert not [order for order in books.orders if order.status == "pending_payment"]
    check_logs(shop, rush)
    assert shop.emulator.ledger()["paid_fen"] > 0 < shop.emulator.ledger()["refunded_fen"]


def check_logs(shop, rush):
    """Nothing secret in what the processes wrote at DEBUG."""
    logs = [process.log_text() for process in (*shop.webs, *shop.workers)]
    secrets = secrets_of(shop.emulator) | {"log-in": rush.tokens}
    assert secrets["openid"] and rush.tokens and any("wechatpay" in text for text in logs)
    assert told(logs, secrets) == []


def settled(shop):
    """Wait until no attempt and no refund waits, and no order for its money."""

    def quiet():
        books = Books.read(shop.read)
        waiting = [row for row in shop.emulator.control("callbacks")["attempts"] if row["due_at"]]
        unpaid = [order for order in books.orders if order.status == "pending_payment"]
        return not (books.unsettled() or waiting or unpaid)

    try:
        until(quiet, "settled", 180, pause=0.25)
    except AssertionError:
        raise AssertionError(f"not settled: {Books.read(shop.read).unsettled()}") from None


def test_twenty_orders_and_two_kills():
    with Small() as shop:
        felt = under_fire(shop, orders=20, guests=3, pace=0.1, kills=2, pause=(0.2, 0.6), seed=5)
    assert felt >= 1


@pytest.mark.soak
def test_two_hundred_orders_and_twenty_kills():
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    with Full() as shop:
        felt = under_fire(shop, orders=200, guests=6, pace=2.0, kills=20, pause=(0.2, 2.0), seed=seed)
    assert felt >= 15
