"""Public keys: ULIDs (26 characters, 80 random bits, ordered by time) and short random codes."""

import secrets

from ulid import ULID

READABLE = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


def ulid() -> str:
    """A new 26-character ULID."""
    return str(ULID())


def short_code(length: int) -> str:
    """Random capitals and digits without look-alikes."""
    return "".join(secrets.choice(READABLE) for _ in range(length))
