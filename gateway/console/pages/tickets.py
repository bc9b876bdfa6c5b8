"""Complaints: what is due, what is known of one, and what becomes of it."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from http import HTTPStatus
from typing import Final
from urllib.parse import urlencode

import msgspec
from aiohttp import web

from gateway.console import exporting
from gateway.console.dates import day_of
from gateway.console.exporting import Cell, Grid
from gateway.console.heard import Listenings
from gateway.console.page import get, post
from gateway.console.visit import Visit
from gateway.console.writing import noted, sheet_time
from gateway.domain import masks
from gateway.domain.access import Role
from gateway.domain.calendar import SHANGHAI, today
from gateway.domain.errors import Refusal, Why
from gateway.domain.ticket import OFFICE_WORDS, STATE_WORDS, Office, TicketState, may_follow
from gateway.filing import tickets
from gateway.filing.books import Books
from gateway.filing.casebook import Ticket, TicketCounts
from gateway.filing.events import refusal
from gateway.filing.tickets import TicketChange

_DESK: Final = frozenset({Role.ADMIN, Role.AGENT, Role.REGULATOR})
_WHOLE: Final = frozenset({Role.ADMIN, Role.REGULATOR})
_ROWS: Final = 50
_HEADINGS: Final = (
    noted("工单号"),
    noted("状态"),
    noted("期限"),
    noted("超期"),
    noted("内容"),
    noted("编码"),
    noted("地点"),
    noted("举报人"),
    noted("转往"),
    noted("对方编号"),
    noted("答复"),
    noted("受理"),
    noted("办结"),
)
_USUAL_DAYS: Final = 3
_SEEN: Final = 60  # seconds that a whole number stands there
_OFFICES: Final[Mapping[str, Office]] = {"12315": "12315", "12345": "12345", "xinfang": "xinfang"}
_LISTENINGS: Final = Listenings()
_NAMES: Final = ("state", "note", "handed_to", "outside_ref", "answer")
# The way that most go; a ticket opened again walks it once more.
_PATH: Final = (
    (noted("受理"), (TicketState.OPEN, TicketState.REOPENED)),
    (noted("办理"), (TicketState.IN_PROGRESS,)),
    (noted("转办"), (TicketState.HANDED_OVER,)),
    (noted("办结"), (TicketState.CLOSED,)),
)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What the list's address asks for."""

    state: TicketState | None  # None: all that are not closed
    overdue: bool
    after: str

    @property
    def address(self) -> str:
        filters = {"state": self.state or "", "overdue": "1" if self.overdue else ""}
        return urlencode({name: value for name, value in filters.items() if value})

    def look(self, books: Books, now: datetime, most: int) -> list[Ticket]:
        if self.state is TicketState.CLOSED:
            return books.tickets.closed(self.after, most)
        return books.tickets.waiting(self.state, now, overdue=self.overdue, after=self.after, most=most)


def _wanted(query: Mapping[str, str]) -> _Wanted:
    chosen, after = query.get("state", ""), query.get("after", "")
    state = TicketState(chosen) if chosen in set(TicketState) else None
    return _Wanted(state, query.get("overdue") == "1", after if after.isascii() and after.isdigit() else "")


async def index(visit: Visit) -> web.Response:
    """`GET /tickets`: open ones by their due time, so that what is overdue comes first; closed ones, the newest."""
    wanted = _wanted(visit.request.query)
    found, counts = await visit.look(
        lambda books: (wanted.look(books, visit.now, _ROWS + 1), books.tickets.counts(visit.now))
    )
    return visit.render(
        "tickets.html",
        found=found[:_ROWS],
        more=found[_ROWS - 1].number if len(found) > _ROWS else None,
        count=_count(wanted, counts),
        state=wanted.state,
        overdue=wanted.overdue,
        again=wanted.address,
        paged=bool(wanted.after),
        late=counts.overdue,
        words=STATE_WORDS,
        offices=OFFICE_WORDS,
        whole=visit.user.role in _WHOLE,
        since=(today(visit.now) - timedelta(days=_USUAL_DAYS)).isoformat(),
    )


