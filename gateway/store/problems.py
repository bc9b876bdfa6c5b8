"""What is wrong in the city (R63), found in the database: each kind by a statement of its own."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, String, cast, func, or_, select, true

from gateway.domain.calendar import full_moment, today
from gateway.domain.records.base import FRESH
from gateway.domain.records.cylinder import Reason
from gateway.domain.records.goods import MISSING, UNSAFE, Batch
from gateway.domain.records.station import Station
from gateway.domain.ticket import STATE_WORDS, TicketState
from gateway.domain.verdict import Verdict
from gateway.filing.reports import Period, Problem, ProblemKind, Scope
from gateway.store.duties import GOODS
from gateway.store.records import decoded
from gateway.store.reporting import IN_USE, OWNER, WHERE, asked_in, in_scope, of_records, served_lifts
from gateway.store.tables import alerts, answers, denials, inquiries, parties, records, sources, tickets

# Nobody buys so many bottles of one batch and asks for each (T2); nobody mistypes so often alike (T1).
FIRST_QUERIES, UNKNOWN_CODES = 10, 20
# Of bursts and trials a week tells enough; every question of it is looked at.
_WATCHED = timedelta(days=7)
_PREFIX = 8  # digits of a code: who tries out codes changes the last ones
_DUE_WORDS = {
    "lpg": "检验有效期",
    "vehicle": "气瓶检验或使用年限",
    "lift": "检验有效期",
    "station": "充装许可有效期",
}
_r = records.c
_ONE = timedelta(days=1)


def find(connection: Connection, scope: Scope, period: Period, now: datetime) -> list[Problem]:
    """Find all; firms are not told of feeds, trials of codes and complaints, which are the regulator's matter."""
    day = today(now)
    watched = Period(max(period.first, period.last - _WATCHED + _ONE), period.last)
    found = [
        *_unanswered(connection, scope, day),
        *_overdue(connection, scope, day),
        *_worn_out(connection, scope),
        *_unserved(connection, scope, day),
        *_unlicensed(connection, scope, day),
        *_unverified(connection, scope, day),
        *_incomplete(connection, scope, day),
        *_bursts(connection, scope, watched),
    ]
    if scope.party is None:
        found += [*_silent(connection, now), *_tried(connection, watched), *_late_tickets(connection, now)]
    return found


def _unanswered(connection: Connection, scope: Scope, day: date) -> Iterator[Problem]:
    wanted = (
        select(alerts.c.record_id, alerts.c.kind, alerts.c.level, alerts.c.created_at, _r.owner, OWNER.c.name, WHERE)
        .select_from(alerts.join(of_records(), _r.id == alerts.c.record_id))
        .where(alerts.c.acknowledged_at.is_(None), alerts.c.restored_at.is_(None), in_scope(scope))
    )
    for subject, kind, level, created_at, owner, name, district in connection.execute(wanted):
        since = today(created_at)
        told = f"已通知{level}次，无人确认" if level else "尚未通知到人，请登记其电话"
        detail = f"{'困人' if kind == 'trapped' else '故障'}，{told}"
        yield Problem(
            kind=ProblemKind.ALERT_UNANSWERED,
            subject=subject,
            party=owner,
            name=name,
            district=district,
            since=since,
            days=(day - since).days,
            detail=detail,
        )


def _overdue(connection: Connection, scope: Scope, day: date) -> Iterator[Problem]:
    wanted = (
        select(_r.id, _r.type, _r.due_on, _r.owner, OWNER.c.name, WHERE)
        .select_from(of_records())
        .where(IN_USE, _r.type.in_(list(_DUE_WORDS)), _r.due_on < day, in_scope(scope))
    )
    for subject, kind, due_on, owner, name, district in connection.execute(wanted):
        yield Problem(
            kind=ProblemKind.LICENCE_EXPIRED if kind == "station" else ProblemKind.INSPECTION_OVERDUE,
            subject=subject,
            party=owner,
            name=name,
            district=district,
            since=due_on + _ONE,
            days=(day - due_on).days,
            detail=f"{_DUE_WORDS[kind]}至{due_on}",
        )


