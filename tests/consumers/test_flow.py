"""Flow: the credit window, acks, limits per socket, heartbeats, trouble with the database."""

import asyncio

import pytest
from django.db import OperationalError

from consumers import process, protocol, socket
from consumers.feeds import Feeds
from hub import eventlog
from tests import factories
from tests.consumers.peers import Followed, Peer, act, opened

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("sockets")]


def of(frames, *kinds):
    return [frame for frame in frames if frame["type"] in kinds]


async def test_a_client_that_never_acks_gets_the_window_and_no_more(lunch):
    peer = await opened("counter", lunch.fang.token, {"stream": "store:demo"})
    await act(lunch.stir, 600)
    await peer.quiet(0.5)
    assert peer.counted == socket.WINDOW_FRAMES or peer.counted_bytes >= socket.WINDOW_BYTES
    assert peer.counted <= socket.WINDOW_FRAMES
    largest = max(len(str(frame)) for frame in peer.frames) * 2
    assert peer.counted_bytes < socket.WINDOW_BYTES + largest
    at = peer.counted
    peer.ack(peer.counted)
    await peer.quiet(0.5)
    assert peer.counted > at, "an ack brings the rest, up to the next window"
    peer.acking = True
    peer.ack()
    await peer.until("event", seq=await act(head, "store:demo"))
    assert len(of(peer.frames, "event")) == 600
    assert len(of(peer.frames, "live")) == 1


def head(stream):
    return eventlog.heads([stream])[stream].seq


async def test_a_window_of_bytes(lunch, monkeypatch):
    monkeypatch.setattr(socket, "WINDOW_BYTES", 8 * 1024)
    peer = await opened("counter", lunch.fang.token, {"stream": "store:demo"})
    await act(lunch.stir, 60)
    await peer.quiet(0.4)
    assert 8 * 1024 <= peer.counted_bytes < 10 * 1024 and peer.counted < 60


async def test_control_without_a_window_everything_comes(lunch, monkeypatch):
    monkeypatch.setattr(socket, "WINDOW_FRAMES", 10**9)
    monkeypatch.setattr(socket, "WINDOW_BYTES", 10**9)
    peer = await opened("counter", lunch.fang.token, {"stream": "store:demo"})
    await act(lunch.stir, 400)
    await peer.until("event", seq=await act(head, "store:demo"))
    assert peer.counted > 256


async def test_a_client_that_lags_too_long_closes(lunch, monkeypatch):
    monkeypatch.setattr(socket, "LAGGING_SECONDS", 0.3)
    peer = await opened("counter", lunch.fang.token, {"stream": "store:demo"})
    await act(lunch.stir, 400)
    assert await peer.closing(4) == 4001


async def test_a_client_that_never_acks_closes(lunch, monkeypatch):
    monkeypatch.setattr(socket, "NO_ACK_SECONDS", 0.5)
    peer = await opened("counter", lunch.fang.token, {"stream": "store:demo"})
    assert await peer.closing(3) == 4002


async def test_an_ack_of_more_than_was_sent_closes(lunch):
    for received in (2, -1, 2**62):
        peer = await opened("counter", lunch.fang.token, {"stream": "store:demo"})
        peer.ack(received)
        assert await peer.closing() == 4500


async def test_acks_that_move_on_are_free_and_idle_ones_are_not(lunch):
    peer = await opened("counter", lunch.fang.token, {"stream": "store:demo"})
    await act(lunch.stir, 60)
    await peer.quiet()
    for received in range(1, peer.counted + 1):
        peer.ack(received)
    assert await peer.quiet() == []
    for _ in range(40):
        peer.ack()
    assert await peer.closing() == 4505


async def test_too_many_messages_close(lunch):
    peer = await opened("diner", lunch.lin.token)
    for number in range(40):
        peer.send({"type": "unsubscribe", "id": number, "stream": "menu:demo"})
    assert await peer.closing() == 4505
    assert 25 <= len(of(peer.frames, "error")) <= 31


async def test_thirty_two_subscriptions(lunch, monkeypatch):
    monkeypatch.setattr("consumers.limits.BURST", 100.0)
    for number in range(33):
        await act(factories.store, f"s{number}", tables=0)
    peer = await opened("diner", None)
    for number in range(33):
        peer.subscribe(f"menu:s{number}", id_=number)
    for number in range(32):
        await peer.until("ok", id=number)
    assert (await peer.until("error"))["code"] == "limit.subscriptions"
    peer.send({"type": "unsubscribe", "id": 50, "stream": "menu:s0"})
    peer.subscribe("menu:s32", id_=51)
    await peer.until("ok", id=51)
    peer.subscribe("menu:s5", id_=52)
    await peer.until("ok", id=52)


