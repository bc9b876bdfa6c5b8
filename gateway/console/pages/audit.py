"""The audit, newest first, with a filter in the address."""

from aiohttp import web

from gateway.console.deeds import deed_of
from gateway.console.page import get
from gateway.console.visit import Visit
from gateway.domain.access import Role
from gateway.filing.books import Wanted

_ROWS = 50
_MANY = 9_000_000_000_000_000_000  # beyond all numbers


async def show(visit: Visit) -> web.Response:
    """`GET /admin/audit`."""
    query = visit.request.query
    text = {name: query.get(name, "").strip()[:160] for name in ("actor", "action", "subject")}
    text["action"] = deed_of(text["action"], visit._)
    before = int(query["before"]) if query.get("before", "").isascii() and query.get("before", "").isdigit() else _MANY
    wanted = Wanted(**text, before=min(before, _MANY), most=_ROWS + 1)
    entries = await visit.look(lambda books: books.audit.find(wanted))
    more = entries[_ROWS - 1]["seq"] if len(entries) > _ROWS else None
    return visit.render("audit.html", entries=entries[:_ROWS], filters=text, more=more, paged=before != _MANY)


PAGES = (get("/admin/audit", show, roles=frozenset({Role.ADMIN, Role.REGULATOR}), word="管理", entry=True),)
