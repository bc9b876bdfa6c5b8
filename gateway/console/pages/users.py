"""People and their sessions, for admins."""

from collections import Counter
from http import HTTPStatus

from aiohttp import web
from uuid_utils.compat import uuid7

from gateway.console.page import ADMIN, get, post
from gateway.console.visit import Undo, Visit
from gateway.domain.access import Role
from gateway.domain.errors import Refusal, Why
from gateway.filing import users
from gateway.filing.people import PARTYLESS, ROLES, User
from gateway.filing.users import plain_name

_WORD = "管理"


async def show(visit: Visit) -> web.Response:
    """`GET /admin/users`: all people, and where they are signed in."""
    return await _shown(visit)


async def _shown(
    visit: Visit, fault: Refusal | None = None, given: tuple[str, str] | None = None, status: int = HTTPStatus.OK
) -> web.Response:
    people, sessions = await visit.look(lambda books: (books.users.all(), books.users.sessions()))
    open_ones = [one for one in sessions if not one.over(visit.now, visit.site.sessions.idle)]
    return visit.render(
        "users.html",
        status=status,
        people=people,
        sessions=open_ones,
        signed_in=Counter(one.user.name for one in open_ones),
        roles=ROLES,
        partyless=PARTYLESS,
        fault=fault,
        given=given,
        lasts=visit.site.one_time,
        form={name: visit.field(name) for name in ("name", "role", "party")},
    )


async def add(visit: Visit) -> web.Response:
    """`POST /admin/users`: let somebody in; his one-time password is shown once, on this page."""
    password = users.one_time_password()
    kept = await visit.site.gate.hashed(password)
    try:
        name, role = plain_name(visit.field("name")), _role(visit.field("role"))
        user = User(
            id=uuid7(),
            name=name,
            role=role,
            party=visit.field("party").strip() or None,
            password_hash=kept,
            must_change=True,
            theme="",
            locale="zh",
            keys=True,
            created_at=visit.now,
            created_by=visit.actor.name,
            disabled_at=None,
            password_until=visit.now + visit.site.one_time,
        )
        await visit.act(lambda books: users.add(books, visit.actor, user))
    except Refusal as err:
        return await _shown(visit, err, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    visit.form = {}
    return await _shown(visit, given=(name, password))


async def reset(visit: Visit) -> web.Response:
    """`POST /admin/users/{name}/reset`: a new one-time password."""
    name, password = visit.request.match_info["name"], users.one_time_password()
    kept = await visit.site.gate.hashed(password)
    await visit.act(lambda books: users.reset_password(books, visit.actor, name, kept, visit.now, visit.site.one_time))
    return await _shown(visit, given=(name, password))


async def disable(visit: Visit) -> web.Response:
    """`POST /admin/users/{name}/disable`."""
    name = visit.request.match_info["name"]
    await visit.act(lambda books: users.disable(books, visit.actor, name, visit.now))
    return visit.go("/admin/users", visit._("{} 已停用").format(name), Undo(f"/admin/users/{name}/enable"))


async def enable(visit: Visit) -> web.Response:
    """`POST /admin/users/{name}/enable`."""
    name = visit.request.match_info["name"]
    await visit.act(lambda books: users.enable(books, visit.actor, name, visit.now))
    return visit.go("/admin/users", visit._("{} 已启用").format(name))


def _role(text: str) -> Role:
    try:
        return Role(text)
    except ValueError as err:
        raise Refusal(Why.INVALID, "先选角色", "role") from err


PAGES = (
    get("/admin/users", show, roles=ADMIN, word=_WORD, entry=True),
    post("/admin/users", add, roles=ADMIN, word=_WORD),
    post("/admin/users/{name}/reset", reset, roles=ADMIN, word=_WORD),
    post("/admin/users/{name}/disable", disable, roles=ADMIN, word=_WORD),
    post("/admin/users/{name}/enable", enable, roles=ADMIN, word=_WORD),
)
