"""Views over cards: pure functions that say what part of a card a screen sees."""

from typing import Final


class _Skip:
    """The card does not concern the view: nothing is sent, nothing is removed."""

    def __repr__(self) -> str:
        return "SKIP"


SKIP: Final = _Skip()
