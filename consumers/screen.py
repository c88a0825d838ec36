"""A screen kind is a declaration: which streams, which view of each, who may look."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from consumers.feed import ViewKind
from ordering.users.actors import Actor

STAFF_BEAT = 5
DINER_BEAT = 20


@dataclass(frozen=True)
class Right:
    """Who may look: the word of the published matrix, and the judge that it stands for.

    ``judge(actor, name)`` gets the stream's name (``demo`` of ``store:demo``) and may read the database.
    """

    access: str
    judge: Callable[[Actor, str], bool]

    def __call__(self, actor: Actor, name: str) -> bool:
        """Whether this actor may see the stream of this name."""
        return self.judge(actor, name)


@dataclass(frozen=True)
class Source:
    """One kind of stream on a screen: how it is seen and who may see the part behind the colon.

    ``stations`` says whether the subscription may be narrowed to stations.
    """

    view: ViewKind
    may: Right
    stations: bool = False


@dataclass(frozen=True)
class Screen:
    """``endpoint`` is the last part of ``/ws/<endpoint>/`` and the ``view`` of the long poll."""

    endpoint: str
    heartbeat: int
    sources: Mapping[str, Source]
    receipts: bool = False


def has_role(role: str) -> Right:
    """Whoever has the role in the store the stream is named after."""
    return Right(role, lambda actor, store: actor.may(store, role))


ANYBODY = Right("anyone", lambda actor, name: True)
STAFF = Right("staff", lambda actor, store: actor.works_at(store))


def access_list(screens: Mapping[str, Screen]) -> Iterator[dict[str, str | bool]]:
    """Every kind of stream on every screen with who may see it, sorted: the published matrix of streams."""
    for endpoint, screen in sorted(screens.items()):
        for kind, source in sorted(screen.sources.items()):
            yield {
                "route": f"/ws/{endpoint}/",
                "stream": kind,
                "access": source.may.access,
                "stations": source.stations,
            }
