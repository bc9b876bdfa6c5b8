"""The figures of reports, each from a few statements over whole tables, alike on both databases."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Select, case, func, select

from gateway.domain.records.base import FRESH
from gateway.domain.records.registry import REGISTRY
from gateway.filing.reports import Figure, Measure, Period, Problem, Scope, share
from gateway.store import duties, problems, sums
from gateway.store.reporting import IN_USE, LIVE, OWNER, WHERE, in_scope, of_records, served_lifts
from gateway.store.tables import records, sources

# Whose due date is an inspection's or a licence's; a batch's is its best-before day, which nobody is late with.
_INSPECTED = ("lpg", "vehicle", "lift", "station")
_LABELLED = tuple(name for name, kind in REGISTRY.items() if kind.labelled)
_r = records.c


class SqlReports:
    """`filing.reports.Reports` on one open transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def census(self, scope: Scope) -> Sequence[Figure]:
        """Count things by type, district, category, owner and status, and those with a live label."""
        about = (_r.type, WHERE, _r.category, _r.owner, OWNER.c.name, _r.status)
        wanted = (
            select(*about, func.count(), func.count(LIVE.c.record_id))
            .select_from(of_records().outerjoin(LIVE, LIVE.c.record_id == _r.id))
            .where(in_scope(scope))
            .group_by(*about)
            .order_by(*about)
        )
        figures = []
        for kind, district, category, party, name, status, count, live in self._connection.execute(wanted):
            of: dict[str, Any] = {
                "record_type": kind,
                "district": district,
                "category": category,
                "party": party,
                "name": name,
                "status": status,
            }
            figures.append(Figure(measure=Measure.THINGS, value=count, **of))
            if kind in _LABELLED:
                figures.append(share(Measure.LABELLED, live, count, **of))
        return figures

    def labelled(self, scope: Scope) -> Sequence[Figure]:
        """Count the things in use with a live label, by type and district."""
        wanted = (
            select(_r.type, WHERE, func.count(LIVE.c.record_id), func.count())
            .select_from(of_records().outerjoin(LIVE, LIVE.c.record_id == _r.id))
            .where(IN_USE, _r.type.in_(_LABELLED), in_scope(scope))
        )
        return self._shares(Measure.LABELLED, wanted)

    def overdue(self, scope: Scope, day: date) -> Sequence[Figure]:
        """Count the equipment in use that is overdue on this day, by type and district."""
        late = func.coalesce(func.sum(case((_r.due_on < day, 1), else_=0)), 0)
        wanted = (
            select(_r.type, WHERE, late, func.count())
            .select_from(of_records())
            .where(IN_USE, _r.type.in_(_INSPECTED), in_scope(scope))
        )
        return [*self._shares(Measure.OVERDUE, wanted), *self._maintenance(scope, day)]

    def _shares(self, measure: Measure, wanted: Select[Any]) -> list[Figure]:
        rows = self._connection.execute(wanted.group_by(_r.type, WHERE).order_by(_r.type, WHERE))
        return [share(measure, part, whole, record_type=kind, district=at) for kind, at, part, whole in rows]

    def _maintenance(self, scope: Scope, day: date) -> list[Figure]:
        counted: dict[str | None, list[int]] = defaultdict(lambda: [0, 0])
        for lift in served_lifts(self._connection, scope, day):
            counted[lift.district][0] += lift.days is not None
            counted[lift.district][1] += 1
        return [
            share(Measure.MAINTENANCE_OVERDUE, late, whole, record_type="lift", district=district)
            for district, (late, whole) in sorted(counted.items(), key=lambda item: item[0] or "")
        ]

    def queries(self, scope: Scope, period: Period) -> Sequence[Figure]:
        """Count codes asked for by channel, type, verdict, and the district of the thing."""
        return sums.queries(self._connection, scope, period)

    def answer_times(self, period: Period) -> Sequence[Figure]:
        """Return how long people waited, by channel."""
        return sums.answer_times(self._connection, period)

    def sum_up(self, now: datetime) -> int:
        """Count the questions of the first hour that is over and not counted yet; return how many hours that was."""
        return sums.sum_up(self._connection, now)

    def uploads(self, scope: Scope, period: Period, day: date) -> Sequence[Figure]:
        """Return what each party had to send in these days and sent (R69)."""
        return duties.uploads(self._connection, scope, period, day)

    def progress(self, scope: Scope, now: datetime) -> Sequence[Figure]:
        """Return how far each owner and each district is: registered, labelled, uploading (R73)."""
        heard = case((sources.c.heartbeat_at >= now - FRESH, 1), else_=0)
        about = (_r.type, WHERE, _r.owner, OWNER.c.name)
        wanted = (
            select(*about, func.count(), func.count(LIVE.c.record_id), func.sum(heard))
            .select_from(
                of_records().outerjoin(LIVE, LIVE.c.record_id == _r.id).outerjoin(sources, sources.c.name == _r.source)
            )
            .where(IN_USE, in_scope(scope))
            .group_by(*about)
            .order_by(*about)
        )
        rows = [tuple(row) for row in self._connection.execute(wanted)]
        of_district: dict[tuple[str, str | None], list[int]] = defaultdict(lambda: [0, 0, 0])
        for kind, district, _, _, *counts in rows:
            sums = of_district[kind, district]
            sums[:] = [sum(pair) for pair in zip(sums, counts, strict=True)]
        figures = [one for (kind, district), counts in of_district.items() for one in _steps(kind, district, counts)]
        for kind, district, party, name, *counts in rows:
            figures += _steps(kind, district, counts, party=party, name=name)
        return figures

    def problems(self, scope: Scope, period: Period, now: datetime) -> Sequence[Problem]:
        """Find what is wrong now, or was within these days."""
        return problems.find(self._connection, scope, period, now)


def _steps(kind: str, district: str | None, counts: Sequence[int], **whose: str | None) -> Iterable[Figure]:
    things, live, heard = counts
    of: dict[str, Any] = {"record_type": kind, "district": district, **whose}
    yield Figure(measure=Measure.THINGS, value=things, **of)
    if kind in _LABELLED:
        yield share(Measure.LABELLED, live, things, **of)
    if REGISTRY[kind].live:
        yield share(Measure.UPLOADING, heard, things, **of)
