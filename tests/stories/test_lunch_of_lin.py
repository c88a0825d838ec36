"""Lin's lunch, from the menu to the last bite, with four screens watching every step over real sockets."""

import asyncio
from contextlib import AsyncExitStack
from typing import Any

import pytest

from tests import stage
from tests.cast import Person
from tests.hubclient import HubClient
from tests.live import LiveServer

STORE, MENU = "store:demo", "menu:demo"
CHICKEN, CUCUMBER, BASS = "宫保鸡丁", "拍黄瓜", "清蒸鲈鱼"


class Lunch:
    """Four people and their screens. REST goes to ``orders_at``, the sockets hang on ``screens_at``."""

    def __init__(self, orders_at: LiveServer, screens_at: LiveServer) -> None:
        self.rest, self.ws, self.other = orders_at.base_url, screens_at.ws_url, screens_at.base_url
        self.lin = Person(self.rest).log_in_as_diner("lin")
        self.fang = Person(self.rest).log_in_as_staff("counter")
        self.ma = Person(self.rest).log_in_as_staff("manager")
        self.wang = self.ma.pair("kitchen", "wok")
        self.cold = self.ma.pair("kitchen", "cold")
        self.tv = self.ma.pair("board")
        self.no = ""

    def screens(self) -> list[HubClient]:
        self.diner = HubClient(self.ws, "diner", [MENU], self.lin.token)
        self.kitchen = HubClient(self.ws, "kitchen", [STORE], self.wang.token)
        self.counter = HubClient(self.ws, "counter", [STORE, MENU], self.fang.token)
        self.board = HubClient(self.ws, "board", [STORE], self.tv.token, header=True)
        return self.screens_open()

    def screens_open(self) -> list[HubClient]:
        return [self.diner, self.kitchen, self.counter, self.board]

    @property
    def key(self) -> str:
        return f"order:{self.no}"

    async def does(self, act: Any, *arguments: Any, **named: Any) -> Any:
        return await asyncio.to_thread(act, *arguments, **named)

    async def everybody_sees(self, status: str, *, kitchen: list[str], board: str | None) -> dict[str, Any]:
        """Wait for the version that REST tells, then compare every row, key by key and field by field."""
        order = await self.does(self.lin.see, self.no)
        assert order["status"] == status
        del order["allowed_actions"]
        version = order["version"]
        for screen, stream in ((self.diner, self.key), (self.counter, STORE)):
            await screen.wait_for(lambda s, stream=stream: self.reached(s, stream, version), 5, status)
        over = status == "completed"
        assert self.diner.rows(self.key) == {self.key: order}
        assert self.counter.rows(STORE).get(self.key) == (None if over else order)
        await self.kitchen.wait_for(lambda s: self.states(s.rows(STORE)) == kitchen, 5, f"kitchen {kitchen}")
        shown = {"pickup_no": order["pickup_no"], "status": board} if board else None
        await self.board.wait_for(lambda s: s.rows(STORE).get(self.key) == shown, 5, f"board {shown}")
        await self.as_over_rest()
        return order

    def reached(self, screen: HubClient, stream: str, version: int) -> bool:
        """Whether the screen has heard of this version of lin's order."""
        events = screen.stores[stream].events
        held = screen.versions(stream).get(self.key, 0)
        return max([held, *(e["version"] for e in events if e["key"] == self.key)]) >= version

    def states(self, rows: dict[str, Any]) -> list[str]:
        """The states of the wok's lines of lin's order."""
        return [line["state"] for line in rows[self.key]["lines"]] if self.key in rows else []

    async def as_over_rest(self) -> None:
        """Every screen shows what snapshot and long poll say over REST, asked where the orders go."""
        views = (("counter", self.counter, self.fang, None), ("kitchen", self.kitchen, self.wang, "wok"))
        for view, screen, who, station in (*views, ("board", self.board, self.tv, None)):
            asked = await self.does(who.view, view, STORE, station)
            await screen.wait_for(lambda s, rows=asked: s.rows(STORE) == rows, 2, f"{view} as over REST")

    def remaining(self, screen: HubClient, dish: int) -> int:
        return screen.rows(MENU)[f"dish:{dish}"]["remaining"]


