"""Questions, found by what a caller can say, and one of them told from its arrival to its end."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from http import HTTPStatus
from math import log10
from typing import Final
from urllib.parse import quote, urlencode
from uuid import UUID

from aiohttp import web

from gateway.console.page import get, post
from gateway.console.visit import Visit
from gateway.console.writing import noted
from gateway.domain import masks
from gateway.domain.access import Role
from gateway.domain.address import Address
from gateway.domain.calendar import SHANGHAI, full_moment, today
from gateway.domain.classes import VerdictClass, class_of, short_name
from gateway.domain.errors import Refusal, Why
from gateway.domain.outgoing import SegmentState
from gateway.domain.verdict import Verdict
from gateway.filing import search
from gateway.filing.search import Life, Piece, Sent, Sought
from gateway.filing.things import plain
from gateway.text import segments

DESK: Final = frozenset({Role.ADMIN, Role.AGENT, Role.REGULATOR})
WHOLE: Final = frozenset({Role.ADMIN, Role.REGULATOR})
_ROWS: Final = 50
# So long a number stands on the page in full.
_SEEN: Final = 60  # seconds
_MASKED: Final = re.compile(r"1[3-9][0-9]\*{4}[0-9]{4}\Z")
_CODE: Final = re.compile(r"[0-9]{12,24}\Z|[0-9]{6}\Z")
_TICKET: Final = re.compile(r"[0-9]{9}\Z")
_CLASSES: Final[Mapping[str, tuple[VerdictClass, ...]]] = {
    "grave": (VerdictClass.WARNING, VerdictClass.DANGER),
    **{kind.value: (kind,) for kind in VerdictClass},
}


@dataclass(frozen=True, slots=True)
class Moment:
    """One step of a question's life; `start` and `width` place it on a line of 190 from 1 ms to a minute."""

    at: datetime
    since: timedelta | None
    dot: str
    what: str
    more: str
    raw: str
    start: float
    width: float
    whose: str  # w: we wait, o: the carrier's, empty: ours


async def index(visit: Visit) -> web.Response:
    """`GET /inquiries`: `q` is whatever somebody has in hand; the filters stand in the address."""
    query = visit.request.query
    written = query.get("q", "").strip()[:64]
    leads = _leads(written)
    if leads:
        return visit.go(leads)
    sought, fault = _sought(visit, written)
    found = await visit.look(lambda books: books.questions.find(sought)) if sought else []
    return visit.render(
        "inquiries.html",
        found=found[:_ROWS],
        more=found[_ROWS - 1].id if len(found) > _ROWS else None,
        q=written,
        filters=_kept(query),
        again=urlencode({**_kept(query), **({"q": written} if written else {})}),
        paged="before" in query,
        verdicts=list(Verdict),
        whole=visit.user.role in WHOLE,
        fault=fault,
        number=None,
        shown=sought.shown if sought else None,
        code=sought.code if sought else None,
    )


def _kept(query: Mapping[str, str]) -> dict[str, str]:
    names = ("day", "from", "to", "channel", "account", "class", "verdict", "state")
    return {name: query[name] for name in names if query.get(name)}


def _leads(written: str) -> str | None:
    """Return the page that a question's id, a ticket's number or a record's name leads to."""
    try:
        return f"/inquiries/{UUID(written)}"
    except ValueError:
        pass
    if _TICKET.match(written):
        return f"/tickets/{written}"
    kind, slash, key = written.partition("/")
    if slash and kind.isalpha() and kind.isascii() and key:
        return f"/records/{kind}/{quote(key, safe='')}"
    return None


def _sought(visit: Visit, written: str) -> tuple[Sought | None, Refusal | None]:
    query = visit.request.query
    try:
        begins, ends = _days(query, visit.now)
        verdicts = [v for v in Verdict if class_of(v) in _CLASSES.get(query.get("class", ""), ())]
        if query.get("verdict"):
            verdicts = [Verdict(query["verdict"])]
        before = UUID(query["before"]) if query.get("before") else None
    except ValueError:
        return None, Refusal(Why.INVALID, visit._("日期或条件写得不对"), "q")
    code, shown = _read(written)
    if written and code is None and shown is None:
        return None, Refusal(Why.INVALID, visit._("按查询号、编码、遮蔽的手机号或工单号查，这个都不是"), "q")
    states = [state for state in query.get("state", "").split(",") if state.isalpha()]
    return Sought(
        code=code,
        shown=shown,
        verdicts=verdicts,
        channel=query.get("channel") or None,
        account=query.get("account") or None,
        states=states,
        begins=begins,
        ends=ends,
        before=before,
        most=_ROWS + 1,
    ), None


