"""Event frames: encoded once per view, shared by all its sockets."""

from functools import cached_property
from typing import Any, NamedTuple

import orjson

from consumers import protocol
from hub import clock, cursors
from hub.eventlog import Recorded

Ticket = tuple[int, str]
Message = dict[str, Any]


def text_message(text: str) -> Message:
    """What an ASGI server is given to send a text frame; shared by all sockets, so nobody may change it."""
    return {"type": "websocket.send", "text": text}


class Frame(NamedTuple):
    """A frame ready to send. The two halves of ``text`` let the first replayed one name its own prev."""

    seq: int
    prev: int
    text: str
    size: int
    message: Message
    before_prev: str
    after_prev: str
    tickets: tuple[Ticket, ...] = ()

    def following(self, position: int) -> str:
        """The text for a client that stands at ``position``."""
        return self.text if position == self.prev else f"{self.before_prev}{position}{self.after_prev}"


class Arrived:
    """An event with its card decoded at most once, however many views look at it."""

    def __init__(self, event: Recorded) -> None:
        self.event = event

    @cached_property
    def card(self) -> Any:
        """The whole card."""
        return orjson.loads(self.event.body)

    @cached_property
    def at(self) -> str:
        """When it happened, as clients read it."""
        return clock.iso(self.event.at) or ""


def event_frame(
    arrived: Arrived,
    stream: str,
    cursor: str,
    prev: int,
    seq: int,
    data: Any,
    tickets: tuple[Ticket, ...] = (),
) -> Frame:
    """The frame of one event for one view."""
    event = arrived.event
    before = f'{{"type":"event","stream":"{stream}","prev":'
    # A view that shows the card whole sends the very text that the log holds.
    row = event.body if data is arrived.card else bytes(protocol.dump(data)).decode()
    after = (
        f',"seq":{seq},"cursor":"{cursor}","event":"{event.kind}","key":"{event.key}",'
        f'"version":{event.version},"at":"{arrived.at}","data":{row}}}'
    )
    text = f"{before}{prev}{after}"
    return Frame(seq, prev, text, len(text.encode()), text_message(text), before, after, tickets)


class Part(NamedTuple):
    """A piece of a snapshot, ready to send."""

    text: str
    size: int
    tickets: tuple[Ticket, ...]


class BuiltSnapshot(NamedTuple):
    """A view's whole state at ``seq``: the rows for REST, the parts for sockets."""

    seq: int
    cursor: str
    rows: list[protocol.Row]
    parts: list[Part]


def snapshot(
    stream: str, epoch: str, seq: int, tag: int, rows: list[tuple[str, int, Any, tuple[Ticket, ...]]]
) -> BuiltSnapshot:
    """Encode rows ``(key, version, data, tickets)`` into parts of at most 64 KiB, or one row each."""
    cursor = cursors.write(epoch, seq, tag)
    encoded = [
        (protocol.Row(key, version, protocol.dump(data)), tickets) for key, version, data, tickets in rows
    ]
    groups: list[list[tuple[protocol.Row, tuple[Ticket, ...]]]] = [[]]
    room = protocol.PART_LIMIT - 512
    for row, tickets in encoded:
        cost = len(bytes(row.data)) + len(row.key) + 48
        if groups[-1] and cost > room:
            groups.append([])
            room = protocol.PART_LIMIT - 512
        groups[-1].append((row, tickets))
        room -= cost
    parts = [_part(stream, seq, cursor, i, len(groups), group) for i, group in enumerate(groups, start=1)]
    return BuiltSnapshot(seq, cursor, [row for row, _ in encoded], parts)


def _part(
    stream: str,
    seq: int,
    cursor: str,
    part: int,
    parts: int,
    group: list[tuple[protocol.Row, tuple[Ticket, ...]]],
) -> Part:
    text = protocol.write(protocol.Snapshot(stream, seq, cursor, part, parts, [row for row, _ in group]))
    return Part(text, len(text.encode()), tuple(ticket for _, tickets in group for ticket in tickets))