async def test_a_hello_with_too_many_streams_gets_the_first_thirty_two(lunch):
    peer = await Peer("diner").connect()
    peer.hello(None, *({"stream": f"menu:x{number}"} for number in range(80)))
    await peer.until("welcome")
    answers = await peer.quiet(0.5)
    assert {frame["type"] for frame in answers} == {"error"} and len(answers) <= 33


async def test_subscribing_again_starts_over_from_the_cursor(lunch):
    stream = f"order:{lunch.no}"
    peer = await opened("diner", lunch.lin.token, {"stream": stream})
    cursor, position = peer.streams[stream].cursor, peer.streams[stream].position
    await act(lunch.stir, 3)
    await peer.until("event", seq=position + 3)
    peer.streams[stream] = Followed(position)
    peer.subscribe(stream, cursor)
    await peer.until("live")
    assert (peer.streams[stream].first_prev, len(peer.streams[stream].events)) == (position, 3)
    await act(lunch.stir, 1)
    await peer.until("event")
    assert of(await peer.quiet(), "event") == [], "one subscription per stream: nothing comes twice"


# Heartbeats


def beat_now():
    """Let every socket's heartbeat be due."""
    for one in process.current().sockets:
        one.next_beat = 0.0


async def test_a_heartbeat_names_head_and_cursor_of_every_stream(lunch):
    wok = await act(factories.screen, lunch.store, "kitchen", "cold")
    peer = await opened("kitchen", wok.token, {"stream": "store:demo"}, {"stream": "menu:demo"})
    before = peer.streams["store:demo"].position
    await act(lunch.stir, 3)
    assert of(await peer.quiet(), "event") == [], "nothing of this happened at the cold station"
    beat_now()
    beat = await peer.until("heartbeat", 3)
    assert beat.keys() == {"type", "now", "streams"}
    assert set(beat["streams"]) == {"store:demo", "menu:demo"}
    mine = beat["streams"]["store:demo"]
    assert mine["head"] <= before and mine["degraded"] is False
    assert mine["cursor"].split(".")[1] == str(await act(head, "store:demo")), "the reader's own position"
    again = await Peer("kitchen").connect()
    again.hello(wok.token, {"stream": "store:demo", "cursor": mine["cursor"]})
    await again.until("live")
    assert again.streams["store:demo"].reasons == []


async def test_heartbeats_come_by_themselves(lunch, monkeypatch):
    peer = await opened("counter", lunch.fang.token, {"stream": "store:demo"})
    await peer.until("heartbeat", 6.5)


async def test_a_database_that_does_not_answer_degrades(lunch, monkeypatch):
    peer = await opened("counter", lunch.fang.token, {"stream": "store:demo"})
    real = eventlog.heads

    def gone(*args):
        raise OperationalError(2006, "gone away")

    monkeypatch.setattr(eventlog, "heads", gone)
    process.current().feeds.last_good -= 3
    await asyncio.sleep(1.2)
    beat_now()
    assert (await peer.until("heartbeat", 3))["streams"]["store:demo"]["degraded"] is True
    monkeypatch.setattr(eventlog, "heads", real)
    await asyncio.sleep(1.2)
    beat_now()
    assert (await peer.until("heartbeat", 3))["streams"]["store:demo"]["degraded"] is False
    assert peer.code is None


async def test_a_subscription_without_a_database_says_come_back(lunch, monkeypatch, caplog):
    peer = await opened("counter", lunch.fang.token)
    monkeypatch.setattr(Feeds, "reader", broken)
    peer.subscribe("store:demo")
    assert await peer.closing() == 4004
    assert "Traceback" not in caplog.text


async def broken(self, stream):
    raise OperationalError(2006, "gone away")


async def test_a_fault_of_ours_closes_one_socket_with_4004(lunch, monkeypatch, caplog):
    healthy = await opened("counter", lunch.fang.token, {"stream": "store:demo"})
    peer = await opened("counter", lunch.fang.token)

    def fault(frame):
        raise ZeroDivisionError

    monkeypatch.setattr(protocol, "read", fault)
    peer.send({"type": "ack", "received": 0})
    assert await peer.closing() == 4004
    monkeypatch.undo()
    assert "handler failed" in caplog.text
    await act(lunch.stir, 1)
    await healthy.until("event")
