"""What one process holds for its event loop: database pool, readers, sockets and their timer."""

import asyncio
import logging
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from weakref import WeakKeyDictionary

import orjson

from consumers.closing import Close
from consumers.database import Pool
from consumers.devices import DeviceBook
from consumers.feeds import AUTH, Feeds
from consumers.receipts import ReceiptBook
from consumers.socket import Socket
from hub import metrics
from hub.eventlog import Recorded
from hub.throttling import scaled

logger = logging.getLogger("consumers.process")

TICK = 0.25
SLICES = 4
PER_USER = 20
PER_ADDRESS = 500


class Process:
    """One per event loop: made by the first socket or long poll, ended with the loop."""

    def __init__(self) -> None:
        self.pool = Pool()
        self.feeds = Feeds(self.pool)
        self.sockets: set[Socket] = set()
        self.receipts = ReceiptBook(self.pool)
        self.devices = DeviceBook(self.pool)
        self._by_identity: defaultdict[str, set[Socket]] = defaultdict(set)
        self._strangers: Counter[str] = Counter()
        self._slices: list[set[Socket]] = [set() for _ in range(SLICES)]
        self.feeds.start()
        self._timer = asyncio.get_running_loop().create_task(self._tick_forever())

    def stop(self) -> None:
        """End background work (the loop is closing)."""
        self._timer.cancel()
        self.feeds.stop()
        self.pool.close()

    # Sockets

    def add(self, socket: Socket) -> bool:
        """Take in a new socket; False when its address already has too many without a token."""
        limit = scaled(PER_ADDRESS)
        if limit is not None and self._strangers[socket.address] >= limit:
            return False
        self.sockets.add(socket)
        self._slices[hash(socket.connection) % SLICES].add(socket)
        self._strangers[socket.address] += 1
        metrics.SOCKETS.labels(socket.endpoint).inc()
        return True

    def identify(self, socket: Socket, identities: Sequence[str]) -> bool:
        """Index a socket by whose it is; False when that user or device already has too many."""
        limit = scaled(PER_USER)
        if limit is not None and len(self._by_identity[identities[0]] - {socket}) >= limit:
            return False
        if socket.stranger:
            self._no_stranger(socket)
        for identity in identities:
            self._by_identity[identity].add(socket)
        socket.identities = tuple(identities)
        return True

    def _no_stranger(self, socket: Socket) -> None:
        socket.stranger = False
        self._strangers[socket.address] -= 1
        if self._strangers[socket.address] <= 0:
            del self._strangers[socket.address]

    def remove(self, socket: Socket) -> None:
        """Forget a socket that is gone."""
        if socket not in self.sockets:
            return
        self.sockets.discard(socket)
        self._slices[hash(socket.connection) % SLICES].discard(socket)
        if socket.stranger:
            self._no_stranger(socket)
        self.unindex(socket)
        metrics.SOCKETS.labels(socket.endpoint).dec()

    def unindex(self, socket: Socket) -> None:
        """Take a socket out of the index by identity."""
        for identity in socket.identities:
            self._by_identity[identity].discard(socket)
            if not self._by_identity[identity]:
                del self._by_identity[identity]
        socket.identities = ()

    # Revocation

    async def watch_revocations(self) -> int:
        """Follow the `auth` stream from the first socket on; the position up to which it was heard."""
        reader = await self.feeds.reader(AUTH)
        if reader is None:
            raise RuntimeError("the database has no `auth` stream: run migrations")
        if self._revoked not in reader.followers:
            reader.followers.append(self._revoked)
        return reader.seq

    def _revoked(self, events: Sequence[Recorded] | None) -> None:
        if events is None:
            # The history of revocations is another one: nobody's token is believed without a new look.
            for socket in list(self.sockets):
                if socket.identities:
                    socket.bye(Close.SHUTDOWN, 1000, "auth")
            return
        for event in events:
            self._revoke(event.kind, orjson.loads(event.body))

    def _revoke(self, kind: str, card: dict[str, object]) -> None:
        subject = {"session.revoked": "session", "device.revoked": "device"}.get(kind, "user")
        code = Close.SHUTDOWN if kind == "membership.changed" else Close.FORBIDDEN
        for socket in tuple(self._by_identity.get(f"{subject}:{card.get(subject)}", ())):
            socket.bye(code, 0, kind)

    # Time

    async def _tick_forever(self) -> None:
        tick = 0
        while True:
            await asyncio.sleep(TICK)
            tick += 1
            for socket in tuple(self._slices[tick % SLICES]):
                self._attend(socket, time.monotonic(), time.time())
            if tick % SLICES == 0:
                self.receipts.flush(time.monotonic())
                self.devices.flush()

    def _attend(self, socket: Socket, now: float, epoch_now: float) -> None:
        if socket.closing is not None:
            return
        overdue = socket.overdue(now, epoch_now)
        if overdue is not None:
            socket.bye(overdue, 0, overdue.name.lower())
        elif socket.greeted and now >= socket.next_beat:
            socket.beat(now, self.feeds.degraded)


_processes: WeakKeyDictionary[asyncio.AbstractEventLoop, Process] = WeakKeyDictionary()


def current() -> Process:
    """The running loop's process."""
    loop = asyncio.get_running_loop()
    if loop not in _processes:
        _processes[loop] = Process()
    return _processes[loop]


def existing() -> Process | None:
    """The running loop's process if it has one."""
    return _processes.get(asyncio.get_running_loop())
