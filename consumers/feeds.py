"""All readers of this process: started on demand, woken by the bus and the layer, kept right by the sweep."""

import asyncio
import logging
import time
from collections.abc import Sequence
from typing import Any

import msgspec
from channels.layers import get_channel_layer
from django.db import DatabaseError

from consumers.database import Pool
from consumers.feed import HOLD_SECONDS, Reader
from hub import eventlog, lifecycle, metrics, wakeup
from hub.eventlog import Head, Recorded, Run

logger = logging.getLogger("consumers.feeds")

SWEEP_SECONDS = 1.0
DEGRADED_SECONDS = 2.0
REJOIN_SECONDS = 600.0
IDLE_SECONDS = 60.0
AUTH = "auth"


class Freshness:
    """How a cache above a stream learns that it is old: ``version`` changes with every event or resync."""

    def __init__(self, feeds: "Feeds") -> None:
        self._feeds = feeds
        self.version = 0

    @property
    def fresh(self) -> bool:
        """Whether news would have come by now."""
        return not self._feeds.degraded

    def changed(self, events: Sequence[Recorded] | None) -> None:
        """Something happened (or the history is another one)."""
        self.version += 1


class Feeds:
    """The readers of one process and event loop."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self.readers: dict[str, Reader] = {}
        self.last_good = time.monotonic()
        self._loop = asyncio.get_running_loop()
        self._starting: dict[str, asyncio.Future[Reader | None]] = {}
        self._filling: dict[str, asyncio.Task[None]] = {}
        self._followed: dict[str, Freshness] = {}
        self._layer = get_channel_layer()
        self._crosses = wakeup.crosses_processes(self._layer)
        self._channel: str | None = None
        self._joined_at = time.monotonic()
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin to listen and to sweep."""
        wakeup.bus.attach(self._loop, self.deliver)
        self._tasks.append(self._loop.create_task(self._sweep_forever()))
        if self._crosses:
            self._tasks.append(self._loop.create_task(self._listen_forever()))

    def stop(self) -> None:
        """End all background work."""
        wakeup.bus.detach()
        for task in [*self._tasks, *self._filling.values()]:
            task.cancel()

    @property
    def degraded(self) -> bool:
        """Whether the log has not answered for two seconds."""
        return time.monotonic() - self.last_good > DEGRADED_SECONDS

    def deliver(self, run: Run) -> None:
        """A wake, from this process or another one; streams nobody follows here are ignored."""
        reader = self.readers.get(run.stream)
        if reader is not None:
            reader.deliver(run)

    async def reader(self, stream: str) -> Reader | None:
        """The stream's reader, started if need be; None when there is no such stream."""
        reader = self.readers.get(stream)
        if reader is not None and not reader.dead:
            reader.idle_since = None
            return reader
        if stream not in self._starting:
            self._starting[stream] = self._loop.create_task(self._start(stream))
        return await asyncio.shield(self._starting[stream])

    async def _start(self, stream: str) -> Reader | None:
        try:
            # Join first, then read the position: news that comes in between is then already on its way.
            await self._join(stream)
            head = (await self.pool.read(eventlog.heads, [stream])).get(stream)
            if head is None:
                return None
            reader = Reader(head, self._fill_soon)
            self.readers[stream] = reader
            # News that came while the position was read found no reader yet.
            self._fill_soon(reader, head.seq + 1, delay=0)
            return reader
        finally:
            del self._starting[stream]

    async def follow(self, stream: str) -> Freshness:
        """A freshness that changes with every event of the stream, for caches; it outlives its reader."""
        if stream not in self._followed:
            self._followed[stream] = Freshness(self)
            await self._attach(stream)
        return self._followed[stream]

    async def _attach(self, stream: str) -> None:
        freshness = self._followed[stream]
        reader = await self.reader(stream)
        if reader is not None:
            reader.followers.append(freshness.changed)
        freshness.changed(None)

    # Filling gaps

    def _fill_soon(self, reader: Reader, behind: int, delay: float = HOLD_SECONDS) -> None:
        """Unless wakes take the reader to ``behind`` within ``delay`` seconds, read the log."""
        if reader.stream not in self._filling:
            self._filling[reader.stream] = self._loop.create_task(self._fill_later(reader, behind, delay))

    async def _fill_later(self, reader: Reader, behind: int, delay: float) -> None:
        try:
            await asyncio.sleep(delay)
            if reader.seq < behind:
                await self.fill(reader)
        except DatabaseError:
            logger.warning("gap not read", extra={"stream": reader.stream})
        finally:
            self._filling.pop(reader.stream, None)

    async def fill(self, reader: Reader) -> None:
        """Read on from the reader's position to the log's end."""
        metrics.GAPS.inc()
        while not reader.dead:
            before = reader.seq
            events = await self.pool.read(_read_from, reader.stream, before)
            reader.extend(events)
            if reader.seq == before and any(event.seq > before for event in events):
                reader.lose("floor")
            if len(events) < eventlog.READ_LIMIT or reader.seq == before:
                return

    # The sweep

    async def _sweep_forever(self) -> None:
        while True:
            began = time.monotonic()
            try:
                await self.sweep()
                await self._rejoin()
                lifecycle.state.last_sweep = self.last_good = time.monotonic()
                metrics.SWEEP_SECONDS.observe(self.last_good - began)
            except DatabaseError as error:
                logger.warning("sweep failed", extra={"error": type(error).__name__})
            await asyncio.sleep(SWEEP_SECONDS)

    async def sweep(self) -> None:
        """One query for the heads of all streams followed here; what no wake announced is read now."""
        before = {stream: (reader, reader.seq, reader.tag) for stream, reader in self.readers.items()}
        heads = await self.pool.read(eventlog.heads, [AUTH, *before])
        for stream, (reader, seq, tag) in before.items():
            reason = "gap" if reader.dead else _other_history(reader, seq, tag, heads.get(stream))
            if reason:
                self._throw_away(reader, reason)
                continue
            reader.floor = heads[stream].floor
            if reader.floor > reader.seq:
                self._throw_away(reader, "floor")
                continue
            if heads[stream].seq > reader.seq:
                self._fill_soon(reader, heads[stream].seq)
        self._revive_followed()
        self._drop_idle()

    def _throw_away(self, reader: Reader, reason: str) -> None:
        if self.readers.get(reader.stream) is reader:
            del self.readers[reader.stream]
        reader.lose(reason)

    def _revive_followed(self) -> None:
        for stream in self._followed:
            reader = self.readers.get(stream)
            if (reader is None or reader.dead) and stream not in self._starting:
                self._tasks = [task for task in self._tasks if not task.done()]
                self._tasks.append(self._loop.create_task(self._attach(stream)))

    def _drop_idle(self) -> None:
        now = time.monotonic()
        for stream, reader in list(self.readers.items()):
            for view in list(reader.views.values()):
                if view.kind.keyed and not view.subscribers:
                    reader.forget(view)
            if reader.followers or any(view.subscribers for view in reader.views.values()) or stream == AUTH:
                reader.idle_since = None
            elif reader.idle_since is None:
                reader.idle_since = now
            elif now - reader.idle_since > IDLE_SECONDS:
                del self.readers[stream]
                reader.dead = True
        metrics.READERS.set(len(self.readers))

    # The layer: wakes of other processes

    async def _join(self, stream: str) -> None:
        if self._crosses and self._channel is not None:
            try:
                await asyncio.wait_for(
                    self._layer.group_add(wakeup.group(stream), self._channel), wakeup.PUBLISH_TIMEOUT
                )
            except wakeup.LOST as error:
                logger.warning("group not joined", extra={"stream": stream, "error": type(error).__name__})

    async def _listen_forever(self) -> None:
        while True:
            try:
                channel = await asyncio.wait_for(self._layer.new_channel(), wakeup.PUBLISH_TIMEOUT)
                self._channel = channel
                await self._join_all()
                while True:
                    self._heard(await self._layer.receive(channel))
            except wakeup.LOST as error:
                logger.warning("layer lost", extra={"error": type(error).__name__})
                await asyncio.sleep(SWEEP_SECONDS)

    def _heard(self, message: dict[str, Any]) -> None:
        try:
            run = wakeup.decode(message["run"])
        except (msgspec.MsgspecError, KeyError, TypeError):
            # Another release, or a stranger: the sweep brings what it meant.
            logger.warning("wake not understood")
            return
        self.deliver(run)

    async def _join_all(self) -> None:
        self._joined_at = time.monotonic()
        # A stream that is only starting could not join while there was no channel yet.
        for stream in [*self.readers, *self._starting]:
            await self._join(stream)

    async def _rejoin(self) -> None:
        # Membership of a group may end silently after a day in some layers.
        if self._crosses and time.monotonic() - self._joined_at > REJOIN_SECONDS:
            await self._join_all()


def _read_from(stream: str, seq: int) -> list[Recorded]:
    at = eventlog.read_at(stream, seq) if seq else None
    return [*([at] if at else []), *eventlog.read_after(stream, seq)]


def _other_history(reader: Reader, seq: int, tag: int, head: Head | None) -> str | None:
    """Why the log and this reader do not tell the same story, or None."""
    if head is None or head.epoch != reader.epoch:
        return "epoch"
    if head.seq < seq:
        return "ahead"
    if head.seq == seq and head.tag != tag:
        return "tag"
    return None