def _worn_out(connection: Connection, scope: Scope) -> Iterator[Problem]:
    """Find cylinders whose life is over and that nobody took out of use: each night the deny list is made of them."""
    wanted = (
        select(_r.id, _r.owner, OWNER.c.name, WHERE)
        .select_from(denials.join(of_records(), _r.id == denials.c.record_id))
        .where(denials.c.denied, IN_USE, in_scope(scope))
        .where(cast(denials.c.reasons, String).contains(f'"{Reason.OVER_LIFE}"'))
    )
    for subject, owner, name, district in connection.execute(wanted):
        yield Problem(
            kind=ProblemKind.OVER_LIFE,
            subject=subject,
            party=owner,
            name=name,
            district=district,
            detail="超过使用年限，仍登记在用",
        )


def _unserved(connection: Connection, scope: Scope, day: date) -> Iterator[Problem]:
    for lift in served_lifts(connection, scope, day):
        if lift.days is None:
            continue
        yield Problem(
            kind=ProblemKind.MAINTENANCE_OVERDUE,
            subject=lift.id,
            party=lift.owner,
            district=lift.district,
            since=day - timedelta(days=lift.days) + _ONE if lift.served_on else None,
            days=lift.days if lift.served_on else None,
            detail=f"上次维保{lift.served_on}" if lift.served_on else "无维保记录",
        )


def _unlicensed(connection: Connection, scope: Scope, day: date) -> Iterator[Problem]:
    p = parties.c
    mine = true() if scope.party is None else p.id == scope.party
    wanted = select(p.id, p.name, p.district, p.licence_valid_to).where(p.licence_valid_to < day, mine)
    for party, name, district, valid_to in connection.execute(wanted):
        yield Problem(
            kind=ProblemKind.LICENCE_EXPIRED,
            subject=f"party/{party}",
            party=party,
            name=name,
            district=district,
            since=valid_to + _ONE,
            days=(day - valid_to).days,
            detail=f"许可有效期至{valid_to}",
        )


def _unverified(connection: Connection, scope: Scope, day: date) -> Iterator[Problem]:
    wanted = select(_r.id, _r.type, _r.body, _r.owner, OWNER.c.name, WHERE).select_from(of_records())
    for row in connection.execute(wanted.where(_r.type == "station", in_scope(scope))):
        station = decoded(row.type, row.body)
        for one in station.unverified(day) if isinstance(station, Station) else ():
            yield Problem(
                kind=ProblemKind.DISPENSER_OVERDUE,
                subject=row.id,
                party=row.owner,
                name=row.name,
                district=row.place,
                since=one.verified_to + _ONE,
                days=(day - one.verified_to).days,
                detail=f"{'加气枪' if one.kind == 'gun' else '充装秤'}{one.number}检定有效期至{one.verified_to}",
            )


def _incomplete(connection: Connection, scope: Scope, day: date) -> Iterator[Problem]:
    """Find batches with gaps that may still be on sale."""
    wanted = (
        select(_r.id, _r.type, _r.body, _r.served_on, _r.owner, OWNER.c.name, WHERE)
        .select_from(of_records())
        .where(_r.type.in_(GOODS), or_(_r.due_on.is_(None), _r.due_on >= day), in_scope(scope))
    )
    for row in connection.execute(wanted):
        batch = decoded(row.type, row.body)
        if isinstance(batch, Batch) and batch.gaps:
            yield Problem(
                kind=ProblemKind.TRACE_INCOMPLETE,
                subject=row.id,
                party=row.owner,
                name=row.name,
                district=row.place,
                since=row.served_on,
                days=(day - row.served_on).days if row.served_on else None,
                detail="、".join(MISSING.get(gap) or UNSAFE.get(gap, gap) for gap in batch.gaps),
            )


