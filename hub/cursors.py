"""Cursors: ``epoch.seq.tag``, opaque to clients, the one way to name a position in a stream."""

import re
from typing import NamedTuple

SHAPE = re.compile(r"([0-9a-z]{1,16})\.(\d{1,18})\.([0-9a-f]{8})")


class Cursor(NamedTuple):
    """A position a client claims to have reached."""

    epoch: str
    seq: int
    tag: int


def write(epoch: str, seq: int, tag: int) -> str:
    """The cursor as text: ``k3x9.1040.9f3a11c2``."""
    return f"{epoch}.{seq}.{tag:08x}"


def read(text: str) -> Cursor | None:
    """The position, or None for anything unreadable."""
    match = SHAPE.fullmatch(text)
    return Cursor(match[1], int(match[2]), int(match[3], 16)) if match else None
