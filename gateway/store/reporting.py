"""What reports share: whose records, where they are, which of them are in use and labelled, which questions count."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol

import msgspec
from sqlalchemy import ColumnElement, Connection, FromClause, and_, false, func, not_, or_, select, true, union

from gateway.domain.code import LENGTH, LONG_LENGTH, TEST_CLASS
from gateway.domain.trace import LabelState
from gateway.filing.reports import Scope
from gateway.store.tables import answers, inquiries, label_ranges, labels, parties, record_parties, records

_r = records.c

OWNER = parties.alias("owner")
WHERE: ColumnElement[Any] = func.coalesce(_r.district, OWNER.c.district).label("place")
# States of things nobody inspects any more.
OVER = ("scrapped", "stopped", "cancelled")
IN_USE = _r.status.not_in(OVER)


class Span(Protocol):
    """From its first moment up to the first one after it."""

    @property
    def begins(self) -> datetime:
        """Return its first moment."""
        ...

    @property
    def ends(self) -> datetime:
        """Return the first moment after it."""
        ...


def of_test_class(code: ColumnElement[str]) -> ColumnElement[bool]:
    """Return whether a code is a test label's (R74); other people's codes of this shape are rare enough."""
    return and_(code.like(f"{TEST_CLASS}%"), func.length(code).in_((LENGTH, LONG_LENGTH)))


_OWN = select(labels.c.record_id).where(
    labels.c.record_id.is_not(None), labels.c.state == LabelState.ACTIVE, not_(of_test_class(labels.c.code))
)
_IN_RUNS = select(label_ranges.c.record_id).where(
    label_ranges.c.record_id.is_not(None),
    label_ranges.c.state == LabelState.ACTIVE,
    label_ranges.c.klass != TEST_CLASS,
)
LIVE = union(_OWN, _IN_RUNS).subquery("live")  # the records that have a live label


def of_records() -> FromClause:
    """Return records with their owners."""
    return records.outerjoin(OWNER, OWNER.c.id == _r.owner)


def in_scope(scope: Scope) -> ColumnElement[bool]:
    """Return which records are in a scope, for a statement that joins `OWNER`."""
    if scope.public:
        return func.coalesce(OWNER.c.pilot, false()) == false()
    if scope.party is None:
        return true()
    concerned = select(record_parties.c.record_id).where(record_parties.c.party == scope.party)
    return or_(_r.owner == scope.party, _r.id.in_(concerned))


def within(span: Span) -> ColumnElement[bool]:
    """Return which questions are of this time and no trials."""
    received = inquiries.c.received_at
    return and_(received >= span.begins, received < span.ends, inquiries.c.test == false())


def asked_in(span: Span) -> ColumnElement[bool]:
    """Return which answers are of this time, for a statement that joins inquiries; test labels are left out."""
    return and_(within(span), or_(answers.c.code.is_(None), not_(of_test_class(answers.c.code))))


@dataclass(frozen=True, slots=True)
class ServedLift:
    """A lift in use and its maintenance; `days`: so many late, None: in time."""

    id: str
    district: str | None
    owner: str | None
    served_on: date | None
    days: int | None


class _Interval(msgspec.Struct):
    interval_days: int = 15


_INTERVAL = msgspec.json.Decoder(_Interval)


def served_lifts(connection: Connection, scope: Scope, day: date) -> Iterator[ServedLift]:
    """Yield the lifts in use. One without any maintenance on record is late since ever: for 0 days, nobody knows."""
    wanted = (
        select(_r.id, WHERE, _r.owner, _r.served_on, _r.body)
        .select_from(of_records())
        .where(IN_USE, _r.type == "lift", in_scope(scope))
    )
    for id_, district, owner, served_on, body in connection.execute(wanted):
        late = (day - served_on).days - _INTERVAL.decode(body).interval_days if served_on else 0
        yield ServedLift(id_, district, owner, served_on, late if late > 0 or served_on is None else None)
