"""What a screen heard and holds, and whether the server kept the rules towards it."""

from collections import Counter
from typing import Any, NamedTuple

from tests.rowstore import RowStore


class Received(NamedTuple):
    """A frame, when it came (monotonic seconds) and on which connection of this client (1, 2, …)."""

    at: float
    connection: int
    frame: dict[str, Any]


class Verdict:
    """The questions that tests ask a screen; `HubClient` fills in the answers."""

    name: str
    connected: bool
    connections: int
    refused: int
    stores: dict[str, RowStore]
    frames: list[Received]
    closes: list[tuple[int, str]]
    errors: list[dict[str, Any]]

    @property
    def live(self) -> bool:
        """Connected, and every stream live."""
        return self.connected and all(store.live for store in self.stores.values())

    @property
    def current(self) -> bool:
        """What the truth bar says, apart from the age of the last frame."""
        return self.connected and all(store.current for store in self.stores.values())

    def rows(self, stream: str) -> dict[str, Any]:
        """The stream's rows: key → data."""
        return self.stores[stream].fold()

    def fold(self) -> dict[str, dict[str, Any]]:
        """Every stream's rows."""
        return {stream: store.fold() for stream, store in self.stores.items()}

    def versions(self, stream: str) -> dict[str, int]:
        """The stream's rows: key → version."""
        return {key: row.version for key, row in self.stores[stream].rows.items()}

    def of_type(self, kind: str) -> list[dict[str, Any]]:
        """Every frame of this type, in order."""
        return [received.frame for received in self.frames if received.frame["type"] == kind]

    def _sum(self, name: str) -> int:
        return sum(getattr(store, name) for store in self.stores.values())

    @property
    def gaps(self) -> int:
        """Frames whose prev was beyond the position."""
        return self._sum("gaps")

    @property
    def duplicates(self) -> int:
        """Row versions applied twice."""
        return self._sum("duplicates")

    @property
    def dropped(self) -> int:
        """Event frames at or below the position."""
        return self._sum("dropped")

    @property
    def out_of_order(self) -> int:
        """Frames that went back on one subscription."""
        return self._sum("out_of_order")

    @property
    def resyncs(self) -> list[str]:
        """The reasons of all resyncs."""
        return [reason for store in self.stores.values() for reason in store.resyncs]

    def describe(self) -> str:
        """A line for failures."""
        counts = Counter(received.frame["type"] for received in self.frames)
        streams = {n: (s.position, s.live, len(s.rows)) for n, s in self.stores.items()}
        return (
            f"connections {self.connections}, closes {self.closes}, refused {self.refused},"
            f" frames {dict(counts)}, streams {streams}, resyncs {self.resyncs}, errors {self.errors[-3:]}"
        )

    def assert_clean(self) -> None:
        """No gap, no double, nothing out of order, no error, ever."""
        faults = {name: getattr(self, name) for name in ("gaps", "duplicates", "out_of_order", "errors")}
        assert not any(faults.values()), f"{self.name}: {faults}; {self.describe()}"
