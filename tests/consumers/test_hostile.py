"""Hostile frames: whatever comes, the answer is a frame or a 45xx close, never 1011, never a traceback."""

import asyncio
import json
import logging

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.consumers.peers import Closed, Peer, opened, stop_process

SEVERAL = 500
MANY = 30_000

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text(max_size=40)
    | st.sampled_from(["store:demo", "menu:demo", "order:", "hello", "", "\ud800", "\x00", "号" * 20]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
FIELDS = ["version", "token", "client", "subscribe", "id"]
FIELDS += ["stream", "station", "cursor", "received", "positions"]
TYPES = ["hello", "subscribe", "unsubscribe", "ack", "auth"]
TYPES += ["welcome", "snapshot", "event", "bye", "x", "", None, 7]
ANSWERS = {"welcome", "error", "ok", "snapshot", "live", "resync", "bye"}
FRAME = st.builds(
    lambda kind, fields: {"type": kind, **fields},
    st.sampled_from(TYPES),
    st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=5),
)
AS_TEXT = st.builds(json.dumps, FRAME | JSON)
CUT = st.builds(lambda text, at: text[: len(text) * at // 100], AS_TEXT, st.integers(0, 100))
TEXT = AS_TEXT | CUT | st.text(max_size=60)
HAND_MADE = [
    "",
    "{",
    "null",
    "[]",
    '"hello"',
    "1e999",
    '{"type":"hello","version":NaN}',
    '{"type":"hello","version":Infinity}',
    '{"type":"hello","version":1e400}',
    '{"type":"hello","version":' + "9" * 4000 + "}",
    '{"type":"subscribe","id":' + "9" * 400 + ',"stream":"menu:demo"}',
    '{"type":"subscribe","id":1.5,"stream":"menu:demo"}',
    '{"type":"subscribe","id":true,"stream":"menu:demo"}',
    '{"type":"subscribe","id":1,"stream":"menu:demo","cursor":"' + "9" * 7000 + '"}',
    '{"type":"subscribe","id":1,"stream":"\\ud800"}',
    '{"type":"subscribe","id":1,"stream":"menu:demo\\u0000"}',
    '{"type":"hello","type":"ack","version":1}',
    '{"type":"ack","received":0,"positions":{"menu:demo":1e30}}',
    "[" * 4000,
    '{"a":' * 1300 + "1" + "}" * 1300,
    '{"type":"hello","version":1,"x":' + "[" * 3000 + "]" * 3000 + "}",
    "x" * 8193,
    "号" * 4000,
    "\ud800",
    "\x00" * 100,
    "﻿{}",
]


async def tell(text, greeted):
    """Say this, as the first frame or after a welcome; what came back, and the close code if it closed."""
    peer = await Peer("diner", subprotocols=()).connect()
    if greeted:
        peer.hello()
        await peer.until("welcome")
    peer.send_bytes(text) if isinstance(text, bytes) else peer.send_text(text)
    peer.send({"type": "unsubscribe", "id": 77, "stream": "menu:nowhere"})
    try:
        answers = []
        while not answers or answers[-1].get("id") != 77:
            answers.append(await peer.next(3))
        code = None
    except Closed as closed:
        code = closed.code
    await peer.leave()
    return answers, code


def check(text, greeted, answers, code):
    """Every answer is one of ours."""
    assert code in (None, 4500, 4501, 4505, 4526), (text, code)
    assert {frame["type"] for frame in answers} <= ANSWERS
    if code is None and not greeted:
        assert answers[0]["type"] == "welcome", "without a hello there is no conversation"


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("sockets")
async def test_frames_made_by_hand(store, caplog):
    for text in [*HAND_MADE, b"", b"\xff\xfe", b'{"type":"hello","version":1}', b"\x00" * 9000]:
        for greeted in (False, True):
            check(text, greeted, *await tell(text, greeted))
    assert_no_faults(caplog)


def assert_no_faults(caplog):
    assert [r for r in caplog.records if r.exc_info or r.levelno >= logging.ERROR] == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("sockets")
async def test_a_frame_that_is_only_wrong_gets_an_error_and_the_socket_stays(store):
    peer = await opened("diner", None)
    for wrong in ({"type": "dance"}, {"type": "subscribe", "id": "1"}, {"no": 1}, {"type": "ack"}):
        peer.send(wrong)
        frame = await peer.next()
        assert (frame["type"], frame["code"], frame["id"]) == ("error", "frame.invalid", None)
    peer.subscribe("menu:demo")
    await peer.until("live")


def fuzz(caplog, examples, by_chance=False):
    """Frames by hypothesis, each on a socket of its own, in one event loop."""
    loop = asyncio.new_event_loop()

    @settings(
        max_examples=examples,
        derandomize=not by_chance,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(TEXT | st.binary(max_size=40), st.booleans())
    def run(text, greeted):
        check(text, greeted, *loop.run_until_complete(tell(text, greeted)))

    async def end():
        stop_process()

    try:
        run()
    finally:
        loop.run_until_complete(end())
        loop.close()
    assert_no_faults(caplog)


@pytest.mark.django_db(transaction=True)
def test_frames_made_by_chance(store, caplog):
    fuzz(caplog, SEVERAL)


@pytest.mark.soak
@pytest.mark.django_db(transaction=True)
def test_many_frames_made_by_chance(store, caplog):
    fuzz(caplog, MANY, by_chance=True)
