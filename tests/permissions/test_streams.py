"""Who may see what: every stream on every socket and over REST, asked for by ten callers."""

import itertools

import pytest

from consumers.closing import Close
from consumers.screen import Right
from tests.consumers import peers
from tests.permissions import house as building
from tests.permissions.callers import CALLERS, DINER, TABLET, WORTHLESS
from tests.permissions.matrix import STREAMS

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both]
# What a kind of stream is called when it is there and when it is not. A new kind: one line.
NAMES = {
    "menu": (lambda house: house.store.code, "nowhere"),
    "order": (lambda house: house.no, building.ABSENT_NO),
    "store": (lambda house: house.store.code, "nowhere"),
    "table": (lambda house: house.session.no, building.ABSENT_NO),
}
STATIONS = (None, "wok", "cold")  # the tablet stands at the wok
ENDPOINTS = sorted({row["route"] for row in STREAMS})


@pytest.fixture
def house(transactional_db):
    """The house, committed: sockets read in threads of their own."""
    return building.build()


@pytest.fixture
async def process():
    """What the loop's process holds ends with the test."""
    peers.Peer.opened.clear()
    try:
        yield
        for peer in tuple(peers.Peer.opened):
            await peer.leave()
    finally:
        peers.stop_process()


def questions(house, absent=False):
    """(socket, subscription) of every kind of stream on every socket, declared there or not."""
    for route, kind in itertools.product(ENDPOINTS, NAMES):
        there, nowhere = NAMES[kind]
        stream = f"{kind}:{nowhere if absent else there(house)}"
        for station in STATIONS:
            yield route, {"stream": stream} | ({"station": station} if station else {})


def may_see(caller, route, wanted):
    """Whether the published matrix shows this caller the stream."""
    kind = wanted["stream"].split(":")[0]
    [*rows] = (row for row in STREAMS if (row["route"], row["stream"]) == (route, kind))
    if not rows or not set(rows[0]["access"].split("|")) & {"anyone", *CALLERS[caller]}:
        return False
    elsewhere = caller == TABLET and wanted.get("station", "wok") != "wok"
    return not (rows[0]["stations"] and elsewhere)


def token_of(house, caller):
    return house.cast[caller].token if caller in house.cast else None


async def refusal(peer, number, wanted):
    """The error that answers a subscription, without what only names the question; None when it shows."""
    peer.send({"type": "subscribe", "id": number, "cursor": None, **wanted})
    while (frame := await peer.next()).get("id") != number:
        pass
    if frame["type"] == "ok":
        await peer.until("live", stream=wanted["stream"])
        peer.send({"type": "unsubscribe", "id": number, "stream": wanted["stream"]})
        await peer.until("ok", id=number)
        return None
    return {name: fact for name, fact in frame.items() if name not in ("id", "stream")}


async def ask_sockets(house, caller):
    """Yields (socket, subscription, refusal or None) of everything this caller may ask a socket for."""
    for route, asked in itertools.groupby(questions(house), key=lambda question: question[0]):
        peer = await peers.opened("", token_of(house, caller), path=route)
        absent = await refusal(peer, 1, {"stream": "menu:nowhere"})
        for number, (_, wanted) in enumerate(asked, start=2):
            yield route, wanted, await refusal(peer, number, wanted), absent
        await peer.leave()


async def ask_rest(house, caller):
    """The same over the two addresses ahead of Django."""
    for route, wanted in questions(house):
        query = {"view": route.split("/")[2], **wanted}
        status, _, body = await peers.get("/api/v1/rt/snapshot/", token_of(house, caller), **query)
        _, _, absent = await peers.get(
            "/api/v1/rt/events/", token_of(house, caller), **query | {"stream": "menu:nowhere"}
        )
        absent.pop("request_id")
        body.pop("request_id", None)
        yield route, wanted, None if status == 200 else body, absent


ASK = {"socket": ask_sockets, "rest": ask_rest}


async def faults(house, by, callers):
    """What somebody sees, or does not see, against the matrix; or is refused in words of its own."""
    for caller in callers:
        async for route, wanted, refused, absent in ASK[by](house, caller):
            expected = None if may_see(caller, route, wanted) else absent
            if refused != expected:
                yield caller, route, wanted, refused


@pytest.mark.parametrize("by", ASK)
async def test_everybody_sees_what_the_matrix_shows_and_nothing_else(house, process, by):
    known = [caller for caller in CALLERS if caller not in WORTHLESS]
    assert [fault async for fault in faults(house, by, known)] == []


async def test_a_worthless_token_is_refused_everywhere(house, process):
    for caller, route in itertools.product(sorted(WORTHLESS), ENDPOINTS):
        peer = await peers.Peer("", path=route).connect()
        peer.hello(token_of(house, caller), {"stream": "menu:demo"})
        assert await peer.closing() == Close.BAD_TOKEN
        query = {"view": route.split("/")[2], "stream": "menu:demo"}
        status, _, body = await peers.get("/api/v1/rt/snapshot/", token_of(house, caller), **query)
        assert (status, body["code"]) == (401, "auth.token_invalid")


@pytest.mark.parametrize("by", ASK)
async def test_control_without_the_judge_a_stranger_sees_what_is_not_theirs(house, process, by, monkeypatch):
    monkeypatch.setattr(Right, "__call__", lambda self, actor, name: True)
    found = {(route, wanted["stream"]) async for _, route, wanted, _ in faults(house, by, [DINER])}
    declared = {(row["route"], row["stream"]) for row in STREAMS if row["access"] != "anyone"}
    assert found == {(route, f"{kind}:{NAMES[kind][0](house)}") for route, kind in declared}


def test_every_stream_of_the_matrix_is_asked_for():
    assert {row["stream"] for row in STREAMS} == set(NAMES), "add the kind to NAMES"
    assert len(STREAMS) == len({(row["route"], row["stream"]) for row in STREAMS})
