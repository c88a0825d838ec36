"""From a cursor to what is sent first: the replay behind it, or one resync with its reason and a snapshot."""

import asyncio
from dataclasses import dataclass, field

from consumers import frames
from consumers.database import Pool
from consumers.feed import View
from consumers.feeds import Feeds
from consumers.frames import Arrived, BuiltSnapshot, Frame, Part
from consumers.protocol import Reason
from hub import cursors, eventlog
from hub.eventlog import Recorded
from hub.views import SKIP

TOO_FAR = 1000
CHUNK = 200
SNAPSHOT_LAG = 64


@dataclass(frozen=True)
class Resumption:
    """Where a subscription starts. ``parts`` is the snapshot, empty for a replay; ``reason`` of a resync."""

    position: int
    parts: list[Part] = field(default_factory=list)
    reason: Reason | None = None


async def begin(feeds: Feeds, view: View, cursor: str | None) -> Resumption:
    """What a client with this cursor gets; DatabaseError when the log does not answer."""
    reason = None
    if cursor is not None:
        reason = await why_not(feeds, view, cursor)
        if reason is None:
            position = cursors.read(cursor)
            assert position is not None
            return Resumption(position.seq)
    return await from_snapshot(feeds.pool, view, reason)


async def from_snapshot(pool: Pool, view: View, reason: Reason | None) -> Resumption:
    """Start over with the whole state."""
    snapshot = await built(pool, view)
    return Resumption(snapshot.seq, snapshot.parts, reason)


async def why_not(feeds: Feeds, view: View, text: str) -> Reason | None:
    """Why the stream cannot be continued from this cursor, or None when it can."""
    reader = view.reader
    cursor = cursors.read(text)
    if cursor is None:
        return "gap"
    if cursor.epoch != reader.epoch:
        return "epoch"
    if cursor.seq > view.position:
        # Another process may have shown the client what has not reached this one yet.
        await feeds.fill(reader)
    if cursor.seq > view.position:
        return "ahead"
    tag = await _tag_at(feeds.pool, view, cursor.seq)
    if tag is not None and tag != cursor.tag:
        return "tag"
    if tag is None or (not view.kind.keyed and cursor.seq < reader.floor):
        return "floor"
    return "too_far" if view.position - cursor.seq > TOO_FAR else None


async def _tag_at(pool: Pool, view: View, seq: int) -> int | None:
    if seq == 0:
        return 0
    if view.kind.keyed:
        return view.tag if seq == view.last else await _log_tag(pool, view, seq)
    known = view.reader.tag_at(seq)
    return known if known is not None else await _log_tag(pool, view, seq)


async def _log_tag(pool: Pool, view: View, seq: int) -> int | None:
    rows = await pool.read(_read_log, view, seq, 1, True)
    return rows[0].tag if rows and view.place(rows[0]) == seq else None


def _read_log(view: View, position: int, limit: int, inclusive: bool = False) -> list[Recorded]:
    """Events of the view's stream behind ``position`` (or from it on), in the view's own counting."""
    stream = view.reader.stream
    if not view.kind.keyed:
        return eventlog.read_after(stream, position - inclusive, limit)
    first = position + (not inclusive)
    rows = eventlog.read_key_after(stream, view.stream, first, limit)
    # Pruning leaves a row's newest event; behind the hole it continues nothing.
    return [row for version, row in enumerate(rows, start=first) if row.version == version]


async def read_on(pool: Pool, view: View, position: int, previous: int) -> tuple[list[Frame], int | None]:
    """The view's frames behind ``position`` from the log, and up to where they cover it (the ring's base).

    ``previous`` is what the first frame follows. (.., None) when the log was pruned meanwhile.
    """
    events = await pool.read(_read_log, view, position, CHUNK)
    if not events and position < view.base:
        return [], None
    found = []
    for event in events:
        if view.place(event) > view.base:
            break
        position = view.place(event)
        frame = view.frame(Arrived(event), previous)
        if frame is not None:
            found.append(frame)
            previous = frame.seq
    return found, position


async def built(pool: Pool, view: View) -> BuiltSnapshot:
    """The view's snapshot: the one at hand while little has happened since, else a new one, built once."""
    snapshot = view.snapshot
    if snapshot is not None and snapshot.seq >= view.base and _behind(view, snapshot) <= SNAPSHOT_LAG:
        return snapshot
    if view.building is None:
        view.building = asyncio.get_running_loop().create_task(_build(pool, view))
    return await asyncio.shield(view.building)


def _behind(view: View, snapshot: BuiltSnapshot) -> int:
    return sum(1 for _ in view.after(snapshot.seq))


async def _build(pool: Pool, view: View) -> BuiltSnapshot:
    try:
        # Position first, rows second: whatever commits in between is replayed over the rows.
        epoch, seq, tag = view.reader.epoch, view.position, view.tag if view.kind.keyed else view.reader.tag
        view.snapshot = await pool.read(_read_rows, view, epoch, seq, tag)
        return view.snapshot
    finally:
        view.building = None


def _read_rows(view: View, epoch: str, seq: int, tag: int) -> BuiltSnapshot:
    rows = []
    for key, version, card in view.kind.rows(view.stream, view.stations):
        data = view.kind.project(key, card, view.stations)
        if data is not None and data is not SKIP:
            rows.append((key, version, data, view.kind.tickets(data)))
    return frames.snapshot(view.stream, epoch, seq, tag, rows)