def _days(query: Mapping[str, str], now: datetime) -> tuple[datetime | None, datetime | None]:
    """Return from when to when. Raises `ValueError` for what is no day."""
    given = (query.get("day") or query.get(name) for name in ("from", "to"))
    first, last = (date.fromisoformat(day) if day else None for day in given)
    if first is not None and not date(2000, 1, 1) <= first <= date(2099, 12, 31):
        raise ValueError("no day that the service has seen")
    last = min(last, today(now)) if last else None
    begins = datetime.combine(first, time.min, SHANGHAI) if first else None
    return begins, datetime.combine(last + timedelta(days=1), time.min, SHANGHAI) if last else None


def _read(written: str) -> tuple[str | None, str | None]:
    """Return the code, or the masked number, that this is."""
    if not written:
        return None, None
    bare = plain(written)
    if _MASKED.match(bare):
        return None, bare
    address = Address.parse(bare)
    if address.is_mobile:
        return None, str(address)
    if _CODE.match(bare) or (bare[:1] and not bare[0].isascii() and len(bare) in (7, 8)):
        return bare, None
    return None, None


async def by_number(visit: Visit) -> web.Response:
    """`POST /inquiries/number`: what one very number asked; its number never stands in an address."""
    try:
        found = await visit.act(
            lambda books: search.by_number(
                books, visit.actor, visit.field("number"), visit.field("reason"), visit.now, _ROWS
            )
        )
        fault, number = None, visit.field("number")
    except Refusal as refusal:
        if refusal.why is not Why.INVALID:
            raise
        found, fault, number = [], refusal, None
    response = visit.render(
        "inquiries.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if fault else HTTPStatus.OK,
        found=found,
        more=None,
        q="",
        filters={},
        again="",
        paged=False,
        verdicts=list(Verdict),
        whole=True,
        fault=fault,
        number=number,
        shown=None,
        code=None,
    )
    if number:
        _hide_soon(response, "/console/inquiries")
    return response


def _hide_soon(response: web.Response, address: str) -> None:
    response.headers["Refresh"] = f"{_SEEN}; url={address}"


async def show(visit: Visit) -> web.Response:
    """`GET /inquiries/{id}`."""
    return await _shown(visit, None, None)


async def number(visit: Visit) -> web.Response:
    """`POST /inquiries/{id}/number`: the same page with the number in full, for a minute."""
    id_ = _id(visit)
    try:
        whole = await visit.act(lambda books: search.number(books, visit.actor, id_, visit.field("reason"), visit.now))
    except Refusal as refusal:
        if refusal.why is not Why.INVALID:
            raise
        return await _shown(visit, None, refusal)
    response = await _shown(visit, whole, None)
    _hide_soon(response, f"/console/inquiries/{id_}")
    return response


async def _shown(visit: Visit, whole: str | None, fault: Refusal | None) -> web.Response:
    id_ = _id(visit)
    life = await visit.look(lambda books: search.life(books, visit.actor, id_))
    code = next((given.code for given in life.answers if given.code), None)
    others = await visit.look(lambda books: books.questions.of_code(code, 10)) if code else []
    last = life.replies[-1] if life.replies else None
    return visit.render(
        "inquiry.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if fault else HTTPStatus.OK,
        life=life,
        id=id_,
        code=code,
        others=others,
        last=last,
        size=segments.measure(last.text) if last else None,
        room={segments.Encoding.UCS2: 70, segments.Encoding.GSM7: 160},
        moments=_moments(visit, life),
        whole=whole,
        may_see=visit.user.role in WHOLE and life.whole,
        fault=fault,
    )


def _id(visit: Visit) -> UUID:
    try:
        return UUID(visit.request.match_info["id"])
    except ValueError as err:
        raise Refusal(Why.UNKNOWN, "没有这个号，可能已过保存期") from err


