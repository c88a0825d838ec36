"""The same views without a socket: snapshot and long poll over REST."""

import asyncio

import pytest

from hub import clock, eventlog, retention
from tests.consumers.peers import act, get

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("sockets")]


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


async def test_a_long_poll_below_the_floor_is_gone(lunch):
    """Of a pruned order only its newest event is kept: from before, nothing continues to it."""
    await act(lunch.stir, 3)
    await act(
        retention.prune_stream,
        "store:demo",
        await act(lambda: eventlog.heads(["store:demo"])["store:demo"].seq),
    )
    epoch = await act(eventlog.ensure_epoch)
    for stream, view, person in (
        (f"order:{lunch.no}", "diner", lunch.lin),
        ("store:demo", "counter", lunch.fang),
    ):
        query = {"stream": stream, "view": view, "cursor": f"{epoch}.0.00000000"}
        status, _, body = await get("/api/v1/rt/events/", person.token, **query)
        assert (status, body["code"], body["reason"]) == (410, "stream.resync", "floor")


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
