"""Time: now, the business day, and how times are written."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone


def now() -> datetime:
    """The present moment, timezone-aware (UTC)."""
    return timezone.now()


def local_zone() -> ZoneInfo:
    """The zone in which people read times (``settings.TIME_ZONE``)."""
    return ZoneInfo(settings.TIME_ZONE)


def scheduled(seconds: float) -> timedelta:
    """A time of the worker's schedules, which ``settings.WORKER_SPEED`` divides in development."""
    return timedelta(seconds=seconds / settings.WORKER_SPEED)


def iso(at: datetime | None) -> str | None:
    """ISO 8601 with the local offset and milliseconds, or None."""
    return at.astimezone(local_zone()).isoformat(timespec="milliseconds") if at else None


def business_day(at: datetime, cutover_hour: int) -> date:
    """The store's day at ``at``: it begins at ``cutover_hour`` local time, so 01:30 still is yesterday."""
    return (at.astimezone(local_zone()) - timedelta(hours=cutover_hour)).date()


def day_starts_at(day: date, cutover_hour: int) -> datetime:
    """The moment a business day begins."""
    return datetime(day.year, day.month, day.day, cutover_hour, tzinfo=local_zone())