def _count(wanted: _Wanted, counts: TicketCounts) -> int | None:
    """Return how many there are on all pages; None where that is not counted."""
    if wanted.overdue and wanted.state is not TicketState.CLOSED:
        return counts.overdue if wanted.state is None else None
    return counts.by_state.get(wanted.state, 0) if wanted.state else counts.waiting


async def table(visit: Visit) -> web.Response:
    """`GET /tickets.{kind}`: the same as a file; reporters and codes are masked, as they are shown."""
    wanted, say = _wanted(visit.request.query), visit._
    found = await visit.look(lambda books: wanted.look(books, visit.now, exporting.MOST))
    rows: list[list[Cell]] = [
        [
            one.number,
            say(STATE_WORDS[one.state]),
            sheet_time(one.due_at),
            say("已超期") if one.overdue else None,
            masks.codes_in(one.text),
            "，".join(masks.codes_in(code) for code in one.codes),
            one.place,
            say("隐藏号码") if one.reporter == "withheld" else one.reporter,
            OFFICE_WORDS[one.handed_to] if one.handed_to else None,
            one.outside_ref,
            one.answer,
            sheet_time(one.created_at),
            sheet_time(one.closed_at),
        ]
        for one in found
    ]
    grid = Grid(f"{say('工单')}-{today(visit.now)}", [say(word) for word in _HEADINGS], rows)
    await exporting.noted_in(visit, "tickets", len(rows))
    return await asyncio.to_thread(exporting.download, grid, visit.request.match_info["kind"])


async def show(visit: Visit) -> web.Response:
    """`GET /tickets/{no}`."""
    return await _page(visit)


async def _page(
    visit: Visit, fault: Refusal | None = None, form: Mapping[str, str] | None = None, phone: str | None = None
) -> web.Response:
    number = visit.request.match_info["no"]
    ticket = await visit.look(lambda books: tickets.show(books, visit.actor, number, visit.now))
    others = await visit.look(lambda books: books.cases.tickets(ticket.codes, None)) if ticket.codes else []
    same = {str(row["number"]): row for row in others if row["number"] != number}
    asked = ticket.inquiry
    life = await visit.look(lambda books: books.questions.life(asked)) if asked else None
    return visit.render(
        "ticket.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if fault else HTTPStatus.OK,
        ticket=ticket,
        same=same,
        life=life,
        words=STATE_WORDS,
        offices=OFFICE_WORDS,
        path=_path(ticket),
        nexts=[state for state in TicketState if may_follow(ticket.state, state)],
        whole=visit.user.role in _WHOLE,
        fault=fault,
        form=form or {},
        phone=phone,
        left=ticket.due_at - visit.now,
        heard=ticket.recording is not None and visit.site.recording(ticket.recording) is not None,
    )


def _path(ticket: Ticket) -> list[tuple[str, str]]:
    """Return the way with what is done and what is now; what was never gone is left out once it is over."""
    been = {step.state for step in ticket.steps} | {TicketState.OPEN, ticket.state}
    shown = [one for one in _PATH if ticket.state is not TicketState.CLOSED or been.intersection(one[1])]
    at = next(place for place, (_, states) in enumerate(shown) if ticket.state in states)
    return [(word, "now" if place == at else "done" if place < at else "") for place, (word, _) in enumerate(shown)]


async def change(visit: Visit) -> web.Response:
    """`POST /tickets/{no}/state`."""
    number = visit.request.match_info["no"]
    form = {name: visit.field(name).strip() for name in _NAMES}
    if form["state"] != TicketState.HANDED_OVER:
        form["handed_to"] = ""
    try:
        sent = _read(form)
        await visit.act(lambda books: tickets.change(books, visit.actor, visit.site.letters, number, sent, visit.now))
    except Refusal as fault:
        if fault.why not in (Why.INVALID, Why.CONFLICT):
            raise
        return await _page(visit, fault, form)
    return visit.go(f"/tickets/{number}", visit._("工单 {} {}").format(number, visit._(STATE_WORDS[sent.state])))


