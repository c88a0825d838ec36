"""Close codes: 4000–4499 say come back, 4500–4999 say do not."""

from enum import IntEnum


class Close(IntEnum):
    """Why a socket is closed by us; the docstring of each value is its documentation."""

    SHUTDOWN = 4000, "The process is going down; come back after `retry_after_ms`."
    SLOW = 4001, "The client read too slowly for 30 seconds."
    NO_ACK = 4002, "No ack came for 45 seconds."
    TOKEN_EXPIRED = 4003, "The token is too old; refresh it and come back."
    INTERNAL = 4004, "A fault of ours; come back."
    NO_HELLO = 4005, "No hello came within 5 seconds."
    BAD_FRAME = 4500, "What the client sent is not a frame."
    BAD_TOKEN = 4501, "The token is not one of ours."
    FORBIDDEN = 4503, "The token was revoked or may not be here."
    LIMIT = 4505, "Too many sockets, subscriptions or messages."
    VERSION = 4526, "The client speaks another protocol."

    meaning: str

    def __new__(cls, code: int, meaning: str) -> "Close":
        member = int.__new__(cls, code)
        member._value_ = code
        member.meaning = meaning
        return member

    @property
    def final(self) -> bool:
        """Whether the client should stay away."""
        return self >= 4500
