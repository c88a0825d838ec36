"""What the two commands print: steps, notes, and errors that end with what to do next."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager


class BootstrapError(RuntimeError):
    """Stops the command: `what` happened, and what to do `next`."""

    def __init__(self, what: str, next: str) -> None:
        super().__init__(what)
        self.what = what
        self.next = next


def line(text: str = "") -> None:
    """One line, at once, also into a pipe."""
    print(text, flush=True)


def note(text: str) -> None:
    """A fact the reader should know but need not act on."""
    line(f"   note: {text}")


def problem(error: BootstrapError) -> int:
    """Print the error and its way out; returns the exit status."""
    sys.stdout.flush()
    print(f"\nerror: {error.what}\n next: {error.next}", file=sys.stderr, flush=True)
    return 1


@contextmanager
def step(text: str) -> Iterator[None]:
    """Announce a long step, and say how long it took."""
    line(f"-> {text}")
    began = time.monotonic()
    yield
    line(f"   done in {time.monotonic() - began:.1f} s")
