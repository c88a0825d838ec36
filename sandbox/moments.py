"""Moments as WeChat writes them: RFC 3339 in China's time."""

from datetime import datetime, timedelta, timezone

CHINA = timezone(timedelta(hours=8))


def china(at: float) -> datetime:
    """Seconds since 1970 as a date and time in China."""
    return datetime.fromtimestamp(at, CHINA)


def rfc3339(at: float) -> str:
    """`2026-03-01T12:00:00+08:00`."""
    return china(at).isoformat(timespec="seconds")


def seconds(text: str) -> float:
    """Seconds since 1970 of an RFC 3339 text; ValueError when it is none or has no offset."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None or len(text) < 20:
        raise ValueError(text)
    return moment.timestamp()
