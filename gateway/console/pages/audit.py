"""The audit, newest first, with a filter in the address."""

import asyncio
from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web

from gateway.console import exporting
from gateway.console.deeds import about_in_words, deed_in_words, deed_of
from gateway.console.exporting import Grid
from gateway.console.page import get
from gateway.console.visit import Visit
from gateway.console.writing import noted, person, sheet_time
from gateway.domain.access import Role
from gateway.domain.calendar import today
from gateway.filing.books import Wanted

_ROWS: Final = 50
_MANY: Final = 9_000_000_000_000_000_000  # beyond all numbers
_WHO: Final = frozenset({Role.ADMIN, Role.REGULATOR})
_WORD: Final = "管理"
_HEADINGS: Final = (
    noted("号"),
    noted("时间"),
    noted("谁"),
    noted("做了什么"),
    noted("对什么"),
    noted("详情"),
)


def _filters(visit: Visit) -> dict[str, str]:
    query = visit.request.query
    text = {name: query.get(name, "").strip()[:160] for name in ("actor", "action", "subject")}
    return {**text, "action": deed_of(text["action"], visit._)}


async def show(visit: Visit) -> web.Response:
    """`GET /admin/audit`."""
    text, query = _filters(visit), visit.request.query
    before = int(query["before"]) if query.get("before", "").isascii() and query.get("before", "").isdigit() else _MANY
    wanted = Wanted(**text, before=min(before, _MANY), most=_ROWS + 1)
    entries = await visit.look(lambda books: books.audit.find(wanted))
    more = entries[_ROWS - 1]["seq"] if len(entries) > _ROWS else None
    return visit.render("audit.html", entries=entries[:_ROWS], filters=text, more=more, paged=before != _MANY)


async def table(visit: Visit) -> web.Response:
    """`GET /admin/audit.{kind}`: the same as a file."""
    wanted = Wanted(**_filters(visit), before=_MANY, most=exporting.MOST)
    entries = await visit.look(lambda books: books.audit.find(wanted))
    say = visit._
    rows = [
        [
            one["seq"], sheet_time(one["at"]), person(one["actor"]), deed_in_words(one["action"], say), one["subject"],
            _details(visit, one["detail"]),
        ]
        for one in entries
    ]  # fmt: skip
    grid = Grid(f"{say('审计')}-{today(visit.now)}", [say(word) for word in _HEADINGS], rows)
    await exporting.noted_in(visit, "audit", len(rows))
    return await asyncio.to_thread(exporting.download, grid, visit.request.match_info["kind"])


def _details(visit: Visit, detail: Mapping[str, Any]) -> str:
    given = ((name, value) for name, value in detail.items() if value is not None)
    return "；".join(f"{about_in_words(name, visit._)} {value}" for name, value in given)


PAGES = (
    get("/admin/audit", show, roles=_WHO, word=_WORD, entry=True),
    get("/admin/audit.{kind:csv|xlsx}", table, roles=_WHO, word=_WORD),
)
