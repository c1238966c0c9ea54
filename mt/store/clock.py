"""Times in the store: whole microseconds since 1970 in UTC, the same in every database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def to_micros(at: datetime) -> int:
    """A time as the store holds it; one without a zone is taken as UTC."""
    aware = at if at.tzinfo else at.replace(tzinfo=UTC)
    return (aware - EPOCH) // timedelta(microseconds=1)


def from_micros(value: int) -> datetime:
    """The time that the store holds."""
    return EPOCH + timedelta(microseconds=value)


def now_micros() -> int:
    """The present."""
    return to_micros(datetime.now(UTC))