def _moments(visit: Visit, life: Life) -> list[Moment]:
    """Return the steps in their order, each with where it stands on the line."""
    say, asked = visit._, life.asked
    steps: list[tuple[datetime, str, str, str, str, str]] = [
        (asked.at, "solid", say("收到"), say("{} 发到 {}").format(_who(visit, life), life.destination), "", "")
    ]
    done = life.replies[0].created_at if life.replies else life.settled_at
    if done:
        for given in life.answers:
            where = masks.codes_in(given.code) if given.code else ""
            counted = ""
            if given.first_at:
                counted = say("第 {} 次查，首次 {}").format(given.count, full_moment(given.first_at))
            more = "，".join(filter(None, (where, counted)))
            steps.append((done, "", say("判定：") + say(short_name(given.verdict)), more, given.rule, ""))
    for reply in life.replies:
        size = segments.measure(reply.text)
        more = say("{} 字，{} 条，交 {}").format(size.units, size.segments, reply.account or "–")
        steps.append((reply.created_at, "", say("写好答复"), more, "", ""))
        for piece in reply.pieces:
            steps += _of_piece(visit, reply, piece)
    if not life.replies and life.settled_at:
        steps.append((life.settled_at, "good", say(_ENDS.get(asked.state, asked.state)), life.reason or "", "", ""))
    steps.sort(key=lambda step: step[0])
    found: list[Moment] = []
    before = asked.at
    for at, dot, what, more, raw, whose in steps:
        start, end = _place(before - asked.at), _place(at - asked.at)
        since = at - before if found else None
        found.append(Moment(at, since, dot, what, more, raw, start, max(3.0, end - start), whose))
        before = at
    return found


_ENDS: Final = {
    "answered": noted("已答复"),
    "unavailable": noted("暂时查不了，已如实告知"),
    "limited": noted("问得太多，没有答"),
    "suppressed": noted("不该答的，没有答"),
    "refused": noted("没发出：被退回"),
    "expired": noted("没发出：过期"),
}


def _who(visit: Visit, life: Life) -> str:
    return visit._("隐藏号码") if life.asked.sender == "withheld" else life.asked.sender


def _of_piece(visit: Visit, reply: Sent, piece: Piece) -> list[tuple[datetime, str, str, str, str, str]]:
    say = visit._
    steps: list[tuple[datetime, str, str, str, str, str]] = []
    of = say("第 {} 条").format(piece.position) if len(reply.pieces) > 1 else ""
    raw = f"{piece.state} {piece.peer_ref or ''}".strip()
    if piece.sending_at:
        steps.append((piece.sending_at, "", say("交 {} 发送").format(piece.account), of, "", ""))
    if piece.delivered_at:
        # Carriers tell whole seconds, which may be before the very send.
        delivered = max(piece.delivered_at, piece.sending_at or reply.created_at)
        steps.append((delivered, "good", say("送达"), of, raw, "o"))
    elif reply.settled_at and piece.state == SegmentState.ACCEPTED:
        steps.append((reply.settled_at, "good", say("运营商收下"), of, raw, ""))
    elif piece.state == SegmentState.UNCERTAIN:
        more = say("没有确认。60 秒没有回执就补发一次") if piece.due_at else say("没有确认，也没有回执，不再补发")
        steps.append((reply.settled_at or piece.sending_at or reply.created_at, "wait", say("未定"), more, raw, "w"))
    elif reply.settled_at and piece.state in (SegmentState.REFUSED, SegmentState.EXPIRED):
        steps.append((reply.settled_at, "wait", say("没有发出"), piece.reason or of, raw, "w"))
    return steps


def _place(since: timedelta) -> float:
    """Place a time on the line: a millisecond at its begin, a minute at its end, each tenfold the same way on."""
    milliseconds = max(1.0, since.total_seconds() * 1000)
    return min(187.0, 40 * log10(milliseconds))


PAGES = (
    get("/inquiries", index, roles=DESK, word=noted("查询"), entry=True),
    post("/inquiries/number", by_number, roles=WHOLE, word=noted("查询")),
    get("/inquiries/{id}", show, roles=DESK, word=noted("查询")),
    post("/inquiries/{id}/number", number, roles=WHOLE, word=noted("查询")),
)
