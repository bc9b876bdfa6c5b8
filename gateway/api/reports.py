"""Reports for the authority, to each firm its own part of them, and one for everybody (R60–R63, R69, R73)."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Literal, TypeAlias, TypeVar

import msgspec
from aiohttp import web

from gateway.api.resource import AnyResource, Call, Nothing, Resource
from gateway.domain.access import Role
from gateway.filing import reports
from gateway.filing.books import Archive
from gateway.filing.reports import Period, ProblemList, Report, Reports, Scope, period, scope_of

# Rows as a file for spreadsheets.
Csv: TypeAlias = Callable[[Sequence[msgspec.Struct]], bytes]

M = TypeVar("M", Report, ProblemList)

CSV = "text/csv"
_WHO = frozenset(Role) - {Role.OFFICE}
# What anybody may ask for is counted so often and no more.
_PUBLIC_FOR = timedelta(minutes=10)


class Days(msgspec.Struct, frozen=True, rename={"from_on": "from", "to_on": "to"}):
    """Which days, both included; as JSON or as CSV."""

    from_on: date | None = None
    to_on: date | None = None
    format: Literal["json", "csv"] = "json"


class Form(msgspec.Struct, frozen=True):
    """As JSON or as CSV."""

    format: Literal["json", "csv"] = "json"


def spreadsheet(content: bytes, name: str) -> web.Response:
    """Return a CSV as a file to keep."""
    response = web.Response(body=content, content_type=CSV, charset="utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


@dataclass(slots=True)
class _Desk:
    """Makes one report at a time: each may read for seconds, and others read beside it."""

    archive: Archive
    csv: Csv
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    _public: Report | None = None

    def figures(
        self, make: Callable[[Reports, Scope, Period, datetime], Report]
    ) -> Callable[[Call[Days, Nothing]], Awaitable[Report | web.StreamResponse]]:
        async def show(call: Call[Days, Nothing]) -> Report | web.StreamResponse:
            made = await self._made(make, call)
            return self._given(made, made.figures, made.report, call.parameters.format)

        return show

    async def problems(self, call: Call[Days, Nothing]) -> ProblemList | web.StreamResponse:
        made = await self._made(reports.problems, call)
        return self._given(made, made.problems, "problems", call.parameters.format)

    async def public(self, call: Call[Form, Nothing]) -> Report | web.StreamResponse:
        async with self._turn:
            made = self._public
            if made is None or not timedelta(0) <= call.now - made.as_of < _PUBLIC_FOR:
                days = period(None, None, call.now)
                made = await self.archive.look(lambda books: reports.public(books.reports, days, call.now))
                self._public = made
        return self._given(made, made.figures, made.report, call.parameters.format)

    async def _made(self, make: Callable[[Reports, Scope, Period, datetime], M], call: Call[Days, Nothing]) -> M:
        scope, days = scope_of(call.actor), period(call.parameters.from_on, call.parameters.to_on, call.now)
        async with self._turn:
            return await self.archive.look(lambda books: make(books.reports, scope, days, call.now))

    def _given(self, made: M, rows: Sequence[msgspec.Struct], name: str, form: str) -> M | web.StreamResponse:
        return spreadsheet(self.csv(rows), name) if form == "csv" else made


def resources(archive: Archive, csv: Csv) -> tuple[AnyResource, ...]:
    """Return the reports."""
    desk = _Desk(archive, csv)
    made = {
        "census": ("What there is, where, whose, and what of it is labelled (R60)", reports.census),
        "evaluation": (
            "How well it works: coverage, queries, overdue, uploads, waiting times (R61)",
            reports.evaluation,
        ),
        "progress": ("How far each owner and each district is (R73)", reports.progress),
    }
    return (
        *(
            Resource(
                method="GET",
                path=f"/api/v1/reports/{name}",
                summary=summary,
                answer=Report,
                parameters=Days,
                roles=_WHO,
                view=desk.figures(make),
                media=(CSV,),
                tag="reports",
            )
            for name, (summary, make) in made.items()
        ),
        Resource(
            method="GET",
            path="/api/v1/reports/problems",
            summary="What is wrong, the gravest first (R63)",
            answer=ProblemList,
            parameters=Days,
            roles=_WHO,
            view=desk.problems,
            media=(CSV,),
            tag="reports",
        ),
        Resource(
            method="GET",
            path="/api/v1/reports/public",
            summary="What anybody may know of the last thirty days (R62)",
            answer=Report,
            parameters=Form,
            view=desk.public,
            media=(CSV,),
            tag="reports",
        ),
    )
