"""The heart: one reader per process and stream, pure filters (views) under it, each frame encoded once.

A reader holds a contiguous position (seq, tag) and the last events. News that is next in line advances it;
news already seen is dropped; news from further ahead waits 20 ms and is then read from the log, once for all.
A head that went back, another epoch or another tag means another history: the reader is thrown away and its
sockets resync.
"""

import logging
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from consumers.frames import Arrived, BuiltSnapshot, Frame, Ticket, event_frame
from hub import cursors, metrics
from hub.eventlog import Head, Recorded, Run
from hub.views import SKIP

logger = logging.getLogger("consumers.feed")

RING_EVENTS = 1000
RING_BYTES = 4 * 1024 * 1024
HOLD_SECONDS = 0.02

Stations = frozenset[str] | None
SourceRow = tuple[str, int, Any]


@dataclass(frozen=True)
class ViewKind:
    """What a kind of screen sees of a stream.

    ``project(key, card, stations)`` is pure: the row's data, None when the row is not in the view, SKIP when
    the event does not concern it. ``rows(stream, stations)`` reads ``(key, version, card)`` for a snapshot.
    A view with a ``home`` follows one row (``order:<no>``) and counts by its version; ``home(no)`` is the key
    of the stream that carries it. ``tickets`` names the kitchen tickets a row shows as new, for receipts.
    """

    name: str
    project: Callable[[str, Any, Stations], Any]
    rows: Callable[[str, Stations], list[SourceRow]]
    home: Callable[[str], str | None] | None = None
    tickets: Callable[[Any], tuple[Ticket, ...]] = lambda data: ()

    @property
    def keyed(self) -> bool:
        """Whether the view follows a single row."""
        return self.home is not None


class Subscriber(Protocol):
    """What a view tells: a new frame at its end, or that its history is not to be believed."""

    def news(self, frame: Frame) -> None: ...

    def lost(self, reason: str) -> None: ...


class View:
    """A filter over a reader: the frames of its ring, its last position, its subscribers.

    ``frames`` holds every frame of the view behind ``base``; ``last`` is the seq of the newest one.
    """

    def __init__(
        self, reader: "Reader", kind: ViewKind, stream: str, stations: Stations, seq: int, tag: int
    ) -> None:
        self.reader = reader
        self.kind = kind
        self.stream = stream
        self.stations = stations
        self.base = self.last = seq
        self.tag = tag
        self.frames: deque[Frame] = deque()
        self.bytes = 0
        self.subscribers: set[Subscriber] = set()
        self.snapshot: BuiltSnapshot | None = None
        self.building: Any = None

    @property
    def name(self) -> tuple[str, str, Stations]:
        """By which its reader knows it."""
        return self.kind.name, self.stream, self.stations

    @property
    def position(self) -> int:
        """Up to where a caught-up subscriber stands: the reader's seq, or the row's version if keyed."""
        return self.last if self.kind.keyed else self.reader.seq

    @property
    def cursor(self) -> str:
        """The cursor of ``position``."""
        tag = self.tag if self.kind.keyed else self.reader.tag
        return cursors.write(self.reader.epoch, self.position, tag)

    def place(self, event: Recorded) -> int:
        """The event's position in this view's stream."""
        return event.version if self.kind.keyed else event.seq

    def frame(self, arrived: Arrived, prev: int) -> Frame | None:
        """The event as this view shows it, or None when it does not concern the view."""
        event = arrived.event
        data = self.kind.project(event.key, arrived.card, self.stations)
        if data is SKIP:
            return None
        seq = self.place(event)
        cursor = cursors.write(self.reader.epoch, seq, event.tag)
        tickets = self.kind.tickets(data) if data is not None else ()
        return event_frame(arrived, self.stream, cursor, prev, seq, data, tickets)

    def arrive(self, arrived: Arrived) -> None:
        """Take the next event of the stream: append its frame and tell the subscribers."""
        seq = self.place(arrived.event)
        if seq <= self.last:
            return
        frame = self.frame(arrived, self.last)
        if frame is None:
            return
        self.last, self.tag = seq, arrived.event.tag
        self.frames.append(frame)
        self.bytes += frame.size
        while self.bytes > RING_BYTES or len(self.frames) > RING_EVENTS:
            gone = self.frames.popleft()
            self.base = gone.seq
            self.bytes -= gone.size
        metrics.FRAMES.labels(self.kind.name).inc(len(self.subscribers))
        for subscriber in tuple(self.subscribers):
            subscriber.news(frame)

    def after(self, position: int) -> Iterable[Frame]:
        """The ring's frames behind ``position`` (which must not be below ``base``), oldest first."""
        newer: list[Frame] = []
        for frame in reversed(self.frames):
            if frame.seq <= position:
                break
            newer.append(frame)
        return reversed(newer)


