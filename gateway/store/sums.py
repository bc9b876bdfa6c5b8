"""Questions counted: each day once, when it is over; what is not over yet, from the questions themselves."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta
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
    insert,
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
from gateway.store.reporting import OWNER, WHERE, asked_in, within
from gateway.store.tables import answer_days, answers, inquiries, parties, records, summed_days, waiting_days

# What was asked before midnight is answered, or given up, by then.
_SETTLED_AFTER = timedelta(hours=1)
_PERCENTILES = {Measure.ANSWER_P50: 0.5, Measure.ANSWER_P90: 0.9, Measure.ANSWER_P99: 0.99}
_DAY = timedelta(days=1)
_d, _w = answer_days.c, waiting_days.c


def sum_up(connection: Connection, now: datetime) -> int:
    """Count the questions of the first day that is over and not counted yet; return how many days that was."""
    day = _next(connection)
    if day is None or day >= today(now - _SETTLED_AFTER):
        return 0
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    if not connection.execute(dialect.insert(summed_days).values(day=day).on_conflict_do_nothing()).rowcount:
        return 0  # another process is at it
    period = Period(day, day)
    for table, counted in ((answer_days, _asked(period)), (waiting_days, _waited(connection, period))):
        rows = select(literal(day, Date), *counted.subquery().c)
        connection.execute(insert(table).from_select([column.name for column in table.c], rows))
    return 1


def _next(connection: Connection) -> date | None:
    """Return the day after the last one counted, or the first one ever; None: nobody has asked anything."""
    last: date | None = connection.execute(select(func.max(summed_days.c.day))).scalar()
    if last is not None:
        return last + _DAY
    first: datetime | None = connection.execute(select(func.min(inquiries.c.received_at))).scalar()
    return today(first) if first else None


def _parts(connection: Connection, period: Period) -> tuple[Period, Period]:
    """Return what of these days is counted, and what is not."""
    last = connection.execute(select(func.max(summed_days.c.day))).scalar() or period.first - _DAY
    return Period(period.first, min(period.last, last)), Period(max(period.first, last + _DAY), period.last)


def queries(connection: Connection, scope: Scope, period: Period) -> list[Figure]:
    """Count codes asked for by channel, type, verdict and district; of a party, those of what it owns."""
    over, open_ = _parts(connection, period)
    stored = select(_d.channel, _d.record_type, _d.verdict, _d.owner, _d.district, _d.codes)
    counted = union_all(stored.where(_d.day.between(over.first, over.last)), _asked(open_)).subquery()
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


def _asked(period: Period) -> Select[Any]:
    """Count what was asked in these days, from the questions themselves."""
    a, i, r = answers.c, inquiries.c, records.c
    of = (i.channel, a.record_type, a.verdict, a.record_id)
    # First without their records, of which there are few: a look into three tables for each question takes long.
    each = (
        select(*of, func.count().label("asked"))
        .join_from(inquiries, answers, a.inquiry_id == i.id)
        .where(asked_in(period))
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
    over, open_ = _parts(connection, period)
    stored = select(_w.channel, _w.milliseconds, _w.questions).where(_w.day.between(over.first, over.last))
    c = union_all(stored, _waited(connection, open_)).subquery().c
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


def _waited(connection: Connection, period: Period) -> Select[Any]:
    i = inquiries.c
    took = _coarse(_milliseconds(connection, i.received_at, i.settled_at))
    answered = and_(within(period), i.state == InquiryState.ANSWERED, i.settled_at.is_not(None))
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
    """Round a time down: from a second on to tenths, from a minute on to seconds. Nobody asks more exactly."""
    return case(
        (milliseconds < 1_000, milliseconds),
        (milliseconds < 60_000, milliseconds - milliseconds % 100),
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
