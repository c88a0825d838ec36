"""Resume: from every cursor a contiguous replay or one `resync` with its reason, then live at the head."""

import pytest

from consumers import process, resume
from consumers.feed import Reader
from hub import cursors, retention
from hub.models import Epoch, Event, Stream
from tests.consumers.peers import Followed, Peer, act, get, opened, stop_process

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("sockets")]

STREAMS = [
    ("diner", "order"),
    ("diner", "menu"),
    ("kitchen", "store"),
    ("kitchen", "menu"),
    ("counter", "store"),
    ("counter", "menu"),
    ("board", "store"),
]
EACH_STREAM = pytest.mark.parametrize(("endpoint", "kind"), STREAMS, ids=[f"{e}-{k}" for e, k in STREAMS])
FROM = pytest.mark.parametrize("fresh", [False, True], ids=["ring", "database"])


class Scene:
    """A stream of one kind: who looks, its name, how to make news on it, how far it got."""

    def __init__(self, lunch, endpoint, kind, cook):
        self.endpoint, self.kind, self.lunch = endpoint, kind, lunch
        self.token = {"diner": lunch.lin.token, "kitchen": cook.token}.get(endpoint, lunch.fang.token)
        self.stream = f"order:{lunch.no}" if kind == "order" else f"{kind}:demo"
        self.log = "menu:demo" if kind == "menu" else "store:demo"

    def news(self, count):
        (self.lunch.stir_menu if self.kind == "menu" else self.lunch.stir)(count)

    def cursor(self, position=None, tag=None):
        """The cursor of a position of this stream, by default of its head."""
        rows = Event.objects.filter(stream_id=self.log)
        column = "seq"
        if self.kind == "order":
            rows, column = rows.filter(key=self.stream), "version"
        row = rows.order_by(f"-{column}").first() if position is None else rows.get(**{column: position})
        return cursors.write(Epoch.objects.get().value, getattr(row, column), row.tag if tag is None else tag)

    async def head(self):
        return cursors.read(await act(self.cursor)).seq

    async def look(self):
        """A socket that is live, with the whole state from a snapshot."""
        return await opened(self.endpoint, self.token, {"stream": self.stream})

    async def resumed(self, cursor, rows=None):
        """A socket that came with this cursor (and the rows it had), now live; what it made of the stream."""
        peer = await Peer(self.endpoint).connect()
        peer.acking = True
        read = cursors.read(cursor) if cursor else None
        peer.streams[self.stream] = Followed(read.seq if read else 0, cursor, dict(rows or {}))
        peer.hello(self.token, {"stream": self.stream, "cursor": cursor})
        await peer.until("live", stream=self.stream)
        followed = peer.streams[self.stream]
        assert followed.position == await self.head(), "live means at the head"
        kinds = [f["type"] for f in peer.frames if f.get("stream") == self.stream]
        await peer.leave()
        return followed, kinds


@pytest.fixture
def scene(lunch, wang, endpoint, kind):
    made = Scene(lunch, endpoint, kind, wang)
    made.news(6)
    return made


async def whole(scene):
    """The rows as a fresh snapshot shows them."""
    peer = await scene.look()
    rows = peer.streams[scene.stream].shown()
    await peer.leave()
    return rows


async def resynced(scene, cursor, reason):
    """The cursor must lead to exactly one resync with this reason, then the whole state, then live."""
    followed, kinds = await scene.resumed(cursor)
    assert followed.reasons == [reason]
    assert kinds[:2] == ["resync", "snapshot"] and kinds[-1] == "live"
    assert set(kinds[1:-1]) <= {"snapshot", "event"}
    assert followed.shown() == await whole(scene)


@EACH_STREAM
@FROM
async def test_every_cursor_leads_to_live(scene, fresh):
    if not fresh:
        await scene.look()
    followed, kinds = await scene.resumed(None)
    assert kinds == ["snapshot", "live"] and followed.reasons == []
    now = await whole(scene)
    head = cursors.read(await act(scene.cursor))
    followed, kinds = await scene.resumed(cursors.write(*head), now)
    assert kinds == ["live"] and followed.shown() == now
    followed, kinds = await scene.resumed(cursors.write(head.epoch, 0, 0))
    assert set(kinds[:-1]) == {"event"} and kinds[-1] == "live" and followed.first_prev == 0
    assert followed.shown() == {key: row for key, row in now.items() if row[0]}
    await another_history(scene, head)


async def another_history(scene, head):
    """Cursors that no history of ours has handed out."""
    middle = cursors.read(await act(scene.cursor, head.seq - 2))
    table = {
        cursors.write(head.epoch, head.seq + 1000, 7): "ahead",
        cursors.write(head.epoch, head.seq + 1, 7): "ahead",
        cursors.write(head.epoch, head.seq, head.tag ^ 1): "tag",
        cursors.write(head.epoch, middle.seq, middle.tag ^ 1): "tag",
        cursors.write(head.epoch, 0, 1): "tag",
        cursors.write("0ther", head.seq, head.tag): "epoch",
        cursors.write("0ther", head.seq + 1000, 7): "epoch",
        "": "gap",
        "garbage": "gap",
        f"{head.epoch}.-1.00000000": "gap",
        f"{head.epoch}.{10**30}.00000000": "gap",
        f"{head.epoch}.{head.seq}.{head.tag:08x} ": "gap",
        "\x00": "gap",
        "号.1.00000000": "gap",
    }
    for cursor, reason in table.items():
        await resynced(scene, cursor, reason)


