"""Questions, found by what a caller can say; what is found leaves as a file too."""

import asyncio
from http import HTTPStatus
from typing import Final

from aiohttp import web

from gateway.console import exporting, sought
from gateway.console.exporting import Grid
from gateway.console.page import get, post
from gateway.console.sought import Asked
from gateway.console.visit import Visit
from gateway.console.writing import CHANNELS, noted, sheet_time
from gateway.domain import masks
from gateway.domain.access import Role
from gateway.domain.calendar import today
from gateway.domain.classes import short_name
from gateway.domain.errors import Refusal, Why
from gateway.domain.verdict import Verdict
from gateway.filing import search, tallies
from gateway.filing.board import Exchange
from gateway.filing.books import Books
from gateway.filing.questions import Found

DESK: Final = frozenset({Role.ADMIN, Role.AGENT, Role.REGULATOR})
WHOLE: Final = frozenset({Role.ADMIN, Role.REGULATOR})
# So long a number stands on a page in full.
SEEN: Final = 60  # seconds
_ROWS: Final = 50
_HEADINGS: Final = (
    noted("查询号"),
    noted("时间"),
    noted("渠道"),
    noted("线路"),
    noted("谁"),
    noted("问"),
    noted("答"),
    noted("判定"),
    noted("毫秒"),
    noted("试用"),
)


async def index(visit: Visit) -> web.Response:
    """`GET /inquiries`: `q` is whatever somebody has in hand; the filters stand in the address."""
    leads = sought.leads(sought.written(visit.request.query))
    if leads:
        return visit.go(leads)
    asked = sought.read(visit, _ROWS)
    found, count = await visit.look(lambda books: _look(books, asked))
    return _listed(visit, asked, found, count, asked.fault)


def _look(books: Books, asked: Asked) -> tuple[Found, int | None]:
    """Return a page of rows and how many there are in all; of many, what the pictures count, where they do."""
    if asked.sought is None:
        return Found(()), None
    found = books.questions.find(asked.sought)
    exact = tallies.of_pictures(books, asked.sought, asked.days) if found.about and asked.days else None
    return found, exact


def _listed(
    visit: Visit, asked: Asked, found: Found, exact: int | None, fault: Refusal | None, number: str | None = None
) -> web.Response:
    wanted = asked.sought
    older = None
    if found.more and found.rows:
        older = sought.key_of(found.rows[-1])
    elif found.floor:
        older = str(found.floor)
    return visit.render(
        "inquiries.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if fault and visit.request.method == "POST" else HTTPStatus.OK,
        found=found,
        exact=exact,
        older=older,
        q=asked.written,
        filters=asked.filters,
        chips=asked.chips(visit),
        again=asked.address,
        paged="before" in visit.request.query,
        verdicts=list(Verdict),
        whole=visit.user.role in WHOLE,
        fault=fault,
        number=number,
        seen=SEEN,
        by_code=bool(wanted and (wanted.code or wanted.verdicts or wanted.prefix or wanted.record or wanted.district)),
        shown=wanted.shown if wanted else None,
        code=wanted.code if wanted else None,
        most=exporting.MOST,
    )


async def by_number(visit: Visit) -> web.Response:
    """`POST /inquiries/number`: what one very number asked; its number never stands in an address."""
    asked, number, fault = Asked("", {}, None, None, None), visit.field("number"), None
    try:
        rows = await visit.act(
            lambda books: search.by_number(books, visit.actor, number, visit.field("reason"), visit.now, _ROWS)
        )
    except Refusal as refusal:
        if refusal.why is not Why.INVALID:
            raise
        rows, fault = [], refusal
    response = _listed(visit, asked, Found(rows), None, fault, None if fault else number)
    if not fault:
        hide_soon(response, "/console/inquiries")
    return response


def hide_soon(response: web.Response, address: str) -> None:
    """Have the browser go elsewhere before long: a number stands there in full."""
    response.headers["Refresh"] = f"{SEEN}; url={address}"


async def table(visit: Visit) -> web.Response:
    """`GET /inquiries.{kind}`: the same rows as a file, as they are shown: numbers and codes masked."""
    asked = sought.read(visit, exporting.MOST)
    if asked.sought is None:
        raise asked.fault or Refusal(Why.INVALID, "日期或条件写得不对", "q")
    wanted = asked.sought
    found = await visit.look(lambda books: books.questions.find(wanted))
    rows = [_cells(visit, one) for one in found.rows]
    grid = Grid(f"{visit._('查询')}-{today(visit.now)}", [visit._(word) for word in _HEADINGS], rows)
    await exporting.noted_in(visit, "inquiries", len(rows))
    return await asyncio.to_thread(exporting.download, grid, visit.request.match_info["kind"])


def _cells(visit: Visit, one: Exchange) -> list[exporting.Cell]:
    say = visit._
    return [
        str(one.id),
        sheet_time(one.at),
        say(CHANNELS.get(one.channel, one.channel)),
        one.account,
        say("隐藏号码") if one.sender == "withheld" else one.sender,
        masks.codes_in(one.text),
        masks.codes_in(one.reply) if one.reply else None,
        say(short_name(one.verdict)) if one.verdict else None,
        round(one.took.total_seconds() * 1000) if one.took else None,
        say("试用") if one.test else None,
    ]


PAGES = (
    get("/inquiries", index, roles=DESK, word=noted("查询"), entry=True),
    get("/inquiries.{kind:csv|xlsx}", table, roles=DESK, word=noted("查询")),
    post("/inquiries/number", by_number, roles=WHOLE, word=noted("查询")),
)
