"""What passes through just now, what needs a hand, and how the lines are."""

import logging
import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any, Final
from uuid import UUID

from aiohttp import web

from gateway.console.page import get, post
from gateway.console.sse import Stream
from gateway.console.visit import Undo, Visit
from gateway.console.writing import noted
from gateway.domain.access import Role
from gateway.domain.calendar import today
from gateway.domain.classes import VerdictClass, class_of
from gateway.domain.errors import Refusal, StoreDown, Why
from gateway.domain.records.base import FRESH
from gateway.domain.verdict import Verdict
from gateway.filing import interventions
from gateway.filing.board import Exchange, Now, Pause
from gateway.filing.reports import Measure, Period, Scope
from gateway.ports import News

log = logging.getLogger(__name__)

_VIEWERS: Final = frozenset({Role.ADMIN, Role.WORDING, Role.AGENT, Role.REGULATOR})
_HANDS: Final = frozenset({Role.ADMIN, Role.AGENT})
_ROWS: Final = 60
_CALLS: Final = "asterisk"  # the kind of the line that is a hotline
# Seconds between two looks at the stream: without news, and with as much news as there may be.
_EVERY: Final = 1.0
_LEAST: Final = 0.25
_BOARD: Final = timedelta(seconds=5)  # between two looks at the rest
_PARTS: Final = ("todo", "rates", "parts", "pool", "calls")
# Bars of a signal by its strength in dBm (27.007 8.5 gives -113 to -51).
_BARS: Final = (-105, -95, -85, -75)
_WEAK: Final = -103


def _line(account: str, line: Mapping[str, Any], paused: Pause | None) -> dict[str, Any]:
    """Return a line as its card shows it: trouble first in `rank`."""
    state, dbm = line.get("state", ""), line.get("signal_dbm")
    kind, word, rank = VerdictClass.GENUINE, noted("收发"), 4
    if paused:
        kind, word, rank = VerdictClass.UNAVAILABLE, noted("已暂停"), 3
    elif state == "held":
        kind, word, rank = VerdictClass.DANGER, noted("要处理"), 0
    elif state == "quarantined":
        kind, word, rank = VerdictClass.WARNING, noted("发送隔离"), 1
    elif state == "down" or not line.get("ready"):
        kind, word, rank = VerdictClass.DANGER, noted("停用"), 0
    elif dbm is not None and dbm < _WEAK:
        kind, word, rank = VerdictClass.WARNING, noted("信号弱"), 2
    return {
        **line,
        "account": account,
        "mark": kind,
        "word": word,
        "rank": rank,
        "paused": paused,
        "bars": sum(dbm >= least for least in _BARS) if dbm is not None else 0,
        "weak": dbm is not None and dbm < _WEAK,
        "since": datetime.fromisoformat(line["since"]) if line.get("since") else None,
        "stores": (line.get("storage") or {}).values(),
    }


def _spark(minutes: Sequence[int]) -> tuple[str, str, float]:
    """Return a sparkline's line, its area, and how high its end is, in 132 by 28."""
    most = max(*minutes, 1)
    points = [(132 * at / (len(minutes) - 1), 26 - 22 * count / most) for at, count in enumerate(minutes)]
    line = "M" + " L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    return line, f"{line} L132 28 L0 28 Z", round(points[-1][1], 1)


async def _sums(visit: Visit) -> dict[str, int | None]:
    """Return today's answers, how many of them warned, and how long people waited."""
    day = Period(today(visit.now), today(visit.now))
    figures = await visit.look(lambda books: [*books.reports.queries(Scope(), day), *books.reports.answer_times(day)])
    asked = [(f.value, Verdict(f.verdict)) for f in figures if f.measure is Measure.QUERIES and f.verdict]
    grave = (VerdictClass.WARNING, VerdictClass.DANGER)
    times = {f.measure: f.value for f in figures if f.channel == "modem"} or {f.measure: f.value for f in figures}
    return {
        "answers": sum(value for value, _ in asked),
        "warned": sum(value for value, verdict in asked if class_of(verdict) in grave),
        "p50": times.get(Measure.ANSWER_P50),
        "p90": times.get(Measure.ANSWER_P90),
    }


