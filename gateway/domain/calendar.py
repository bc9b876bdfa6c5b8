"""Days as the service sees them: "today" is a day of Asia/Shanghai, whatever the clock's zone (DOMAIN T20)."""

import calendar
import re
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Annotated, TypeAlias
from zoneinfo import ZoneInfo

import msgspec

SHANGHAI = ZoneInfo("Asia/Shanghai")

_DUE = re.compile(r"[0-9]{4}-(?:0[1-9]|1[0-2])(?:-[0-9]{2})?\Z")

# A due date as its source printed it, `2027-03` or `2027-03-15`. Stamps and lift signs give the month only,
# which means the END of that month (DOMAIN 2.6, 2.9); the text is kept so that an answer repeats what is printed.
Due: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])(-[0-9]{2})?$")]

# Beyond half a year back or ahead a day without its year would be misread.
_YEAR_NEEDED = timedelta(days=183)


def local(moment: datetime) -> datetime:
    """Return the wall clock of Asia/Shanghai; a naive `moment` is refused, since its zone would be a guess."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment.isoformat()} has no time zone")
    try:
        return moment.astimezone(SHANGHAI)
    except OverflowError:  # within hours of the calendar's ends, where only a slip of the pen or an attack is
        return moment.replace(tzinfo=SHANGHAI)


def shifted(day: date, days: int) -> date:
    """Return the day so many days later, earlier for less than none; past the calendar's ends its last or first."""
    try:
        return day + timedelta(days=days)
    except OverflowError:
        return date.max if days > 0 else date.min


def today(now: datetime) -> date:
    """Return the day it is in Asia/Shanghai: 16:00Z is already tomorrow."""
    return local(now).date()


@lru_cache(maxsize=4096)  # asked for by each record, and there are few due dates
def last_day(due: str) -> date:
    """Return the last day that is still in time: the day itself, or the last of a month."""
    if not _DUE.match(due):
        raise ValueError(f"{due!r} is not a due date; write 2027-03 or 2027-03-15")
    year, month = int(due[:4]), int(due[5:7])
    last = calendar.monthrange(year, month)[1]
    day = int(due[8:]) if len(due) > 7 else last
    if not 1 <= day <= last:
        raise ValueError(f"{due}: no such day, that month has {last}")
    return date(year, month, day)


@lru_cache(maxsize=4096)
def first_day(due: str) -> date:
    """Return the first day an existing `due` can mean: the day itself, or the first of a month."""
    return date.fromisoformat(due if len(due) > 7 else f"{due}-01")


def end_of(day: date) -> datetime:
    """Return the last second of a day of Asia/Shanghai."""
    return datetime(day.year, day.month, day.day, 23, 59, 59, tzinfo=SHANGHAI)


def short_day(day: date, reference: date) -> str:
    """Write `05-01`, or with its year where that could be misread, seen from `reference`."""
    return day.isoformat()[5:] if abs(day - reference) < _YEAR_NEEDED else day.isoformat()


def short_moment(moment: datetime, reference: date) -> str:
    """Write `05-01 10:20` in Asia/Shanghai, with the year where needed."""
    at = local(moment)
    return f"{short_day(at.date(), reference)} {at.isoformat(timespec='minutes')[11:16]}"


def full_moment(moment: datetime) -> str:
    """Write `2026-05-01 10:20` in Asia/Shanghai."""
    return local(moment).isoformat(" ", "minutes")[:16]
