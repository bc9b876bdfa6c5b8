"""One question, told from its arrival to its end; from it a complaint becomes a ticket."""

from http import HTTPStatus
from typing import Final
from uuid import UUID

from aiohttp import web

from gateway.console import lifeline
from gateway.console.page import get, post
from gateway.console.pages.inquiries import DESK, SEEN, WHOLE, hide_soon
from gateway.console.visit import Visit
from gateway.console.writing import noted
from gateway.domain.errors import Refusal, Why
from gateway.filing import search, tickets
from gateway.text import segments

_OTHERS: Final = 10
_ROOM: Final = {segments.Encoding.UCS2: 70, segments.Encoding.GSM7: 160}


async def show(visit: Visit) -> web.Response:
    """`GET /inquiries/{id}`."""
    return await _shown(visit)


async def number(visit: Visit) -> web.Response:
    """`POST /inquiries/{id}/number`: the same page with the number in full, for a minute."""
    id_ = _id(visit)
    try:
        whole = await visit.act(lambda books: search.number(books, visit.actor, id_, visit.field("reason"), visit.now))
    except Refusal as refusal:
        if refusal.why is not Why.INVALID:
            raise
        return await _shown(visit, fault=refusal)
    response = await _shown(visit, whole)
    hide_soon(response, f"/console/inquiries/{id_}")
    return response


async def open_ticket(visit: Visit) -> web.Response:
    """`POST /inquiries/{id}/ticket`: a ticket with the question's number, codes and verdict, and what was said."""
    id_, said, place = _id(visit), visit.field("said"), visit.field("place")
    try:
        opened = await visit.act(lambda books: tickets.open_from(books, visit.actor, id_, said, place, visit.now))
    except Refusal as refusal:
        if refusal.why is not Why.INVALID:
            raise
        return await _shown(visit, fault=refusal)
    return visit.go(f"/tickets/{opened}", visit._("工单 {} 建好了").format(opened))


async def _shown(visit: Visit, whole: str | None = None, fault: Refusal | None = None) -> web.Response:
    id_ = _id(visit)
    life = await visit.look(lambda books: search.life(books, visit.actor, id_))
    code = next((given.code for given in life.answers if given.code), None)
    others = await visit.look(lambda books: books.questions.of_code(code, _OTHERS)) if code else []
    codes = [given.code for given in life.answers if given.code]
    open_ones = await visit.look(lambda books: tickets.open_about(books, codes)) if codes else []
    last = life.replies[-1] if life.replies else None
    return visit.render(
        "inquiry.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if fault else HTTPStatus.OK,
        life=life,
        id=id_,
        code=code,
        others=others,
        open_ones=[number for number in open_ones if number not in life.tickets],
        last=last,
        size=segments.measure(last.text) if last else None,
        room=_ROOM,
        moments=lifeline.steps(life, visit._),
        whole=whole,
        seen=SEEN,
        may_see=visit.user.role in WHOLE and life.whole,
        fault=fault,
        form={name: visit.field(name) for name in ("said", "place")},
    )


def _id(visit: Visit) -> UUID:
    try:
        return UUID(visit.request.match_info["id"])
    except ValueError as err:
        raise Refusal(Why.UNKNOWN, "没有这个号，可能已过保存期") from err


PAGES = (
    get("/inquiries/{id}", show, roles=DESK, word=noted("查询")),
    post("/inquiries/{id}/number", number, roles=WHOLE, word=noted("查询")),
    post("/inquiries/{id}/ticket", open_ticket, roles=DESK, word=noted("查询")),
)