def _texting(lines: Mapping[str, Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """Return the lines that carry texts; the hotline stands with the service's other parts."""
    return {account: line for account, line in lines.items() if line["kind"] != _CALLS}


async def _values(visit: Visit) -> dict[str, Any]:
    """Return what the parts of the page are made from."""
    begun = visit.site.clock.now()
    now: Now = await visit.look(lambda books: books.board.now(visit.now))
    took = visit.site.clock.now() - begun
    health = visit.site.health()
    lines = [_line(name, line, now.pauses.get(name)) for name, line in _texting(health.lines).items()]
    lines.sort(key=lambda line: (line["rank"], line["account"]))
    hotline = next((line for line in health.lines.values() if line["kind"] == _CALLS), None)
    queues = hotline["queues"].values() if hotline else ()
    feeds = sorted(now.feeds, key=lambda feed: feed.heard_at)
    return {
        "board": now,
        "lines": lines,
        "hotline": hotline,
        "calls": visit.site.hotline.running,
        "waiting": sum(waiting for waiting, *_ in queues),
        "others": [line for line in lines if line["ready"] and not line["paused"]],
        "broken": [line for line in lines if line["rank"] < 2],
        "feeds": feeds,
        "stale": [feed for feed in feeds if visit.now - feed.heard_at > FRESH],
        "sparks": {rate.channel: _spark(rate.minutes) for rate in now.rates},
        "took": took,
        "answering": health.answering,
        "depth": health.open_replies,
        "redis": health.redis,
        "hands": visit.user.role in _HANDS,
        "seconds": lambda at: max(0, math.ceil((at - visit.now).total_seconds())),
    }


def _wanted(exchange: Exchange, only: str) -> bool:
    if not only:
        return True
    kind = class_of(exchange.verdict) if exchange.verdict else None
    return kind is not None and kind.value in only.split(",")


async def show(visit: Visit) -> web.Response:
    """`GET /live`."""
    exchanges = await visit.look(lambda books: books.board.stream(None, visit.now, _ROWS))
    only = visit.request.query.get("only", "")
    return visit.render(
        "live.html",
        exchanges=[one for one in reversed(exchanges) if _wanted(one, only)],
        last=exchanges[-1].id if exchanges else UUID(int=0),
        only=only,
        sums=await _sums(visit),
        **await _values(visit),
    )


async def events(visit: Visit) -> web.StreamResponse:
    """`GET /live/events`: questions as they are answered, and the page's other parts where they changed."""
    after = _uuid(visit.request.headers.get("Last-Event-ID") or visit.request.query.get("after", ""))
    only = visit.request.query.get("only", "")
    stream = Stream(visit)
    shown: dict[str, str] = {}
    refreshed = visit.now - _BOARD
    try:
        await stream.open()
        async for _ in stream.ticks(News.ANSWERS, _EVERY, _LEAST):
            try:
                after = await _pass_on(visit, stream, after, only)
                if visit.now - refreshed >= _BOARD:
                    refreshed = visit.now
                    await _refresh(visit, stream, shown)
            except StoreDown:
                await stream.tell("away", {})
    except ConnectionError:  # the page was closed
        log.debug("nobody listens any more")
    return stream.response


async def _pass_on(visit: Visit, stream: Stream, after: UUID, only: str) -> UUID:
    fresh = await visit.look(lambda books: books.board.stream(after, visit.now, _ROWS))
    if fresh:
        after = fresh[-1].id
        rows = [visit.site.looks.render("live/exchange.html", visit, one=one) for one in fresh if _wanted(one, only)]
        await stream.tell("exchanges", {"rows": rows}, str(after))
    return after


async def _refresh(visit: Visit, stream: Stream, shown: dict[str, str]) -> None:
    values = await _values(visit)
    parts = {name: visit.site.looks.render(f"live/{name}.html", visit, **values) for name in _PARTS}
    changed = {name: html for name, html in parts.items() if shown.get(name) != html}
    shown.update(parts)
    await stream.tell("parts", {"parts": changed, "at": visit.now.astimezone(UTC).isoformat(timespec="seconds")})


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        return UUID(int=0)


def _message(visit: Visit) -> UUID:
    try:
        return UUID(visit.request.match_info["id"])
    except ValueError as err:
        raise Refusal(Why.UNKNOWN, "没有这条答复") from err


def _account(visit: Visit) -> str:
    account = visit.request.match_info["account"]
    if account not in _texting(visit.site.health().lines):
        raise Refusal(Why.UNKNOWN, "没有这条线路")
    return account


async def pause(visit: Visit) -> web.Response:
    """`POST /live/lines/{account}/pause`."""
    account, reason = _account(visit), visit.field("reason")
    await visit.act(lambda books: interventions.pause(books, visit.actor, account, reason, visit.now))
    said = visit._("{} 已暂停：只收不发，答复改由其他线路发").format(account)
    return visit.go("/live", said, Undo(f"/live/lines/{account}/resume"))


async def resume(visit: Visit) -> web.Response:
    """`POST /live/lines/{account}/resume`."""
    account = _account(visit)
    await visit.act(lambda books: interventions.resume(books, visit.actor, account, visit.now))
    return visit.go("/live", visit._("{} 已恢复收发").format(account))


async def set_aside(visit: Visit) -> web.Response:
    """`POST /live/replies/{id}/aside`."""
    message = _message(visit)
    await visit.act(lambda books: interventions.set_aside(books, visit.actor, message, visit.now))
    return visit.go("/live", visit._("这条答复不再发"), Undo(f"/live/replies/{message}/back"))


async def put_back(visit: Visit) -> web.Response:
    """`POST /live/replies/{id}/back`."""
    message = _message(visit)
    await visit.act(lambda books: interventions.set_aside(books, visit.actor, message, visit.now, back=True))
    return visit.go("/live")


async def send_again(visit: Visit) -> web.Response:
    """`POST /live/replies/{id}/again`: by the line named, or by its own."""
    message, account = _message(visit), visit.field("line")
    lines = _texting(visit.site.health().lines)
    if account and account not in lines:
        raise Refusal(Why.UNKNOWN, "没有这条线路")
    line = (str(lines[account]["kind"]), account) if account else None
    await visit.act(lambda books: interventions.send_again(books, visit.actor, message, line, visit.now))
    return visit.go("/live", visit._("5 秒后再发一次"), Undo(f"/live/replies/{message}/hold"))


async def hold_back(visit: Visit) -> web.Response:
    """`POST /live/replies/{id}/hold`."""
    message = _message(visit)
    await visit.act(lambda books: interventions.hold_back(books, visit.actor, message, visit.now))
    return visit.go("/live", visit._("没有发"))


PAGES = tuple(
    chain(
        (
            get("/live", show, roles=_VIEWERS, word=noted("实况"), entry=True),
            get("/live/events", events, roles=_VIEWERS, word=noted("实况"), quiet=True),
        ),
        (
            post(path, handler, roles=_HANDS, word=noted("实况"))
            for path, handler in (
                ("/live/lines/{account}/pause", pause),
                ("/live/lines/{account}/resume", resume),
                ("/live/replies/{id}/aside", set_aside),
                ("/live/replies/{id}/back", put_back),
                ("/live/replies/{id}/again", send_again),
                ("/live/replies/{id}/hold", hold_back),
            )
        ),
    )
)
