"""The one judge of (who, stream, view), for sockets and REST alike; foreign answers like absent."""

import re

from consumers.feed import Stations, View
from consumers.feeds import Feeds
from consumers.screen import Screen, Source
from hub.errors import Refusal
from hub.models import Event
from ordering.users.actors import Actor

NAME = re.compile(r"(store|menu|order|table):([A-Za-z0-9_-]{1,32})")
STATION = re.compile(r"[A-Za-z0-9_-]{1,32}")
MAX_STATIONS = 32


def stream_not_found() -> Refusal:
    """Absent, foreign and unreadable streams answer alike."""
    return Refusal("stream.not_found", 404, "找不到该数据流")


def parse(screen: Screen, stream: str) -> tuple[Source, str]:
    """The screen's source for a stream's name, and what stands behind the colon."""
    match = NAME.fullmatch(stream)
    source = screen.sources.get(match[1]) if match else None
    if match is None or source is None:
        raise stream_not_found()
    return source, match[2]


def stations_of(source: Source, actor: Actor, wanted: str | list[str] | None) -> Stations:
    """The stations a subscription is narrowed to; a device bound to one never sees another's."""
    if not source.stations:
        return None
    codes = frozenset([wanted] if isinstance(wanted, str) else wanted or [])
    if len(codes) > MAX_STATIONS or not all(STATION.fullmatch(code) for code in codes):
        raise stream_not_found()
    bound = actor.device.station if actor.device else None
    if bound and not codes <= {bound}:
        raise stream_not_found()
    return codes or (frozenset({bound}) if bound else None)


async def open_view(
    feeds: Feeds, screen: Screen, actor: Actor, stream: str, wanted: str | list[str] | None
) -> View:
    """The view that this actor may have of this stream; 404 ``stream.not_found`` otherwise."""
    source, name = parse(screen, stream)
    stations = stations_of(source, actor, wanted)
    if not await feeds.pool.read(source.may, actor, name):
        raise stream_not_found()
    if source.view.keyed:
        return await _keyed_view(feeds, source, stream, name)
    reader = await feeds.reader(stream)
    if reader is None:
        raise stream_not_found()
    return reader.view(source.view, stream, stations, reader.seq, reader.tag)


async def _keyed_view(feeds: Feeds, source: Source, stream: str, name: str) -> View:
    home = source.view.home
    assert home is not None
    store_stream = await feeds.pool.read(home, name)
    reader = await feeds.reader(store_stream) if store_stream else None
    if reader is None or store_stream is None:
        raise stream_not_found()
    # The reader stands before the row is read, so nothing can fall in between.
    version, tag = await feeds.pool.read(newest_of, store_stream, stream)
    return reader.view(source.view, stream, None, version, tag)


def newest_of(store_stream: str, key: str) -> tuple[int, int]:
    """(version, tag) of the newest event of a row; (0, 0) before its first."""
    rows = Event.objects.filter(stream_id=store_stream, key=key).order_by("-version")
    return rows.values_list("version", "tag").first() or (0, 0)
