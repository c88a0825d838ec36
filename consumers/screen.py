"""A screen kind is a declaration: which streams, which view of each, who may look."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from consumers.feed import ViewKind
from ordering.users.actors import Actor

STAFF_BEAT = 5
DINER_BEAT = 20


@dataclass(frozen=True)
class Source:
    """One kind of stream on a screen: how it is seen and who may see the part behind the colon.

    ``may(actor, name)`` gets the stream's name (``demo`` of ``store:demo``) and may read the database.
    ``stations`` says whether the subscription may be narrowed to stations.
    """

    view: ViewKind
    may: Callable[[Actor, str], bool]
    stations: bool = False


@dataclass(frozen=True)
class Screen:
    """``endpoint`` is the last part of ``/ws/<endpoint>/`` and the ``view`` of the long poll."""

    endpoint: str
    heartbeat: int
    sources: Mapping[str, Source]
    receipts: bool = False


def anybody(actor: Actor, name: str) -> bool:
    """Whoever asks, with or without a token."""
    return True


def has_role(*roles: str) -> Callable[[Actor, str], bool]:
    """Whoever has one of these roles in the store the stream is named after."""
    return lambda actor, store: any(actor.may(store, role) for role in roles)


def works_there(actor: Actor, store: str) -> bool:
    """Any person or device that belongs to the store."""
    return actor.works_at(store)
