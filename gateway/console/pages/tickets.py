"""Complaints: what is due, what is known of one, and what becomes of it."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from http import HTTPStatus
from typing import Final

import msgspec
from aiohttp import web

from gateway.console.heard import Listenings
from gateway.console.page import get, post
from gateway.console.visit import Visit
from gateway.console.writing import noted
from gateway.domain.access import Role
from gateway.domain.calendar import SHANGHAI, today
from gateway.domain.errors import Refusal, Why
from gateway.domain.ticket import OFFICE_WORDS, STATE_WORDS, Office, TicketState, may_follow
from gateway.filing import tickets
from gateway.filing.casebook import Ticket
from gateway.filing.events import refusal
from gateway.filing.tickets import TicketChange

_DESK: Final = frozenset({Role.ADMIN, Role.AGENT, Role.REGULATOR})
_WHOLE: Final = frozenset({Role.ADMIN, Role.REGULATOR})
_ROWS: Final = 50
_OPEN: Final = tuple(state for state in TicketState if state is not TicketState.CLOSED)
# More open ones than this no office has; the due ones are among the first.
_MOST_OPEN: Final = 2_000
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


async def index(visit: Visit) -> web.Response:
    """`GET /tickets`: open ones by their due time, so that what is overdue comes first; closed ones by number."""
    query = visit.request.query
    overdue, after = query.get("overdue") == "1", query.get("after", "")
    chosen = query.get("state", "")
    state = TicketState(chosen) if chosen in set(TicketState) else None
    if state is TicketState.CLOSED:
        found = await visit.look(
            lambda books: books.tickets.listed((state,), visit.now, overdue=False, after=after, most=_ROWS + 1)
        )
        more = found[_ROWS - 1].number if len(found) > _ROWS else None
        found = found[:_ROWS]
    else:
        states = (state,) if state else _OPEN
        found = await visit.look(
            lambda books: books.tickets.listed(states, visit.now, overdue=overdue, after="", most=_MOST_OPEN)
        )
        found.sort(key=lambda ticket: (ticket.due_at, ticket.number))
        more = None
    return visit.render(
        "tickets.html",
        found=found,
        more=more,
        state=state,
        overdue=overdue,
        late=sum(ticket.overdue for ticket in found),
        words=STATE_WORDS,
        offices=OFFICE_WORDS,
        whole=visit.user.role in _WHOLE,
        since=(today(visit.now) - timedelta(days=_USUAL_DAYS)).isoformat(),
    )


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
    return visit.render(
        "ticket.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if fault else HTTPStatus.OK,
        ticket=ticket,
        same=same,
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
        day = date.fromisoformat(visit.field("since"))
    except ValueError as err:
        raise Refusal(Why.INVALID, "日期写得不对", "since") from err
    since = datetime.combine(max(day, date(2000, 1, 1)), time.min, SHANGHAI).astimezone(UTC)
    found = await visit.act(lambda books: tickets.handed(books, visit.actor, office, since, visit.now))
    as_json = visit.field("format") == "json"
    body = msgspec.json.encode({"office": office, "tickets": found}) if as_json else visit.site.csv(found)
    name = f"tickets-{office}.{'json' if as_json else 'csv'}"
    headers = {**visit.site.looks.headers, "Content-Disposition": f'attachment; filename="{name}"'}
    kind = "application/json" if as_json else "text/csv"
    return web.Response(body=body, content_type=kind, charset="utf-8", headers=headers)


PAGES = (
    get("/tickets", index, roles=_DESK, word=noted("工单"), entry=True),
    post("/tickets/handed", handed, roles=_WHOLE, word=noted("工单")),
    get("/tickets/{no:[0-9]{1,12}}", show, roles=_DESK, word=noted("工单")),
    get("/tickets/{no:[0-9]{1,12}}/recording.wav", recording, roles=_DESK, word=noted("工单")),
    post("/tickets/{no:[0-9]{1,12}}/state", change, roles=_DESK, word=noted("工单")),
    post("/tickets/{no:[0-9]{1,12}}/reporter", reporter, roles=_WHOLE, word=noted("工单")),
)
