"""Sums for pictures: an hour that is over is counted once, what is not over yet from the questions themselves."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, Table, func, literal, select, true, union_all
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.types import Date

from gateway.domain.calendar import local, shifted, today
from gateway.domain.verdict import Verdict
from gateway.filing.pictures import USUAL_DAYS, HourCount, Lengths, Prefix, Repeats
from gateway.filing.reports import Period, Scope
from gateway.store.reporting import asked_in, within
from gateway.store.tables import (
    answers,
    channel_hours,
    counted_hours,
    inquiries,
    messages,
    records,
    repeat_days,
    segment_days,
    segments,
    unknown_days,
)
from gateway.store.types import UtcDateTime

# What is asked is answered, or given up, within an hour.
_SETTLED: Final = timedelta(hours=1)
_HOUR: Final = timedelta(hours=1)
_LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)
_PREFIX: Final = 6  # class, version and four digits: a reel of labels has them in common in nothing but an error
_i, _a, _m, _s = inquiries.c, answers.c, messages.c, segments.c


@dataclass(frozen=True, slots=True)
class _Time:
    begins: datetime
    ends: datetime


class SqlPictures:
    """`filing.pictures.Pictures` on one open transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._dialect = postgresql if connection.dialect.name == "postgresql" else sqlite

    def sum_up(self, now: datetime) -> int:
        """Count the questions of the first hour that is over and not counted yet; return how many hours that was."""
        counted_to = self._counted_to()
        first = select(func.min(_i.received_at)).where(_i.received_at >= counted_to)
        moment: datetime | None = self._connection.execute(first).scalar()
        hour = moment and moment.replace(minute=0, second=0, microsecond=0)
        if hour is None or hour + _HOUR > now - _SETTLED:
            return 0
        taken = self._dialect.insert(counted_hours).values(begins_at=hour).on_conflict_do_nothing()
        if not self._connection.execute(taken).rowcount:
            return 0  # another process is at it
        time, day = _Time(hour, hour + _HOUR), literal(today(hour), Date)
        self._add(channel_hours, literal(hour, UtcDateTime()), _by_channel(time), "questions")
        self._add(unknown_days, day, _unknown(time), "codes")
        self._add(repeat_days, day, _repeats(time), "codes")
        self._add(segment_days, day, _lengths(time), "answers")
        return 1

    def _add(self, table: Table, when: ColumnElement[Any], counted: Select[Any], what: str) -> None:
        # SQLite takes ON CONFLICT after a SELECT for a join's ON unless there is a WHERE (sqlite.org/lang_UPSERT.html).
        rows = select(when, *counted.subquery().c).where(true())
        adding = self._dialect.insert(table).from_select([column.name for column in table.c], rows)
        more = {what: table.c[what] + adding.excluded[what]}
        self._connection.execute(adding.on_conflict_do_update(index_elements=list(table.primary_key), set_=more))

    def _counted_to(self) -> datetime:
        last: datetime | None = self._connection.execute(select(func.max(counted_hours.c.begins_at))).scalar()
        return last + _HOUR if last else _LONG_AGO

    def _open(self, period: Period) -> _Time:
        """Return what of these days is not counted; it may be nothing."""
        return _Time(max(period.begins, self._counted_to()), period.ends)

    def hours(self, period: Period) -> list[HourCount]:
        """Return when questions come."""
        begins = channel_hours.c.begins_at
        over = select(begins, channel_hours.c.channel, channel_hours.c.questions)
        counts: dict[tuple[int, str], int] = defaultdict(int)
        for at, channel, questions in self._connection.execute(
            over.where(begins >= period.begins, begins < period.ends)
        ):
            counts[local(at).hour, channel] += questions
        hour = _hour(self._connection, _i.received_at)
        still = select(hour, _i.channel, func.count()).where(within(self._open(period))).group_by(hour, _i.channel)
        for text, channel, questions in self._connection.execute(still):
            counts[local(datetime.fromisoformat(f"{text}:00+00:00")).hour, channel] += questions
        return [HourCount(hour, channel, n) for (hour, channel), n in sorted(counts.items())]

    def unknown(self, period: Period, most: int) -> list[Prefix]:
        """Return which unknown codes are asked for, the most frequent first."""
        u = unknown_days.c
        over = select(u.prefix, u.codes).where(u.day.between(period.first, period.last))
        c = union_all(over, _unknown(self._open(period))).subquery().c
        total = func.sum(c.codes)
        found = self._connection.execute(
            select(c.prefix, total).group_by(c.prefix).order_by(total.desc(), c.prefix).limit(most)
        ).all()
        before = shifted(period.first, -USUAL_DAYS)
        usual = self._usual([row[0] for row in found], before, shifted(period.first, -1))
        days = (period.last - period.first).days + 1
        return [Prefix(prefix, int(n), round(usual.get(prefix, 0) * days / USUAL_DAYS, 1)) for prefix, n in found]

    def _usual(self, prefixes: list[str], first: date, last: date) -> dict[str, int]:
        u = unknown_days.c
        wanted = select(u.prefix, func.sum(u.codes)).where(u.prefix.in_(prefixes), u.day.between(first, last))
        return {prefix: int(n) for prefix, n in self._connection.execute(wanted.group_by(u.prefix))}

    def repeats(self, scope: Scope, period: Period, most: int) -> list[Repeats]:
        """Return of which batches codes are asked for again, the most frequent first; of a party, its own."""
        r = repeat_days.c
        over = select(r.record_id, r.codes).where(r.day.between(period.first, period.last))
        c = union_all(over, _repeats(self._open(period))).subquery().c
        total = func.sum(c.codes)
        wanted = select(c.record_id, total)
        if scope.party is not None:
            wanted = wanted.join(records, records.c.id == c.record_id).where(records.c.owner == scope.party)
        rows = self._connection.execute(wanted.group_by(c.record_id).order_by(total.desc(), c.record_id).limit(most))
        return [Repeats(record_id, int(n)) for record_id, n in rows]

    def lengths(self, period: Period) -> list[Lengths]:
        """Return how long replies are."""
        d = segment_days.c
        over = select(d.channel, d.segments, d.answers).where(d.day.between(period.first, period.last))
        c = union_all(over, _lengths(self._open(period))).subquery().c
        wanted = select(c.channel, c.segments, func.sum(c.answers)).group_by(c.channel, c.segments)
        rows = self._connection.execute(wanted.order_by(c.channel, c.segments))
        return [Lengths(channel, many, int(n)) for channel, many, n in rows]


