"""One stream's state by the client rule of hub.v1, without a socket; counts every breach of the rules."""

from collections.abc import Iterable
from typing import Any, NamedTuple


def cursor_seq(cursor: str | None) -> int | None:
    """The seq inside a cursor ``epoch.seq.tag``; None for none."""
    return int(cursor.split(".")[1]) if cursor else None


class Row(NamedTuple):
    """A row as this client holds it."""

    version: int
    data: Any


class RowStore:
    """One stream's state by the client rule, without any socket.

    Feed it every frame of the stream with ``take(frame)`` (or a REST snapshot with ``load(body)``); read
    ``rows`` (key → Row), ``fold()`` (key → data), ``position``, ``cursor``, ``live``, and what it counted:
    ``applied`` events, ``dropped`` (seq at or below the position), ``gaps``, ``duplicates`` (one row version
    applied twice in one history), ``out_of_order`` and ``resyncs`` (the reasons, in order).
    """

    def __init__(self, stream: str, cursor: str | None = None, rows: Iterable[dict[str, Any]] = ()) -> None:
        self.stream = stream
        self.cursor = cursor
        self.position = cursor_seq(cursor)
        self.rows = {row["key"]: Row(row["version"], row["data"]) for row in rows}
        self.live = False
        self.recovering = True
        self.head: int | None = None
        self.degraded = False
        self.applied = self.dropped = self.gaps = self.duplicates = self.out_of_order = 0
        self.resyncs: list[str] = []
        self.events: list[dict[str, Any]] = []
        self._gone: dict[str, int] = {}
        self._parts: list[dict[str, Any]] = []
        self._next_part = 1
        self._last_frame: int | None = None
        self._once: set[tuple[str, int]] = set()
        self._seqs: set[int] = set()
        self._whole = (0, self.position or 0)

    def take(self, frame: dict[str, Any]) -> str:
        """Apply a frame of this stream; says what became of it: applied, dropped, gap, or its type."""
        handle = getattr(self, "_" + frame["type"], None)
        return (handle(frame) if handle else None) or frame["type"]

    def load(self, body: dict[str, Any]) -> None:
        """Take a snapshot as REST answers it: ``{"stream","seq","cursor","rows"}``."""
        self._snapshot({**body, "part": 1, "parts": 1})

    def subscribed(self) -> None:
        """A new subscription is on its way: nothing is current until its `live`."""
        self.live, self.head, self.recovering = False, None, True
        self._parts, self._next_part, self._last_frame = [], 1, None

    def fold(self) -> dict[str, Any]:
        """What the screen shows: key → data."""
        return {key: row.data for key, row in sorted(self.rows.items())}

    def missing(self, seqs: Iterable[int]) -> list[int]:
        """Which of these log positions neither an applied event nor a snapshot brought here."""
        first, last = self._whole
        return [seq for seq in seqs if not first <= seq <= last and seq not in self._seqs]

    @property
    def current(self) -> bool:
        """Live, not degraded, and at the head the last heartbeat named."""
        behind = self.head is not None and (self.position or 0) < self.head
        return self.live and not self.degraded and not behind

    def _snapshot(self, frame: dict[str, Any]) -> None:
        if frame["part"] == 1:
            self._parts, self._next_part = [], 1
        if frame["part"] != self._next_part:
            self.out_of_order += 1
        self._next_part += 1
        self._parts.extend(frame["rows"])
        if frame["part"] < frame["parts"]:
            return
        # The whole state, at once: what it does not name has left the view.
        self.rows = {row["key"]: Row(row["version"], row["data"]) for row in self._parts}
        self._gone, self._once, self._parts = {}, set(), []
        self._whole = (0, frame["seq"])
        self._move(frame)

    def _event(self, frame: dict[str, Any]) -> str:
        if self._last_frame is not None and frame["seq"] <= self._last_frame:
            self.out_of_order += 1
        self._last_frame = frame["seq"]
        if self.position is not None and frame["seq"] <= self.position:
            self.dropped += 1
            return "dropped"
        if self.position is None or frame["prev"] > self.position:
            self.gaps += 1
            return "gap"
        self._apply(frame)
        return "applied"

    def _apply(self, frame: dict[str, Any]) -> None:
        once = (frame["key"], frame["version"])
        self.duplicates += once in self._once
        self._once.add(once)
        self._seqs.add(frame["seq"])
        self.applied += 1
        self.events.append(frame)
        self._move(frame)
        self._replace(*once, frame["data"])

    def _replace(self, key: str, version: int, data: Any) -> None:
        known = self.rows[key].version if key in self.rows else self._gone.get(key, -1)
        if version <= known:
            return
        if data is None:
            self.rows.pop(key, None)
            self._gone[key] = version
        else:
            self.rows[key] = Row(version, data)

    def _live(self, frame: dict[str, Any]) -> None:
        self.out_of_order += self.position is not None and frame["seq"] < self.position
        self._move(frame)
        self.live, self.recovering, self.degraded = True, False, False

    def _resync(self, frame: dict[str, Any]) -> None:
        self.resyncs.append(frame["reason"])
        self.subscribed()
        self.position = self.cursor = None

    def beat(self, entry: dict[str, Any] | None) -> None:
        """A heartbeat's entry; an up-to-date client adopts its cursor."""
        self.degraded = entry is None or entry["degraded"]
        if entry is None:
            return
        self.head = entry["head"]
        if self.live and (self.position or 0) >= self.head:
            self.cursor = entry["cursor"]
            self.position = max(self.position or 0, cursor_seq(self.cursor) or 0)

    def _move(self, frame: dict[str, Any]) -> None:
        self.position, self.cursor = frame["seq"], frame["cursor"]
