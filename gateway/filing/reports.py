"""Reports for the authority, and to each firm its own part: figures and problems (R60–R63, R69, R73, T21).

A report is one list of rows, each telling by itself what it counts, so that a spreadsheet can turn it any way. Labels
of the test class and trial questions stand in none of them, parties that take part for trial only in those that are
not public (R74).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, Literal, Protocol, TypeAlias

import msgspec

from gateway.domain.access import Actor
from gateway.domain.calendar import SHANGHAI, today
from gateway.domain.errors import Refusal, Why

ReportName: TypeAlias = Literal["census", "evaluation", "progress", "public"]

# So long is the time a report looks at where nobody says.
USUAL_DAYS = 30
# Retention drops texts after half a year, but counts of years can be asked for.
MOST_DAYS = 3660
# The service's time; a year of two digits is a slip of the pen, and the calendar's ends have no day before and after.
_YEARS = range(2000, 2100)


class Measure(StrEnum):
    """What a figure counts."""

    THINGS = "things"  # records in the books
    LABELLED = "labelled"  # of them in use, those with a live label
    UPLOADING = "uploading"  # of them in use, those whose feed was heard within 24 h
    OVERDUE = "overdue"  # of them in use, those whose inspection or licence is over
    MAINTENANCE_OVERDUE = "maintenance_overdue"  # of the lifts in use
    QUERIES = "queries"  # codes asked for
    UPLOADS = "uploads"  # what a party had to send and sent: days of a station, lifts of a unit, batches of a maker
    UPLOADS_LATE = "uploads_late"  # of what it sent, what came late
    ANSWER_P50 = "answer_ms_p50"  # milliseconds from a question's arrival to its answer's departure
    ANSWER_P90 = "answer_ms_p90"
    ANSWER_P99 = "answer_ms_p99"


class Figure(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One figure: `value`, where that makes sense `of` how many; the other fields say of what."""

    measure: Measure
    record_type: str | None = None
    district: str | None = None  # GB/T 2260
    category: str | None = None  # use, site, vehicle; a goods' product
    status: str | None = None
    party: str | None = None
    name: str | None = None  # the party's
    channel: str | None = None
    verdict: str | None = None
    value: int
    of: int | None = None
    percent: float | None = None


def share(measure: Measure, value: int, of: int, **about: Any) -> Figure:  # noqa: ANN401 - fields of `Figure`
    """Return a figure with its percentage, to one decimal."""
    percent = round(100 * value / of, 1) if of else None
    return Figure(measure=measure, value=value, of=of, percent=percent, **about)


class Report(msgspec.Struct, frozen=True, kw_only=True, rename={"from_on": "from", "to_on": "to"}):
    """A report's figures. The days, both included, are those its queries and uploads are of."""

    report: ReportName
    from_on: date
    to_on: date
    as_of: datetime
    figures: tuple[Figure, ...]


class ProblemKind(StrEnum):
    """What is wrong; the gravest first."""

    ALERT_UNANSWERED = "alert_unanswered"  # nobody acknowledged that a lift is in trouble
    OVER_LIFE = "over_life"  # a cylinder that may no longer be used, and is registered as if it were
    INSPECTION_OVERDUE = "inspection_overdue"
    MAINTENANCE_OVERDUE = "maintenance_overdue"
    LICENCE_EXPIRED = "licence_expired"
    DISPENSER_OVERDUE = "dispenser_overdue"  # not verified in time
    FEED_SILENT = "feed_silent"  # for more than 24 h
    TRACE_INCOMPLETE = "trace_incomplete"
    FIRST_QUERY_BURST = "first_query_burst"  # somebody uses up a batch's first queries (T2)
    UNKNOWN_CODES = "unknown_codes"  # somebody tries out codes (T1)
    TICKET_OVERDUE = "ticket_overdue"


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to be seen to."""

    kind: ProblemKind
    subject: str  # "<type>/<key>" of a record, a party, a feed, the beginning of codes, a ticket
    party: str | None = None  # whose it is
    name: str | None = None  # the party's
    district: str | None = None
    since: date | None = None  # the first day on which it was so
    days: int | None = None  # for so long
    detail: str = ""


class ProblemList(msgspec.Struct, frozen=True, kw_only=True, rename={"from_on": "from", "to_on": "to"}):
    """What is wrong now; of bursts and trials of codes, what was within the days, the last seven of them at most."""

    from_on: date
    to_on: date
    as_of: datetime
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Period:
    """Days of Asia/Shanghai, both included."""

    first: date
    last: date

    @property
    def begins(self) -> datetime:
        """Return its first moment."""
        return datetime.combine(self.first, time.min, SHANGHAI)

    @property
    def ends(self) -> datetime:
        """Return the first moment after it."""
        return datetime.combine(self.last + timedelta(days=1), time.min, SHANGHAI)


def period(first: date | None, last: date | None, now: datetime) -> Period:
    """Return the days asked for: up to today, and thirty of them, where nothing is said. Raises `Refusal`."""
    for field, day in (("from", first), ("to", last)):
        if day and day.year not in _YEARS:
            raise Refusal(Why.INVALID, f"日期 {day} 不在{_YEARS[0]}年至{_YEARS[-1]}年之间", field)
    last = last or today(now)
    first = first or last - timedelta(days=USUAL_DAYS - 1)
    if first > last:
        raise Refusal(Why.INVALID, f"起始日期 {first} 晚于截止日期 {last}", "from")
    if last - first >= timedelta(days=MOST_DAYS):
        raise Refusal(Why.INVALID, f"一次最多统计 {MOST_DAYS} 天", "from")
    return Period(first, last)


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose things: a party's own and those it has to do with, or everybody's; `public` leaves out trials."""

    party: str | None = None
    public: bool = False