def _bursts(connection: Connection, scope: Scope, period: Period) -> Iterator[Problem]:
    a = answers.c
    each = (
        select(a.record_id, inquiries.c.querier, func.count().label("codes"))
        .join_from(inquiries, answers, a.inquiry_id == inquiries.c.id)
        .where(asked_in(period), a.verdict == Verdict.GENUINE_FIRST, a.record_id.is_not(None))
        .group_by(a.record_id, inquiries.c.querier)
        .having(func.count() >= FIRST_QUERIES)
        .subquery()
    )
    wanted = (
        select(each.c.record_id, _r.owner, OWNER.c.name, WHERE, func.sum(each.c.codes), func.count())
        .select_from(each.join(of_records(), _r.id == each.c.record_id))
        .where(in_scope(scope))
        .group_by(each.c.record_id, _r.owner, OWNER.c.name, WHERE)
    )
    for subject, owner, name, district, codes, queriers in connection.execute(wanted):
        yield Problem(
            kind=ProblemKind.FIRST_QUERY_BURST,
            subject=subject,
            party=owner,
            name=name,
            district=district,
            detail=f"{queriers}个查询者各首查{FIRST_QUERIES}枚以上，共{codes}枚",
        )


def _silent(connection: Connection, now: datetime) -> Iterator[Problem]:
    """Find feeds that records depend on and that were not heard for 24 h."""
    used = or_(
        sources.c.name.in_(select(_r.source).where(_r.source.is_not(None), IN_USE)),
        sources.c.name.in_(select(_r.inspector).where(_r.inspector.is_not(None), IN_USE)),
    )
    wanted = (
        select(sources.c.name, sources.c.heartbeat_at, parties.c.id, parties.c.name, parties.c.district)
        .outerjoin_from(sources, parties, parties.c.id == sources.c.name)
        .where(sources.c.heartbeat_at < now - FRESH, used)
    )
    for feed, heartbeat_at, party, name, district in connection.execute(wanted):
        never = heartbeat_at.year == 1970
        since = None if never else today(heartbeat_at)
        yield Problem(
            kind=ProblemKind.FEED_SILENT,
            subject=f"feed/{feed}",
            party=party,
            name=name,
            district=district,
            since=since,
            days=(today(now) - since).days if since else None,
            detail="尚未收到数据" if never else f"最后收到{full_moment(heartbeat_at)}",
        )


def _tried(connection: Connection, period: Period) -> Iterator[Problem]:
    a = answers.c
    prefix = func.substr(a.code, 1, _PREFIX)
    wanted = (
        select(prefix, func.count(), func.count(inquiries.c.querier.distinct()))
        .join_from(inquiries, answers, a.inquiry_id == inquiries.c.id)
        .where(asked_in(period), a.verdict == Verdict.UNKNOWN, a.code.is_not(None))
        .group_by(prefix)
        .having(func.count() >= UNKNOWN_CODES)
    )
    for beginning, count, queriers in connection.execute(wanted):
        yield Problem(
            kind=ProblemKind.UNKNOWN_CODES,
            subject=f"code/{beginning}",
            detail=f"以{beginning}开头的未发放编码被查询{count}次，来自{queriers}个查询者",
        )


def _late_tickets(connection: Connection, now: datetime) -> Iterator[Problem]:
    t = tickets.c
    wanted = select(t.number, t.state, t.due_at).where(t.state != TicketState.CLOSED, t.due_at < now)
    for number, state, due_at in connection.execute(wanted):
        since = today(due_at)
        yield Problem(
            kind=ProblemKind.TICKET_OVERDUE,
            subject=f"ticket/{number}",
            since=since + _ONE,
            days=(today(now) - since).days,
            detail=f"{STATE_WORDS[TicketState(state)]}，应于{since}前办结",
        )
