"""Readers and views: contiguous whatever wakes do, one history, frames that chain."""

import orjson
import pytest

from consumers import feed
from consumers.feed import Reader, ViewKind
from hub import clock
from hub.eventlog import Head, Recorded, Run
from hub.views import SKIP

STREAM = "store:demo"


def project(key, card, stations):
    """Odd rows only; `gone` cards leave the view."""
    if key == "row:even":
        return SKIP
    return None if card.get("gone") else card


KIND = ViewKind("test", project, lambda stream, stations: [])


def event(seq, key="row:odd", version=None, card=None, tag=None):
    body = orjson.dumps(card if card is not None else {"n": seq}).decode()
    return Recorded(seq, seq * 7 if tag is None else tag, key, version or seq, "k", clock.now(), "x", body)


def run(*events):
    return Run(STREAM, (events[0].seq - 1) * 7, events)


class Ear:
    def __init__(self):
        self.frames = []
        self.reasons = []

    def news(self, frame):
        self.frames.append(orjson.loads(frame.text))

    def lost(self, reason):
        self.reasons.append(reason)


@pytest.fixture
def reader():
    asked = []
    reader = Reader(Head(STREAM, 10, 70, 0, "k3x9"), lambda r, behind: asked.append(behind))
    reader.asked = asked
    return reader


@pytest.fixture
def ear(reader):
    ear = Ear()
    reader.view(KIND, STREAM, None, reader.seq, reader.tag).subscribers.add(ear)
    return ear


def seqs(ear):
    return [frame["seq"] for frame in ear.frames]


def test_next_in_line_is_shown_at_once(reader, ear):
    reader.deliver(run(event(11), event(12)))
    assert seqs(ear) == [11, 12]
    assert [frame["prev"] for frame in ear.frames] == [10, 11]
    assert ear.frames[0]["cursor"] == f"k3x9.11.{77:08x}"
    assert reader.asked == []


def test_a_doubled_wake_is_dropped(reader, ear):
    for _ in range(3):
        reader.deliver(run(event(11)))
    assert seqs(ear) == [11]
    assert ear.reasons == []


def test_wakes_in_the_wrong_order_are_put_right(reader, ear):
    reader.deliver(run(event(12)))
    reader.deliver(run(event(13)))
    assert seqs(ear) == [] and reader.asked == [11, 12]
    reader.deliver(run(event(11)))
    assert seqs(ear) == [11, 12, 13]


def test_a_wake_that_overlaps_what_was_read_adds_only_the_rest(reader, ear):
    reader.extend([event(10), event(11), event(12)])
    reader.deliver(run(event(11), event(12), event(13)))
    assert seqs(ear) == [11, 12, 13]


def test_a_hole_in_what_was_read_stops_there(reader, ear):
    reader.extend([event(10), event(11), event(13)])
    assert seqs(ear) == [11]


@pytest.mark.parametrize(
    "wake",
    [
        Run(STREAM, 999, (event(11),)),
        Run(STREAM, 63, (event(10, tag=1),)),
    ],
    ids=["another tag before", "another tag at our position"],
)
def test_another_history_throws_the_reader_away(reader, ear, wake):
    reader.deliver(wake)
    assert reader.dead and ear.reasons == ["tag"] and seqs(ear) == []


def test_the_chain_of_prev_skips_what_does_not_concern_the_view(reader, ear):
    reader.deliver(run(event(11), event(12, key="row:even"), event(13)))
    assert [(frame["prev"], frame["seq"]) for frame in ear.frames] == [(10, 11), (11, 13)]


def test_a_row_that_leaves_the_view_is_null(reader, ear):
    reader.deliver(run(event(11, card={"gone": True})))
    assert ear.frames[0]["data"] is None


def test_a_keyed_view_counts_by_version(reader):
    kind = ViewKind("order", project, lambda stream, stations: [], home=lambda no: STREAM)
    ear = Ear()
    reader.view(kind, "row:odd", None, 3, 21).subscribers.add(ear)
    reader.deliver(run(event(11, version=4), event(12, key="row:other", version=9), event(13, version=5)))
    assert [(frame["stream"], frame["prev"], frame["seq"]) for frame in ear.frames] == [
        ("row:odd", 3, 4),
        ("row:odd", 4, 5),
    ]


def test_a_view_that_fails_costs_only_its_own_subscribers(reader, ear):
    def broken(key, card, stations):
        raise ValueError

    hurt = Ear()
    view = reader.view(ViewKind("broken", broken, lambda s, t: []), STREAM, None, reader.seq, reader.tag)
    view.subscribers.add(hurt)
    reader.deliver(run(event(11)))
    assert seqs(ear) == [11] and hurt.reasons == ["fault"] and not reader.dead


def test_the_ring_is_bounded_and_says_from_where_it_is_whole(reader, ear, monkeypatch):
    monkeypatch.setattr(feed, "RING_EVENTS", 5)
    for seq in range(11, 31):
        reader.deliver(run(event(seq)))
    view = next(iter(reader.views.values()))
    assert len(view.frames) == 5 and view.base == 25
    assert [frame.seq for frame in view.after(25)] == [26, 27, 28, 29, 30]


def test_the_first_replayed_frame_names_the_clients_own_cursor(reader, ear):
    reader.deliver(run(event(11), event(12, key="row:even"), event(13)))
    frame = next(iter(reader.views.values())).frames[-1]
    assert orjson.loads(frame.following(12)) == {**orjson.loads(frame.text), "prev": 12}
    assert frame.following(11) is frame.text