def scope_of(actor: Actor) -> Scope:
    """Return what an actor may see. Raises `Refusal` for one without a party."""
    if actor.everywhere:
        return Scope()
    if actor.party is None:
        raise Refusal(Why.FORBIDDEN, "此密钥不属于任何单位，没有可查看的报表")
    return Scope(actor.party)


class Reports(Protocol):
    """What reports ask of the database: a few statements each, none of them a record."""

    def census(self, scope: Scope) -> Sequence[Figure]:
        """Count things by type, district, category, owner and status, and those with a live label."""
        ...

    def labelled(self, scope: Scope) -> Sequence[Figure]:
        """Count the things in use with a live label, by type and district."""
        ...

    def overdue(self, scope: Scope, day: date) -> Sequence[Figure]:
        """Count the equipment in use that is overdue on this day, by type and district."""
        ...

    def queries(self, scope: Scope, period: Period) -> Sequence[Figure]:
        """Count codes asked for by channel, type, verdict, and the district of the thing."""
        ...

    def answer_times(self, period: Period) -> Sequence[Figure]:
        """Return how long people waited, by channel."""
        ...

    def sum_up(self, now: datetime) -> int:
        """Count the questions of the first hour that is over and not counted yet; return how many hours that was."""
        ...

    def uploads(self, scope: Scope, period: Period, day: date) -> Sequence[Figure]:
        """Return what each party had to send in these days and sent (R69)."""
        ...

    def progress(self, scope: Scope, now: datetime) -> Sequence[Figure]:
        """Return how far each owner and each district is: registered, labelled, uploading (R73)."""
        ...

    def problems(self, scope: Scope, period: Period, now: datetime) -> Sequence[Problem]:
        """Find what is wrong now, or was within these days."""
        ...


def census(reports: Reports, scope: Scope, period: Period, now: datetime) -> Report:
    """What there is, where, whose, and how much of it is labelled (R60)."""
    return _report("census", period, now, reports.census(scope))


def evaluation(reports: Reports, scope: Scope, period: Period, now: datetime) -> Report:
    """How well it works (R61): coverage, queries, what is overdue, uploads, waiting times."""
    day = today(now)
    return _report(
        "evaluation",
        period,
        now,
        reports.labelled(scope),
        reports.queries(scope, period),
        reports.overdue(scope, day),
        reports.uploads(scope, period, day),
        reports.answer_times(period) if scope.party is None else (),
    )


def progress(reports: Reports, scope: Scope, period: Period, now: datetime) -> Report:
    """How far each owner and each district has come (R73)."""
    return _report("progress", period, now, reports.progress(scope, now))


def public(reports: Reports, period: Period, now: datetime) -> Report:
    """What anybody may know (R62): sums by type and district, nothing of a person or a firm."""
    scope, day = Scope(public=True), today(now)
    parts = (reports.labelled(scope), reports.queries(scope, period), reports.overdue(scope, day))
    return _report("public", period, now, *parts)


def problems(reports: Reports, scope: Scope, period: Period, now: datetime) -> ProblemList:
    """What is wrong (R63), the gravest first, then the longest."""
    order = {kind: place for place, kind in enumerate(ProblemKind)}
    found = reports.problems(scope, period, now)
    listed = sorted(found, key=lambda one: (order[one.kind], -(one.days or 0), one.subject))
    return ProblemList(from_on=period.first, to_on=period.last, as_of=now, problems=tuple(listed))


def _report(name: ReportName, period: Period, now: datetime, *parts: Sequence[Figure]) -> Report:
    figures = tuple(figure for part in parts for figure in part)
    return Report(report=name, from_on=period.first, to_on=period.last, as_of=now, figures=figures)
