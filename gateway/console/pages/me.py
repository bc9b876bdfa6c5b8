"""What a person may set for himself: colours, language, shortcuts; where he is signed in."""

from uuid import UUID

from aiohttp import web

from gateway.console.page import PREFIX, get, post
from gateway.console.visit import LANGUAGES, Visit, is_place
from gateway.domain.errors import Refusal, Why
from gateway.filing import users

THEMES = ("", "light", "dark")


async def show(visit: Visit) -> web.Response:
    """`GET /me`."""
    mine = await visit.look(lambda books: books.users.sessions(visit.user.id))
    idle = visit.site.sessions.idle
    return visit.render("me.html", sessions=[one for one in mine if not one.over(visit.now, idle)])


async def set_taste(visit: Visit) -> web.Response:
    """`POST /me/taste`: what is sent is changed, the rest stays; back to where he was."""
    user = visit.user
    theme = visit.field("theme") if "theme" in visit.form else user.theme
    locale = visit.field("locale") if "locale" in visit.form else user.locale
    keys = visit.field("keys") == "1" if "keys" in visit.form else user.keys
    if theme not in THEMES or locale not in LANGUAGES:
        raise Refusal(Why.INVALID, "没有这个选项")
    await visit.act(lambda books: books.users.set_taste(user.id, theme, locale, keys=keys))
    back = visit.field("back")
    return visit.go(back.removeprefix(PREFIX) if is_place(back) else "/me")


async def end_session(visit: Visit) -> web.Response:
    """`POST /me/sessions/{id}/end`: sign a browser out; an admin also another person's."""
    id_ = UUID(visit.request.match_info["id"])
    await visit.act(lambda books: users.end_session(books, visit.actor, id_, visit.now))
    back = visit.field("back")
    return visit.go(back.removeprefix(PREFIX) if is_place(back) else "/me", visit._("那里的登录已结束"))


PAGES = (
    get("/me", show),
    post("/me/taste", set_taste, first=True),
    post("/me/sessions/{id:[0-9a-f-]{36}}/end", end_session),
)
