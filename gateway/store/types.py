"""Column types that both databases keep alike."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import DateTime, Dialect
from sqlalchemy.types import TypeDecorator


class UtcDateTime(TypeDecorator[datetime]):
    """An aware datetime, kept in UTC; SQLite drops zones, so they are taken off and put back here."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a naive time: nobody could say later which zone it was in."""
        if value is None:
            return None
        utc = _in_utc(value)
        return utc if dialect.name == "postgresql" else utc.replace(tzinfo=None)

    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], Any] | None:
        """Return what makes the driver's value of ours in one step, since ten times a question are kept."""
        if dialect.name == "sqlite":
            return lambda value: as_text(value) if value else None
        return lambda value: value if value is None or value.tzinfo is UTC else _in_utc(value)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], datetime | None] | None:
        """Return what makes ours of the driver's."""
        if dialect.name == "sqlite":
            return lambda text: from_text(text) if text else None
        return super().result_processor(dialect, coltype)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the time back aware."""
        if value is None:
            return None
        return value.astimezone(UTC) if dialect.name == "postgresql" else value.replace(tzinfo=UTC)


def _in_utc(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError(f"a time without zone cannot be stored: {value!r}")
    try:
        return value.astimezone(UTC)
    except OverflowError:  # within hours of the calendar's ends, where only a slip of the pen or an attack is
        return value.replace(tzinfo=UTC)


@lru_cache(maxsize=256)  # a batch's rows share most of their times
def as_text(value: datetime) -> str:
    """Write a time as it stands in SQLite, which is as `sqlalchemy.dialects.sqlite.DATETIME` does."""
    return _in_utc(value).isoformat(" ", "microseconds").removesuffix("+00:00")


def from_text(text: str) -> datetime:
    """Read a time back as it stands in SQLite."""
    return datetime.fromisoformat(f"{text}+00:00")