async def lunch(orders_at: LiveServer, screens_at: LiveServer) -> None:
    """The story itself."""
    scene = Lunch(orders_at, screens_at)
    async with AsyncExitStack() as stack:
        for screen in scene.screens():
            await stack.enter_async_context(screen)
        for screen in scene.screens_open():
            await screen.wait_live()
        await submit(scene)
        await pay_and_accept(scene)
        await cook(scene)
        await hand_over(scene)
        for screen in scene.screens_open():
            screen.assert_clean()
            assert (screen.dropped, screen.resyncs, screen.connections) == (0, [], 1), screen.describe()


async def submit(scene: Lunch) -> None:
    """Lin reads the menu and orders; from ten on, the last portions count down on every open menu."""
    menu = await scene.does(scene.lin.menu)
    bass = menu[BASS]["id"]
    assert scene.remaining(scene.diner, bass) == menu[BASS]["remaining"]
    order = await scene.does(scene.lin.order, {CHICKEN: 2, BASS: 3, CUCUMBER: 1}, remark="不要香菜 🌿𠮷")
    scene.no = order["no"]
    assert order["status"] == "pending_payment" and order["remark"] == "不要香菜 🌿𠮷"
    await scene.diner.subscribe(scene.key)
    await scene.everybody_sees("pending_payment", kitchen=[], board=None)
    left = (await scene.does(scene.lin.menu))[BASS]["remaining"]
    assert left is not None and left <= 9 and left != menu[BASS]["remaining"]
    for screen in (scene.diner, scene.counter):
        await screen.wait_for(lambda s: scene.remaining(s, bass) == left, 5, f"{left} portions")


async def pay_and_accept(scene: Lunch) -> None:
    """Fang takes the cash, then the order."""
    await scene.does(scene.fang.pay_cash, scene.no)
    placed = await scene.everybody_sees("placed", kitchen=[], board=None)
    assert placed["payment_status"] == "paid" and placed["pickup_no"]
    await scene.does(scene.fang.accept, scene.no)
    await scene.everybody_sees("accepted", kitchen=["queued", "queued"], board="preparing")


async def cook(scene: Lunch) -> None:
    """Wang cooks at the wok, a colleague makes the cold dish; one dish comes back and goes out again."""
    order = await scene.does(scene.lin.see, scene.no)
    ids = {line["name"]: line["id"] for line in order["lines"]}
    await scene.does(scene.wang.tap, ids[CHICKEN], "start")
    await scene.everybody_sees("preparing", kitchen=["cooking", "queued"], board="preparing")
    await scene.does(scene.cold.tap, ids[CUCUMBER], "ready")
    await scene.everybody_sees("preparing", kitchen=["cooking", "queued"], board="preparing")
    await scene.does(scene.wang.tap, ids[CHICKEN], "ready")
    await scene.everybody_sees("preparing", kitchen=["ready", "queued"], board="preparing")
    await scene.does(scene.wang.tap, ids[BASS], "ready")
    await scene.everybody_sees("ready", kitchen=["ready", "ready"], board="ready")
    await scene.does(scene.wang.tap, ids[CHICKEN], "recall")
    await scene.everybody_sees("preparing", kitchen=["cooking", "ready"], board="preparing")
    await scene.does(scene.wang.tap, ids[CHICKEN], "ready")
    await scene.everybody_sees("ready", kitchen=["ready", "ready"], board="ready")


async def hand_over(scene: Lunch) -> None:
    """Fang calls the number and hands over; every screen but lin's own forgets the order."""
    await scene.does(scene.fang.complete, scene.no)
    done = await scene.everybody_sees("completed", kitchen=[], board=None)
    assert done["completed_at"] and done["paid_fen"] == done["total_fen"]
    events = (await scene.does(scene.lin.get, f"/orders/{scene.no}/events/"))["results"]
    assert [event["version"] for event in events] == list(range(1, done["version"] + 1))
    assert events[0]["event"] == "order.submitted"
    assert events[-1]["event"] == "order.completed"


@pytest.mark.parametrize("server", ["serve", "uvicorn"])
async def test_lunch_on_sqlite_and_memory(server):
    with stage.running(LiveServer(server, database_url=stage.fresh_sqlite())) as (only,):
        await lunch(only, only)


@pytest.mark.mariadb
@pytest.mark.parametrize("screens", ["daphne", "uvicorn"])
async def test_lunch_over_two_processes(screens):
    """Orders enter by one process, the screens hang on the other; MariaDB and Redis between them."""
    cluster = stage.cluster()
    ends = (cluster.a, cluster.b) if screens == "daphne" else (cluster.b, cluster.a)
    await lunch(*ends)