@EACH_STREAM
@FROM
@pytest.mark.both
async def test_from_the_middle_every_event_comes_once_and_in_order(scene, fresh):
    peer = await scene.look()
    before = peer.streams[scene.stream]
    cursor, rows = before.cursor, before.rows
    await act(scene.news, 5)
    await peer.until("event", seq=await scene.head())
    if fresh:
        await peer.leave()
        stop_process()
    followed, kinds = await scene.resumed(cursor, rows)
    assert kinds == ["event"] * 5 + ["live"]
    assert followed.first_prev == cursors.read(cursor).seq, "the first frame names the client's own cursor"
    assert followed.shown() == await whole(scene)


@EACH_STREAM
@FROM
@pytest.mark.both
async def test_below_the_floor_the_whole_state_comes(scene, fresh):
    """Pruned history; a prune that this process has not heard of yet counts too (database)."""
    peer = await scene.look()
    cursor = peer.streams[scene.stream].cursor
    zero = cursors.write(cursors.read(cursor).epoch, 0, 0)
    await act(scene.news, 4)
    await peer.until("event", seq=await scene.head())
    floor = await act(lambda: Stream.objects.get(key=scene.log).seq - 1)
    await act(retention.prune_stream, scene.log, floor)
    if fresh:
        await peer.leave()
        stop_process()
    else:
        await process.current().feeds.sweep()
    await resynced(scene, zero, "floor")
    await resynced(scene, cursor, "floor")


@pytest.mark.parametrize(("endpoint", "kind"), STREAMS[:3], ids=["order", "menu", "store"])
@FROM
async def test_more_than_a_thousand_behind_is_too_far(scene, fresh):
    cursor = await act(scene.cursor)
    await act(scene.news, resume.TOO_FAR)
    if not fresh:
        await scene.look()
    exactly, _ = await scene.resumed(cursor)
    assert exactly.reasons == [] and len(exactly.events) == resume.TOO_FAR
    await act(scene.news, 1)
    await resynced(scene, cursor, "too_far")


@pytest.mark.parametrize(("endpoint", "kind"), STREAMS[:3], ids=["order", "menu", "store"])
async def test_rest_gives_the_same_state_and_the_same_events(scene):
    peer = await scene.look()
    followed = peer.streams[scene.stream]
    status, _, body = await get("/api/v1/rt/snapshot/", scene.token, stream=scene.stream, view=scene.endpoint)
    assert status == 200
    snapshot = next(frame for frame in peer.frames if frame["type"] == "snapshot")
    assert body == {name: snapshot[name] for name in ("stream", "seq", "cursor", "rows")}
    cursor = followed.cursor
    await act(scene.news, 3)
    await peer.until("event", seq=await scene.head())
    events = [frame for frame in peer.frames if frame["type"] == "event"]
    query = {"stream": scene.stream, "view": scene.endpoint, "cursor": cursor, "wait": 0}
    status, _, body = await get("/api/v1/rt/events/", scene.token, **query)
    assert (status, body["events"]) == (200, events)
    assert body["cursor"] == events[-1]["cursor"]


@pytest.mark.parametrize(("endpoint", "kind"), [("kitchen", "store")])
async def test_control_a_replay_that_skips_an_event_breaks_the_chain(scene, monkeypatch):
    """The strict client would notice: one event left out of the log's answer is no contiguous replay."""
    peer = await scene.look()
    cursor, rows = peer.streams[scene.stream].cursor, peer.streams[scene.stream].rows
    await peer.leave()
    await act(scene.news, 5)
    stop_process()
    read = resume._read_log

    def forgetful(*args):
        found = read(*args)
        return found[:2] + found[3:] if len(found) > 3 else found

    monkeypatch.setattr(resume, "_read_log", forgetful)
    _, kinds = await scene.resumed(cursor, rows)
    assert kinds.count("event") != 5


@pytest.mark.parametrize(("endpoint", "kind"), [("kitchen", "store")])
async def test_control_a_lost_wake_without_the_gap_read_shows_nothing(scene, monkeypatch):
    """With gap reading switched off, a lost wake stays lost: the sweep and the fill are what brings it."""
    peer = await scene.look()
    monkeypatch.setattr(Reader, "deliver", lambda self, run: None)
    monkeypatch.setattr("consumers.feeds.Feeds._fill_soon", lambda self, reader, delay: None)
    await act(scene.news, 1)
    assert [f for f in await peer.quiet(1.5) if f["type"] == "event"] == []
    monkeypatch.undo()
    assert (await peer.until("event", timeout=3))["seq"] == await scene.head()