class Reader:
    """The contiguous position of one stream in this process, its last events, and the views over it."""

    def __init__(self, head: Head, fill_soon: "Callable[[Reader, int], None]") -> None:
        self.stream = head.stream
        self.epoch = head.epoch
        self.seq = head.seq
        self.tag = head.tag
        self.floor = head.floor
        self.dead = False
        self.ring: deque[Recorded] = deque(maxlen=RING_EVENTS)
        self.views: dict[tuple[str, str, Stations], View] = {}
        self.followers: list[Callable[[Sequence[Recorded] | None], None]] = []
        self.idle_since: float | None = None
        self._wide: list[View] = []
        self._keyed: dict[str, View] = {}
        self._early: dict[int, Run] = {}
        self._fill_soon = fill_soon

    def view(self, kind: ViewKind, stream: str, stations: Stations, seq: int, tag: int) -> View:
        """The view of this kind, made at position (``seq``, ``tag``) if it is new."""
        name = (kind.name, stream, stations)
        if name not in self.views:
            view = View(self, kind, stream, stations, seq, tag)
            self.views[name] = view
            if kind.keyed:
                self._keyed[stream] = view
            else:
                self._wide.append(view)
        return self.views[name]

    def forget(self, view: View) -> None:
        """Drop a view nobody follows any more."""
        self.views.pop(view.name, None)
        if view.kind.keyed:
            self._keyed.pop(view.stream, None)
        elif view in self._wide:
            self._wide.remove(view)

    def deliver(self, run: Run) -> None:
        """Take a wake: next in line, already seen, or too early."""
        if self.dead:
            return
        if run.events[0].seq > self.seq + 1:
            self._early[run.events[0].seq] = run
            self._fill_soon(self, run.events[0].seq - 1)
            return
        self._take(run.events, run.prev_tag)
        while (early := self._early.pop(self.seq + 1, None)) is not None:
            self._take(early.events, early.prev_tag)
        if self._early:
            self._early = {first: run for first, run in self._early.items() if run.events[-1].seq > self.seq}

    def extend(self, events: Sequence[Recorded]) -> None:
        """Take what was read from the log; its first event is the one at our own position, if it is kept."""
        self._take(events, self.tag)

    def _take(self, events: Sequence[Recorded], prev_tag: int) -> None:
        taken = []
        for event in events:
            if event.seq <= self.seq:
                if not self._same(event):
                    return self.lose("tag")
            elif event.seq > self.seq + 1:
                break
            elif prev_tag != self.tag:
                return self.lose("tag")
            else:
                self.seq, self.tag = event.seq, event.tag
                self.ring.append(event)
                taken.append(event)
                self._show(Arrived(event))
            prev_tag = event.tag
        if taken:
            for follower in tuple(self.followers):
                follower(taken)

    def _same(self, event: Recorded) -> bool:
        known = self.tag_at(event.seq)
        return known is None or known == event.tag

    def tag_at(self, seq: int) -> int | None:
        """The tag at a position, where this process still knows it."""
        if seq == self.seq:
            return self.tag
        if self.ring and self.ring[0].seq <= seq < self.seq:
            return self.ring[seq - self.ring[0].seq].tag
        return 0 if seq == 0 else None

    def _show(self, arrived: Arrived) -> None:
        keyed = self._keyed.get(arrived.event.key)
        for view in (*self._wide, keyed) if keyed else tuple(self._wide):
            try:
                view.arrive(arrived)
            except Exception:  # a fault in one view's projection must not stop the others' news
                logger.exception("view failed", extra={"view": view.kind.name, "stream": view.stream})
                self.forget(view)
                for subscriber in tuple(view.subscribers):
                    subscriber.lost("fault")

    def lose(self, reason: str) -> None:
        """Another history: this reader is not to be believed; every subscriber starts over."""
        if self.dead:
            return
        self.dead = True
        logger.warning("reader thrown away", extra={"stream": self.stream, "reason": reason})
        for view in list(self.views.values()):
            for subscriber in tuple(view.subscribers):
                subscriber.lost(reason)
        for follower in tuple(self.followers):
            follower(None)
