"""Signing in, choosing a password, signing out."""

import logging
from http import HTTPStatus
from typing import Final

from aiohttp import web

from gateway.console.page import PREFIX, get, post
from gateway.console.session import hash_of
from gateway.console.throttle import WINDOW_MINUTES
from gateway.console.visit import Visit, is_place
from gateway.console.writing import noted
from gateway.domain.errors import Refusal, Why
from gateway.filing import users
from gateway.filing.books import Books
from gateway.filing.people import Session, User
from gateway.filing.users import check_password, plain_name

log = logging.getLogger(__name__)

_LAPSED: Final = noted("一次性密码过了有效期，不能再用。请管理员重置密码，用新的登录")


async def show(visit: Visit) -> web.Response:
    """`GET /login`."""
    return _form(visit)


async def sign_in(visit: Visit) -> web.Response:
    """`POST /login`: in, or the form again with how many tries are left."""
    name, password = _name(visit), visit.field("password")
    address = visit.site.address(visit.request)
    throttle = visit.site.throttle
    if not throttle.admit(name, address, visit.now):
        text = visit._("试得太多了，{} 分钟后再试").format(WINDOW_MINUTES)
        return _form(visit, name=name, fault=text, status=HTTPStatus.TOO_MANY_REQUESTS)
    user = await visit.look(lambda books: books.users.named(name)) if name else None
    usable = user if user and user.disabled_at is None else None
    if not await visit.site.gate.fits(usable.password_hash if usable else None, password[: users.LONGEST_PASSWORD]):
        await _note_refused(visit, user, address)
        left = throttle.left(name, address)
        text = visit._("用户名或密码不对，还可试 {} 次").format(left)
        return _form(visit, name=name, fault=text, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    assert usable is not None  # noqa: S101 - a password fits nobody who is not there
    throttle.succeeded(name, address)
    if usable.lapsed(visit.now):
        await _note_refused(visit, user, address)
        return _form(visit, name=name, fault=visit._(_LAPSED), status=HTTPStatus.UNPROCESSABLE_ENTITY)
    return await _open(visit, usable, address)


async def _open(visit: Visit, user: User, address: str) -> web.Response:
    sessions, now = visit.site.sessions, visit.now
    browser = visit.request.headers.get("User-Agent", "").encode("utf-8", "replace").decode()  # it may be any bytes
    session, token = sessions.fresh(user, address, browser, now)

    def work(books: Books) -> None:
        books.users.tidy(now, sessions.idle)
        books.users.open_session(session, hash_of(token))
        books.audit.note(now, user.actor.name, "signed in", f"user/{user.name}", address=address)

    await visit.act(work)
    target = visit.field("next")
    response = visit.go("" if not is_place(target) else target.removeprefix(PREFIX))
    sessions.remember(response, token)
    return response


async def sign_out(visit: Visit) -> web.Response:
    """`POST /logout`."""
    session = _session(visit)

    def work(books: Books) -> None:
        books.users.end_session(session.id)
        books.audit.note(visit.now, visit.actor.name, "signed out", f"user/{visit.user.name}")

    await visit.act(work)
    response = visit.go("/login")
    visit.site.sessions.forget(response)
    return response


async def password(visit: Visit) -> web.Response:
    """`GET /password`."""
    return visit.render("password.html", fault=None)


async def change(visit: Visit) -> web.Response:
    """`POST /password`: another password, and no other session."""
    user, new, session = visit.user, visit.field("new"), _session(visit)
    fault = await _fault(visit)
    if fault:
        return visit.render("password.html", fault=fault, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    kept = await visit.site.gate.hashed(new)
    await visit.act(lambda books: users.change_password(books, user, kept, session.id, visit.now))
    return visit.go("" if user.must_change else "/me", visit._("密码已换，别处的登录都已结束"))


async def _fault(visit: Visit) -> Refusal | None:
    """Return what is wrong with what was typed."""
    user, old, new = visit.user, visit.field("old"), visit.field("new")
    throttle, address = visit.site.throttle, visit.site.address(visit.request)
    if not throttle.admit(user.name, address, visit.now):
        return Refusal(Why.FORBIDDEN, "试得太多了，过 10 分钟再试")
    if not await visit.site.gate.fits(user.password_hash, old[: users.LONGEST_PASSWORD]):
        return Refusal(Why.INVALID, "现在的密码不对", "old")
    throttle.succeeded(user.name, address)
    if user.lapsed(visit.now):
        return Refusal(Why.FORBIDDEN, _LAPSED)
    try:
        check_password(new, user.name)
    except Refusal as err:
        return err
    if new == old:
        return Refusal(Why.INVALID, "新密码和现在的一样，换一个", "new")
    return None if new == visit.field("again") else Refusal(Why.INVALID, "两次输入的新密码不一样", "again")


def _session(visit: Visit) -> Session:
    assert visit.session is not None  # noqa: S101 - the frame has seen to it
    return visit.session


def _form(visit: Visit, *, name: str = "", fault: str | None = None, status: int = HTTPStatus.OK) -> web.Response:
    target = visit.request.query.get("next", "") or visit.field("next")
    csrf, token = visit.site.sessions.prepare(visit.request)
    response = visit.render(
        "login.html", status=status, name=name, fault=fault, csrf=csrf, next=target if is_place(target) else ""
    )
    if token:
        visit.site.sessions.introduce(response, token)
    return response


def _name(visit: Visit) -> str:
    try:
        return plain_name(visit.field("name"))
    except Refusal:
        return ""


async def _note_refused(visit: Visit, user: User | None, address: str) -> None:
    who = f"user/{user.name}" if user else "user"  # what else was typed may be a password in the wrong field
    log.warning("sign-in refused", extra={"who": who, "address": address})
    await visit.act(lambda books: books.audit.note(visit.now, "nobody", "sign-in refused", who, address=address))


PAGES = (
    get("/login", show, open=True),
    post("/login", sign_in, open=True),
    post("/logout", sign_out, first=True),
    get("/password", password, first=True),
    post("/password", change, first=True),
)
