"""Questions counted: each hour once, when it is over; what is not over yet, from the questions themselves."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Select,
    and_,
    case,
    cast,
    false,
    func,
    literal,
    select,
    true,
    union_all,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.types import Date

from gateway.domain.calendar import today
from gateway.domain.inquiry import InquiryState
from gateway.filing.reports import Figure, Measure, Period, Scope
from gateway.store.reporting import OWNER, WHERE, Span, asked_in, within
from gateway.store.tables import answer_days, answers, inquiries, parties, records, summed_hours, waiting_days

# What is asked is answered, or given up, within an hour.
_SETTLED_AFTER = timedelta(hours=1)
_PERCENTILES = {Measure.ANSWER_P50: 0.5, Measure.ANSWER_P90: 0.9, Measure.ANSWER_P99: 0.99}
_HOUR = timedelta(hours=1)
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
_d, _w = answer_days.c, waiting_days.c


@dataclass(frozen=True, slots=True)
class _Time:
    """From its first moment up to the first one after it."""

    begins: datetime
    ends: datetime


def sum_up(connection: Connection, now: datetime) -> int:
    """Count the questions of the first hour that is over and not counted yet; return how many hours that was.

    An hour, since a statement over a busy day takes longer than a database is waited for, and writers wait meanwhile.
    """
    hour = _next(connection)
    if hour is None or hour + _HOUR > now - _SETTLED_AFTER:
        return 0
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    if not connection.execute(dialect.insert(summed_hours).values(begins_at=hour).on_conflict_do_nothing()).rowcount:
        return 0  # another process is at it
    time = _Time(hour, hour + _HOUR)
    for table, counted, what in (
        (answer_days, _asked(time), "codes"),
        (waiting_days, _waited(connection, time), "questions"),
    ):
        # SQLite takes ON CONFLICT after a SELECT for a join's ON unless there is a WHERE (sqlite.org/lang_UPSERT.html).
        rows = select(literal(today(hour), Date), *counted.subquery().c).where(true())
        adding = dialect.insert(table).from_select([column.name for column in table.c], rows)
        more = {what: table.c[what] + adding.excluded[what]}
        connection.execute(adding.on_conflict_do_update(index_elements=list(table.primary_key), set_=more))
    return 1


def _next(connection: Connection) -> datetime | None:
    """Return the hour of the first question that is not counted; None: all are."""
    received = inquiries.c.received_at
    first = select(func.min(received)).where(received >= _counted_to(connection))
    moment: datetime | None = connection.execute(first).scalar()
    return moment and moment.replace(minute=0, second=0, microsecond=0)


def _counted_to(connection: Connection) -> datetime:
    """Return the first moment that is not counted."""
    last: datetime | None = connection.execute(select(func.max(summed_hours.c.begins_at))).scalar()
    return last + _HOUR if last else _LONG_AGO


def _open(connection: Connection, period: Period) -> _Time:
    """Return what of these days is not counted; it may be nothing."""
    return _Time(max(period.begins, _counted_to(connection)), period.ends)


def queries(connection: Connection, scope: Scope, period: Period) -> list[Figure]:
    """Count codes asked for by channel, type, verdict and district; of a party, those of what it owns."""
    stored = select(_d.channel, _d.record_type, _d.verdict, _d.owner, _d.district, _d.codes)
    over = stored.where(_d.day.between(period.first, period.last))
    counted = union_all(over, _asked(_open(connection, period))).subquery()
    c = counted.c
    about = (c.channel, c.record_type, c.verdict, c.district)
    wanted = (
        select(*about, func.sum(c.codes))
        .select_from(counted.outerjoin(parties, parties.c.id == c.owner))
        .where(_in_scope(scope, c.owner))
        .group_by(*about)
        .order_by(*about)
    )
    return [
        Figure(
            measure=Measure.QUERIES,
            channel=channel,
            record_type=kind or None,
            verdict=verdict,
            district=district or None,
            value=int(count),
        )
        for channel, kind, verdict, district, count in connection.execute(wanted)
    ]


def _in_scope(scope: Scope, owner: ColumnElement[str]) -> ColumnElement[bool]:
    if scope.public:
        return func.coalesce(parties.c.pilot, false()) == false()
    return true() if scope.party is None else owner == scope.party


def _asked(time: Span) -> Select[Any]:
    """Count what was asked in this time, from the questions themselves."""
    a, i, r = answers.c, inquiries.c, records.c
    of = (i.channel, a.record_type, a.verdict, a.record_id)
    # First without their records, of which there are few: a look into three tables for each question takes long.
    each = (
        select(*of, func.count().label("asked"))
        .join_from(inquiries, answers, a.inquiry_id == i.id)
        .where(asked_in(time))
        .group_by(*of)
        .subquery()
    )
    about = [
        each.c.channel,
        func.coalesce(each.c.record_type, "").label("record_type"),
        each.c.verdict,
        func.coalesce(r.owner, "").label("owner"),
        func.coalesce(WHERE, "").label("district"),
    ]
    return (
        select(*about, cast(func.sum(each.c.asked), Integer).label("codes"))
        .select_from(each.outerjoin(records, r.id == each.c.record_id).outerjoin(OWNER, OWNER.c.id == r.owner))
        .group_by(*about)
    )


def answer_times(connection: Connection, period: Period) -> list[Figure]:
    """Return how long people waited, by channel."""
    stored = select(_w.channel, _w.milliseconds, _w.questions)
    over = stored.where(_w.day.between(period.first, period.last))
    c = union_all(over, _waited(connection, _open(connection, period))).subquery().c
    about = (c.channel, c.milliseconds)
    by_channel: dict[str, list[tuple[int, int]]] = defaultdict(list)
    summed = select(*about, func.sum(c.questions)).group_by(*about).order_by(*about)
    for channel, milliseconds, count in connection.execute(summed):
        by_channel[channel].append((milliseconds, int(count)))
    return [
        Figure(measure=measure, channel=channel, value=_percentile(times, part))
        for channel, times in by_channel.items()
        for measure, part in _PERCENTILES.items()
    ]


def waits(connection: Connection, begins: datetime, ends: datetime) -> dict[str, int]:
    """Return the milliseconds within which 95 of 100 questions of this time were answered, by channel."""
    by_channel: dict[str, list[tuple[int, int]]] = defaultdict(list)
    counted = _waited(connection, _Time(begins, ends)).order_by("channel", "milliseconds")
    for channel, milliseconds, count in connection.execute(counted):
        by_channel[channel].append((milliseconds, int(count)))
    return {channel: _percentile(times, 0.95) for channel, times in by_channel.items()}


def _waited(connection: Connection, time: Span) -> Select[Any]:
    i = inquiries.c
    took = _coarse(_milliseconds(connection, i.received_at, i.settled_at))
    answered = and_(within(time), i.state == InquiryState.ANSWERED, i.settled_at.is_not(None))
    return (
        select(i.channel, took.label("milliseconds"), func.count().label("questions"))
        .where(answered)
        .group_by(i.channel, took)
    )


def _milliseconds(connection: Connection, first: ColumnElement[Any], last: ColumnElement[Any]) -> ColumnElement[int]:
    if connection.dialect.name == "postgresql":
        return cast(func.floor(func.extract("epoch", last - first) * 1000), Integer)
    # Days of SQLite are exact to some 40 microseconds.
    return cast(func.round((func.julianday(last) - func.julianday(first)) * 86_400_000), Integer)


def _coarse(milliseconds: ColumnElement[int]) -> ColumnElement[int]:
    """Round a time down, by a twentieth at most: then a picture of months reads a few hundred rows a day."""
    return case(
        (milliseconds < 200, milliseconds),
        (milliseconds < 2_000, milliseconds - milliseconds % 10),
        (milliseconds < 20_000, milliseconds - milliseconds % 100),
        else_=milliseconds - milliseconds % 1_000,
    )


def _percentile(times: Sequence[tuple[int, int]], part: float) -> int:
    """Return the nearest-rank percentile of (value, count) pairs that rise by value."""
    rank, seen = part * sum(count for _, count in times), 0
    for milliseconds, count in times:
        seen += count
        if seen >= rank:
            return max(0, milliseconds)
    raise ValueError("no times at all")
