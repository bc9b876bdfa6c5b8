"""Who had to upload what, and did (R69): stations each day, maintenance units each lift, makers each batch."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, func, select, true

from gateway.domain.calendar import today
from gateway.domain.records.goods import Batch
from gateway.domain.records.registry import REGISTRY
from gateway.domain.trace import PartyKind
from gateway.filing.reports import Figure, Measure, Period, Scope, share
from gateway.store.records import decoded
from gateway.store.reporting import IN_USE, OWNER, in_scope, of_records, served_lifts
from gateway.store.tables import parties, record_parties, records, source_days

# A batch that is entered later than a week after it was made was on sale before anybody could ask for it. [J]
BATCH_ENTERED_WITHIN = timedelta(days=7)
GOODS = tuple(name for name, kind in REGISTRY.items() if issubclass(kind.model, Batch))


def uploads(connection: Connection, scope: Scope, period: Period, day: date) -> list[Figure]:
    """Return each party's duty and what of it was done; days to come are nobody's duty yet."""
    return [
        *_of_stations(connection, scope, Period(period.first, min(period.last, day))),
        *_of_units(connection, scope, day),
        *_of_makers(connection, scope, period),
    ]


def _of_party(scope: Scope) -> ColumnElement[bool]:
    return true() if scope.party is None else parties.c.id == scope.party


def _of_stations(connection: Connection, scope: Scope, period: Period) -> Iterator[Figure]:
    """A station is heard each day, of a fill or that it is there (DESIGN 4, Freshness), from the day it is entered."""
    for party, name, district, entered_at in connection.execute(_stations(scope)):
        first = max(period.first, today(entered_at)) if entered_at else period.first
        if first > period.last:
            continue
        heard = select(func.count()).where(source_days.c.name == party, source_days.c.day.between(first, period.last))
        yield share(
            Measure.UPLOADS,
            connection.execute(heard).scalar_one(),
            (period.last - first).days + 1,
            party=party,
            name=name,
            district=district,
            category=PartyKind.STATION,
        )


def _stations(scope: Scope) -> Select[Any]:
    p, r = parties.c, records.c
    return (
        select(p.id, p.name, p.district, func.min(r.entered_at))
        .outerjoin_from(parties, records, and_(r.owner == p.id, r.type == "station"))
        .where(p.kind == PartyKind.STATION, _of_party(scope))
        .group_by(p.id, p.name, p.district)
        .order_by(p.id)
    )


def _of_units(connection: Connection, scope: Scope, day: date) -> Iterator[Figure]:
    """A unit enters the maintenance of each of its lifts within the lift's interval."""
    lifts = {lift.id: lift for lift in served_lifts(connection, scope, day)}
    about = (parties.c.id, parties.c.name, parties.c.district)
    wanted = (
        select(*about, record_parties.c.record_id)
        .join_from(parties, record_parties, record_parties.c.party == parties.c.id)
        .where(record_parties.c.role == "maintenance", _of_party(scope))
        .order_by(parties.c.id)
    )
    done, due = Counter[tuple[str, str, str]](), Counter[tuple[str, str, str]]()
    for party, name, district, record_id in connection.execute(wanted):
        if record_id in lifts:
            due[party, name, district] += 1
            done[party, name, district] += lifts[record_id].days is None
    for (party, name, district), count in due.items():
        in_time = done[party, name, district]
        yield share(
            Measure.UPLOADS,
            in_time,
            count,
            party=party,
            name=name,
            district=district,
            category=PartyKind.MAINTENANCE,
            record_type="lift",
        )


def _of_makers(connection: Connection, scope: Scope, period: Period) -> Iterator[Figure]:
    """A maker enters each batch, whole and soon; of batches made in these days, as far as they are known."""
    r = records.c
    wanted = (
        select(r.type, r.body, r.served_on, r.entered_at, r.owner, OWNER.c.name, OWNER.c.district, OWNER.c.kind)
        .select_from(of_records())
        .where(r.type.in_(GOODS), r.served_on.between(period.first, period.last), r.owner.is_not(None), IN_USE)
        .where(in_scope(scope))
        .order_by(r.owner, r.type)
    )
    counts: dict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
    for row in connection.execute(wanted):
        of_maker = counts[row.type, row.owner, row.name, row.district, row.kind]
        of_maker["made"] += 1
        batch = decoded(row.type, row.body)
        of_maker["whole"] += isinstance(batch, Batch) and not batch.gaps
        of_maker["late"] += bool(row.entered_at) and today(row.entered_at) - row.served_on > BATCH_ENTERED_WITHIN
    for (record_type, party, name, district, kind), counted in counts.items():
        for measure, value in ((Measure.UPLOADS, counted["whole"]), (Measure.UPLOADS_LATE, counted["late"])):
            yield share(
                measure,
                value,
                counted["made"],
                party=party,
                name=name,
                district=district,
                category=kind,
                record_type=record_type,
            )
