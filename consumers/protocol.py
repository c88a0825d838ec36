"""Protocol `hub.v1`: every frame in both directions. The AsyncAPI document is made from these classes."""

from typing import Annotated, Any, Literal

import msgspec

VERSION = 1
SUBPROTOCOL = "hub.v1"
MAX_INBOUND = 8 * 1024
PART_LIMIT = 64 * 1024


# Repeated in the answer, so it must be a number that every client can read.
RequestId = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]


class Wanted(msgspec.Struct):
    """A stream a client wants, from ``cursor`` on (None: a snapshot); ``station`` only in the kitchen."""

    stream: str
    station: str | list[str] | None = None
    cursor: str | None = None


class Hello(msgspec.Struct, tag="hello"):
    """The first frame: who the client is and what it wants."""

    version: int
    token: str | None = None
    client: str = ""
    subscribe: list[Wanted] = []


class Subscribe(msgspec.Struct, tag="subscribe"):
    """One more stream, or one again from a cursor."""

    id: RequestId
    stream: str
    station: str | list[str] | None = None
    cursor: str | None = None


class Unsubscribe(msgspec.Struct, tag="unsubscribe"):
    """No more of this stream."""

    id: RequestId
    stream: str


class Ack(msgspec.Struct, tag="ack"):
    """``received`` snapshot and event frames came on this connection; ``positions`` are applied."""

    received: int
    positions: dict[str, int] = {}


class Auth(msgspec.Struct, tag="auth"):
    """A fresh token for the same person, before the old one expires."""

    token: str
    id: RequestId | None = None


Inbound = Hello | Subscribe | Unsubscribe | Ack | Auth


class Row(msgspec.Struct):
    """A row of a view: the full card in this view, or null when the row leaves it."""

    key: str
    version: int
    data: msgspec.Raw


class Welcome(msgspec.Struct, tag="welcome"):
    """The hello was accepted. ``heartbeat`` in seconds, ``window`` in frames."""

    version: int
    connection: str
    now: str
    heartbeat: int
    window: int


class Snapshot(msgspec.Struct, tag="snapshot"):
    """Part of the whole state of a view at ``seq``."""

    stream: str
    seq: int
    cursor: str
    part: int
    parts: int
    rows: list[Row]


class EventFrame(msgspec.Struct, tag="event"):
    """One event in this view; ``prev`` is the view's previous seq (or the client's cursor on the first)."""

    stream: str
    prev: int
    seq: int
    cursor: str
    event: str
    key: str
    version: int
    at: str
    data: msgspec.Raw


class Live(msgspec.Struct, tag="live"):
    """Everything up to ``seq`` was sent; from here on news come as they happen."""

    stream: str
    seq: int
    cursor: str


class StreamHead(msgspec.Struct):
    """Where a stream stands for this socket."""

    head: int
    cursor: str
    degraded: bool


class Heartbeat(msgspec.Struct, tag="heartbeat"):
    """Silence made provable: the head of every subscription."""

    now: str
    streams: dict[str, StreamHead]


Reason = Literal["epoch", "ahead", "tag", "floor", "too_far", "gap"]


class Resync(msgspec.Struct, tag="resync"):
    """The cursor cannot be continued; a snapshot follows."""

    stream: str
    reason: Reason


class Ok(msgspec.Struct, tag="ok"):
    """The request with this id was carried out."""

    id: int


class ErrorFrame(msgspec.Struct, tag="error"):
    """The request was refused; the connection stays."""

    id: int | None
    stream: str | None
    code: str
    detail: str


class Bye(msgspec.Struct, tag="bye"):
    """The server is about to close: when to come back, and why it goes."""

    code: int
    retry_after_ms: int
    reason: str


Outbound = Welcome | Snapshot | EventFrame | Live | Heartbeat | Resync | Ok | ErrorFrame | Bye

_decoder = msgspec.json.Decoder(Inbound)
_encoder = msgspec.json.Encoder()


class BadFrame(Exception):
    """What came is not a frame: close 4500."""


class InvalidFrame(Exception):
    """JSON, but not a frame of this protocol: answered with an `error` frame."""


def read(text: str) -> Inbound:
    """A client's frame; raises BadFrame or InvalidFrame."""
    if len(text) > MAX_INBOUND or (not text.isascii() and len(text.encode(errors="replace")) > MAX_INBOUND):
        raise BadFrame("too large")
    try:
        return _decoder.decode(text)
    except msgspec.ValidationError as error:
        raise InvalidFrame(str(error)) from None
    except (msgspec.DecodeError, UnicodeError, RecursionError, ValueError) as error:
        raise BadFrame(type(error).__name__) from None


def write(frame: Outbound) -> str:
    """A server's frame as JSON text."""
    return _encoder.encode(frame).decode()


def dump(value: Any) -> msgspec.Raw:
    """Any JSON-able value, encoded once."""
    return msgspec.Raw(_encoder.encode(value))