def _by_channel(time: _Time) -> Select[Any]:
    return select(_i.channel, func.count().label("questions")).where(within(time)).group_by(_i.channel)


def _unknown(time: _Time) -> Select[Any]:
    prefix = func.substr(_a.code, 1, _PREFIX).label("prefix")
    return (
        select(prefix, func.count().label("codes"))
        .join_from(inquiries, answers, _a.inquiry_id == _i.id)
        .where(asked_in(time), _a.verdict == Verdict.UNKNOWN, _a.code.is_not(None))
        .group_by(prefix)
    )


def _repeats(time: _Time) -> Select[Any]:
    return (
        select(_a.record_id, func.count().label("codes"))
        .join_from(inquiries, answers, _a.inquiry_id == _i.id)
        .where(asked_in(time), _a.verdict == Verdict.REPEAT_WARN, _a.record_id.is_not(None))
        .group_by(_a.record_id)
    )


def _lengths(time: _Time) -> Select[Any]:
    # Counted message by message: grouped by them, SQLite would go through all messages there are.
    many = select(func.count()).where(_s.message_id == _m.id).correlate(messages).scalar_subquery()
    each = (
        select(_i.channel, many.label("segments"))
        .join_from(inquiries, messages, _m.inquiry_id == _i.id)
        .where(within(time))
        .subquery()
    )
    return select(each.c.channel, each.c.segments, func.count().label("answers")).group_by(
        each.c.channel, each.c.segments
    )


def _hour(connection: Connection, at: ColumnElement[Any]) -> ColumnElement[str]:
    """Write a time's hour, in UTC: `2026-05-01 10`."""
    if connection.dialect.name == "postgresql":
        return func.to_char(func.timezone("UTC", at), "YYYY-MM-DD HH24:00")
    return func.strftime("%Y-%m-%d %H:00", at)
