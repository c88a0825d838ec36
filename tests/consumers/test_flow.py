"""Flow: the credit window, acks, limits per socket, heartbeats, trouble with the database, receipts."""

import asyncio

import pytest
from django.db import OperationalError

from consumers import process, protocol, socket
from consumers.feeds import Feeds
from hub import clock, eventlog
from kitchen.models import Receipt
from tests import factories
from tests.consumers.peers import Peer, act, get, opened

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
    cursor = peer.streams[stream].cursor
    await act(lunch.stir, 3)
    await peer.until("event", seq=peer.streams[stream].position + 3)
    again = await opened("diner", lunch.lin.token)
    again.subscribe(stream, cursor)
    with pytest.raises(AssertionError):
        # This client has no position yet, and the first frame names the cursor it claimed.
        await again.until("live")
    peer.streams.clear()
    peer.subscribe(stream)
    await peer.until("live")
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


# Receipts


async def receipts(expected):
    """Receipts as they are once that many were written."""
    for _ in range(30):
        rows = await act(lambda: sorted(Receipt.objects.values_list("station", "device_id")))
        if len(rows) >= expected:
            return rows
        await asyncio.sleep(0.1)
    return rows


def shown(peer, position):
    """The client says that it has shown the store's stream up to here."""
    peer.send({"type": "ack", "received": peer.counted, "positions": {"store:demo": position}})


async def test_the_ack_that_covers_a_ticket_is_its_receipt(lunch):
    tablet = await act(factories.screen, lunch.store, "kitchen", "wok")
    peer = await opened("kitchen", tablet.token, {"stream": "store:demo"})
    assert await act(Receipt.objects.count) == 0
    position = peer.streams["store:demo"].position
    shown(peer, position - 1)
    await peer.quiet(1.3)
    assert await act(Receipt.objects.count) == 0, "a position before the ticket covers nothing"
    shown(peer, position)
    assert await receipts(1) == [("wok", tablet.device.pk)]
    await act(lunch.order)
    await peer.quiet()
    shown(peer, peer.streams["store:demo"].position)
    assert await receipts(2) == [("wok", tablet.device.pk)] * 2


async def test_people_and_the_counter_give_no_receipts(lunch, wang):
    counter = await act(factories.screen, lunch.store, "counter")
    for endpoint, token in (("kitchen", wang.token), ("counter", counter.token)):
        peer = await opened(endpoint, token, {"stream": "store:demo"})
        peer.send({"type": "ack", "received": 1, "positions": {"store:demo": 10**6, "menu:demo": 1, "x": -1}})
    await asyncio.sleep(1.4)
    assert await act(Receipt.objects.count) == 0


# Long poll


async def test_a_long_poll_waits_for_news_and_ends_without(lunch):
    query = {"stream": f"order:{lunch.no}", "view": "diner"}
    _, headers, body = await get("/api/v1/rt/snapshot/", lunch.lin.token, **query)
    assert headers["cache-control"] == "no-store"
    cursor = body["cursor"]
    waiting = asyncio.create_task(get("/api/v1/rt/events/", lunch.lin.token, **query, cursor=cursor, wait=10))
    await asyncio.sleep(0.3)
    assert not waiting.done()
    await act(lunch.stir, 1)
    status, _, body = await asyncio.wait_for(waiting, 3)
    assert (status, [event["event"] for event in body["events"]]) == (200, ["order.rush_requested"])
    began = clock.now()
    status, _, nothing = await get(
        "/api/v1/rt/events/", lunch.lin.token, **query, cursor=body["cursor"], wait=1
    )
    assert (status, nothing) == (200, {"cursor": body["cursor"], "events": []})
    assert (clock.now() - began).total_seconds() >= 0.9


async def test_a_long_poll_gives_at_most_two_hundred_and_goes_on(lunch):
    query = {"stream": "store:demo", "view": "counter"}
    _, _, body = await get("/api/v1/rt/snapshot/", lunch.fang.token, **query)
    await act(lunch.stir, 450)
    seen, position = [], body["seq"]
    while True:
        status, _, body = await get(
            "/api/v1/rt/events/", lunch.fang.token, **query, cursor=body["cursor"], wait=0
        )
        assert status == 200 and len(body["events"]) <= 200
        if not body["events"]:
            break
        assert body["events"][0]["prev"] == position
        seen += [event["seq"] for event in body["events"]]
        position = seen[-1]
    assert seen == list(range(seen[0], seen[0] + 450))


async def test_a_long_poll_from_another_history_is_gone(lunch):
    query = {"stream": "store:demo", "view": "counter"}
    _, _, body = await get("/api/v1/rt/snapshot/", lunch.fang.token, **query)
    epoch, seq, tag = body["cursor"].split(".")
    table = {
        f"0ther.{seq}.{tag}": "epoch",
        f"{epoch}.{int(seq) + 9}.{tag}": "ahead",
        f"{epoch}.{seq}.00000001": "tag",
        "": "gap",
        "garbage": "gap",
    }
    for cursor, reason in table.items():
        status, headers, body = await get("/api/v1/rt/events/", lunch.fang.token, **query, cursor=cursor)
        assert (status, body["code"], body["reason"]) == (410, "stream.resync", reason)
        assert headers["content-type"] == "application/problem+json"


async def test_bad_questions_are_refused(lunch):
    async def ask(status, code, token=lunch.fang.token, method="GET", path="/api/v1/rt/events/", **query):
        found, headers, body = await get(path, token, method, **query)
        assert (found, body["code"]) == (status, code), query
        assert headers["content-type"] == "application/problem+json"
        return headers

    good = {"stream": "store:demo", "view": "counter", "cursor": "x.1.00000000"}
    await ask(400, "body.invalid")
    await ask(400, "body.invalid", stream="store:demo", view="manager")
    await ask(404, "stream.not_found", view="counter")
    await ask(404, "stream.not_found", view="counter", stream="%00")
    await ask(404, "stream.not_found", None, **good)
    await ask(405, "request.method_not_allowed", method="POST", **good)
    for wait in ("x", "1.5", "", "9" * 5000, "-1"):
        status, _, body = await get("/api/v1/rt/events/", lunch.fang.token, **{**good, "wait": wait})
        assert (status, body["code"]) in ((400, "body.invalid"), (410, "stream.resync")), wait
    headers = await ask(401, "auth.token_invalid", "garbage", **good)
    assert headers["www-authenticate"] == "Bearer"