def _read(form: Mapping[str, str]) -> TicketChange:
    try:
        return msgspec.convert({name: value for name, value in form.items() if value}, TicketChange)
    except msgspec.ValidationError as err:
        raise refusal(str(err)) from err


async def reporter(visit: Visit) -> web.Response:
    """`POST /tickets/{no}/reporter`: the page with the number in full, for a minute; noted in the audit."""
    number = visit.request.match_info["no"]
    found = await visit.act(lambda books: tickets.reporter(books, visit.actor, number, visit.now))
    response = await _page(visit, phone=found.phone or visit._("隐藏号码"))
    response.headers["Refresh"] = f"{_SEEN}; url=/console/tickets/{number}"
    return response


async def recording(visit: Visit) -> web.StreamResponse:
    """`GET /tickets/{no}/recording.wav`: what a caller said; who listened stands in the audit."""
    number = visit.request.match_info["no"]
    ticket = await visit.look(lambda books: tickets.show(books, visit.actor, number, visit.now))
    file = visit.site.recording(ticket.recording) if ticket.recording else None
    if file is None:
        raise Refusal(Why.UNKNOWN, "没有录音，或已过保存期")
    # Not by the header `Range`: browsers send it from the first octet on, and anybody may.
    if _LISTENINGS.is_new(visit.user.id, number, visit.now):
        await visit.act(
            lambda books: books.audit.note(visit.now, visit.actor.name, "recording heard", f"ticket/{number}")
        )
        _LISTENINGS.begun(visit.user.id, number, visit.now)
    return web.FileResponse(file, headers={**visit.site.looks.headers, "Content-Type": "audio/wav"})


async def handed(visit: Visit) -> web.Response:
    """`POST /tickets/handed`: what an office takes up, as CSV or JSON; reporters in full, noted in the audit."""
    office = _OFFICES.get(visit.field("office"))
    if office is None:
        raise Refusal(Why.UNKNOWN, "没有这个单位")
    try:
        day = day_of(visit.field("since"), today(visit.now))
    except ValueError as err:
        raise Refusal(Why.INVALID, "日期写得不对", "since") from err
    since = datetime.combine(day or today(visit.now), time.min, SHANGHAI).astimezone(UTC)
    found = await visit.act(lambda books: tickets.handed(books, visit.actor, office, since, visit.now))
    as_json = visit.field("format") == "json"
    body = msgspec.json.encode({"office": office, "tickets": found}) if as_json else visit.site.csv(found)
    name = f"tickets-{office}.{'json' if as_json else 'csv'}"
    headers = {**visit.site.looks.headers, "Content-Disposition": f'attachment; filename="{name}"'}
    kind = "application/json" if as_json else "text/csv"
    return web.Response(body=body, content_type=kind, charset="utf-8", headers=headers)


PAGES = (
    get("/tickets", index, roles=_DESK, word=noted("工单"), entry=True),
    get("/tickets.{kind:csv|xlsx}", table, roles=_DESK, word=noted("工单")),
    post("/tickets/handed", handed, roles=_WHOLE, word=noted("工单")),
    get("/tickets/{no:[0-9]{1,12}}", show, roles=_DESK, word=noted("工单")),
    get("/tickets/{no:[0-9]{1,12}}/recording.wav", recording, roles=_DESK, word=noted("工单")),
    post("/tickets/{no:[0-9]{1,12}}/state", change, roles=_DESK, word=noted("工单")),
    post("/tickets/{no:[0-9]{1,12}}/reporter", reporter, roles=_WHOLE, word=noted("工单")),
)
