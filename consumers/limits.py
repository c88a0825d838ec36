"""How many messages a client may send: 10 a second, 30 at once."""

RATE = 10.0
BURST = 30.0


class Allowance:
    """A token bucket."""

    def __init__(self, now: float) -> None:
        self._left = BURST
        self._at = now

    def take(self, now: float) -> bool:
        """Whether one more message is within the limit."""
        self._left = min(BURST, self._left + (now - self._at) * RATE)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True
