"""Money is integer fen; yuan exist only where people read them."""

from collections.abc import Sequence
from decimal import Decimal

MAX_FEN = 100_000_000_00


def yuan(fen: int) -> str:
    """``1234`` fen as ``12.34``."""
    sign, fen = ("-", -fen) if fen < 0 else ("", fen)
    return f"{sign}{fen // 100}.{fen % 100:02d}"


def fen(amount: str | Decimal) -> int:
    """Yuan as written in a bill (``"12.34"``) to fen; ValueError below one fen or for nonsense."""
    scaled = Decimal(amount) * 100
    if scaled != scaled.to_integral_value():
        raise ValueError(f"not a whole number of fen: {amount}")
    return int(scaled)


def share(total: int, weights: Sequence[int]) -> list[int]:
    """Split ``total`` fen in proportion to ``weights`` so that the parts add up exactly.

    Largest remainders first, earlier parts first among equals. All-zero weights count as equal.
    """
    weights = list(weights) if any(weights) else [1] * len(weights)
    whole = sum(weights)
    parts = [total * weight // whole for weight in weights]
    rest = total - sum(parts)
    order = sorted(range(len(weights)), key=lambda i: (-(total * weights[i] % whole), i))
    for i in order[:rest]:
        parts[i] += 1
    return parts
