"""Frames as they come are frames as the AsyncAPI document says."""

import json
from pathlib import Path

import jsonschema
import pytest

from consumers import process
from ordering.orders import actions
from tests.consumers.peers import act, opened

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("sockets")]

DOCUMENT = json.loads((Path(__file__).resolve().parents[2] / "docs/asyncapi.json").read_text("utf-8"))


def validator(name):
    """Judges payloads of the message of this name."""
    payload = DOCUMENT["components"]["messages"][name]["payload"]
    return jsonschema.Draft202012Validator({**payload, "components": DOCUMENT["components"]})


def judge(frame):
    """The frame must be what the document says, and no more fields than those."""
    judge_of = validator(frame["type"])
    judge_of.validate(frame)
    name = DOCUMENT["components"]["messages"][frame["type"]]["payload"]["$ref"].rsplit("/", 1)[1]
    assert frame.keys() == DOCUMENT["components"]["schemas"][name]["properties"].keys()


async def test_every_kind_of_frame_is_as_documented(lunch, wang):
    order, store = {"stream": f"order:{lunch.no}"}, {"stream": "store:demo"}
    peers = [
        await opened("diner", lunch.lin.token, order, {"stream": "menu:demo"}),
        await opened("kitchen", wang.token, {**store, "station": "wok", "cursor": "garbage"}),
        await opened("counter", lunch.fang.token, store),
        await opened("board", lunch.fang.token, store),
    ]
    no = await act(lunch.order)
    await act(lunch.do, actions.cancel, no, reason="没有了")
    await act(lunch.stir_menu, 2)
    for peer in peers:
        peer.subscribe("menu:nowhere", id_=1)
        peer.send({"type": "unsubscribe", "id": 2, "stream": next(iter(peer.streams))})
        await peer.until("ok", id=2)
    for one in process.current().sockets:
        one.next_beat = 0.0
    seen = set()
    for peer in peers:
        await peer.until("heartbeat")
        peer.send_text("{}")
        peer.hello()
        await peer.closing()
        for frame in peer.frames:
            judge(frame)
            seen.add(frame["type"])
    assert seen >= {"welcome", "snapshot", "event", "live", "heartbeat", "resync", "ok", "error"}


async def test_bye_is_as_documented(lunch, monkeypatch):
    monkeypatch.setattr("consumers.socket.NO_ACK_SECONDS", 0.1)
    peer = await opened("counter", lunch.fang.token)
    assert await peer.closing(3) == 4002
    assert peer.frames[-1]["type"] == "bye"
    judge(peer.frames[-1])


def test_control_a_frame_that_lacks_a_field_is_noticed():
    with pytest.raises(jsonschema.ValidationError):
        judge({"type": "ok"})
