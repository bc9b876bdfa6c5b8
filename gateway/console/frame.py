"""What every request goes through: who is it, may he, does the form come from our page; then the page, safely."""

import asyncio
import logging
from http import HTTPStatus
from typing import Final
from urllib.parse import quote

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from gateway.console import exporting
from gateway.console.page import PREFIX, Handler, Page
from gateway.console.site import Site
from gateway.console.tabling import grid_of
from gateway.console.throttle import Noise
from gateway.console.visit import Visit
from gateway.domain.errors import Refusal, StoreDown, Why
from gateway.filing.people import Session

log = logging.getLogger(__name__)

_STATUS: Final = {
    Why.INVALID: HTTPStatus.UNPROCESSABLE_ENTITY,
    Why.FORBIDDEN: HTTPStatus.FORBIDDEN,
    Why.UNKNOWN: HTTPStatus.NOT_FOUND,
    Why.CONFLICT: HTTPStatus.CONFLICT,
}
# Seconds for a form, to which a large one gets more by its size: who sends a byte now and then is not waited for.
_LONGEST: Final = 30
_SLOWEST: Final = 32 * 1024  # bytes a second


class Frame:
    """Serves pages."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._noise = Noise()

    def handler(self, page: Page) -> "object":
        """Return what aiohttp calls for a page."""

        async def handle(request: web.Request) -> web.StreamResponse:
            return await self._safely(request, page)

        return handle

    async def nothing(self, request: web.Request) -> web.StreamResponse:
        """Answer for an address below `/console` at which there is no page."""
        return await self._safely(request, None)

    async def _safely(self, request: web.Request, page: Page | None) -> web.StreamResponse:
        session: Session | None = None
        try:
            session = await self._site.sessions.find(
                request, self._site.clock.now(), quiet=page is not None and page.quiet
            )
            return await self._serve(request, page, session)
        except web.HTTPRedirection:
            raise
        except Exception as err:  # whoever asks is told on a page, and it costs this request only
            return self._sorry(err, request, session)

    async def _serve(self, request: web.Request, page: Page | None, session: Session | None) -> web.StreamResponse:
        if page is not None and request.method == "POST":
            request = request.clone(client_max_size=page.most_bytes)
        visit = Visit(request, self._site, page, session)
        if page is None or not page.open:
            if session is None:
                return self._to_sign_in(request)
            if page is None or _unheard_of(request):
                raise Refusal(Why.UNKNOWN, "没有这个页面")
            if session.user.role not in page.roles:
                await self._note(visit, "page refused")
                raise Refusal(Why.UNKNOWN, "没有这个页面")
            if session.user.must_change and not page.first:
                return visit.go("/password")
        if request.method == "POST":
            await self._take_form(visit)
        response = await _of(page)(visit)
        return await _as_file(visit, response) if "as" in request.query else response

    async def _take_form(self, visit: Visit) -> None:
        """Read the form and see whether it is ours. Raises `Refusal`."""
        await _read(visit)
        sent = visit.request.headers.get("X-CSRF-Token") or visit.field("csrf")
        if not self._site.sessions.right_csrf(visit.request, sent):
            await self._note(visit, "form refused")
            raise Refusal(Why.FORBIDDEN, "页面已过期，或不是从本控制台提交的。返回上一页，刷新后再试")

    async def _note(self, visit: Visit, what: str) -> None:
        who = visit.actor.name if visit.session else "nobody"
        route = visit.request.match_info.route.resource
        where = route.canonical if route else "-"
        known = visit.actor.name if visit.session else None
        if not self._noise.worth(known, self._site.address(visit.request), visit.now):
            return
        log.warning(what, extra={"who": who, "page": where})
        await visit.act(lambda books: books.audit.note(visit.now, who, what, where[:160], method=visit.request.method))

    def _to_sign_in(self, request: web.Request) -> web.Response:
        if request.method != "GET" or request.headers.get("Sec-Fetch-Mode", "navigate") != "navigate":
            return web.Response(status=HTTPStatus.UNAUTHORIZED, text="登录已结束，请重新登录", headers=self._headers)
        target = f"?next={quote(request.path_qs, safe='/')}" if request.path != PREFIX else ""
        return web.Response(
            status=HTTPStatus.SEE_OTHER, headers={**self._headers, "Location": f"{PREFIX}/login{target}"}
        )

    @property
    def _headers(self) -> dict[str, str]:
        return dict(self._site.looks.headers)

    def _sorry(self, err: Exception, request: web.Request, session: Session | None) -> web.Response:
        visit = Visit(request, self._site, None, session)
        status, text = _told(err)
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            route = request.match_info.route.resource
            where = {"page": route.canonical if route else "-"}
            if isinstance(err, StoreDown):
                log.error("a page could not be shown: the database is away", extra=where)
            else:
                log.error("a page failed", extra=where, exc_info=err)
        return visit.render("sorry.html", status=status, code=int(status), text=visit._(text))


async def _as_file(visit: Visit, response: web.StreamResponse) -> web.StreamResponse:
    """Return one table of a page as a file: `as` names the kind, `table` its section. Raises `Refusal`."""
    query = visit.request.query
    if not isinstance(response, web.Response) or response.content_type != "text/html" or not response.text:
        return response
    grid = grid_of(response.text, query.get("table", "")[:40])
    if grid is None:
        raise Refusal(Why.UNKNOWN, "没有这张表，或表里还没有东西")
    # By its pattern: an address may hold a covert code.
    where = visit.page.path if visit.page else "-"
    await exporting.noted_in(visit, f"{where}#{query.get('table', '')}"[:120], len(grid.rows))
    return exporting.download(grid, query["as"])


def _unheard_of(request: web.Request) -> bool:
    """Return whether an address has U+0000 in it, which PostgreSQL takes in no text."""
    return any("\0" in value for value in (*request.match_info.values(), *request.query.values()))


async def _read(visit: Visit) -> None:
    """Read the form. Raises aiohttp's exceptions for one that is too long, too slow, or none."""
    most = visit.page.most_bytes if visit.page else 0
    try:
        async with asyncio.timeout(_LONGEST + most / _SLOWEST):
            visit.form = await visit.request.post()
    except TimeoutError as err:
        raise web.HTTPRequestTimeout from err
    except (ValueError, LookupError, AssertionError, RuntimeError, HttpProcessingError) as err:  # what aiohttp finds
        # in a body: no charset, no boundary, no parts, no names, encodings that there are not
        raise web.HTTPBadRequest from err


def _of(page: Page | None) -> Handler:
    assert page is not None  # noqa: S101 - the caller has seen to it
    return page.handler


def _told(err: Exception) -> tuple[HTTPStatus, str]:
    match err:
        case Refusal():
            return _STATUS[err.why], str(err)
        case StoreDown():
            return (
                HTTPStatus.SERVICE_UNAVAILABLE,
                "数据库暂时连不上。短信和电话照常受理，恢复后自动补答；请过一会儿再试",
            )
        case web.HTTPRequestEntityTooLarge():
            return HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "内容太大"
        case web.HTTPException() if err.status < HTTPStatus.INTERNAL_SERVER_ERROR:
            return HTTPStatus(err.status), "没有这个页面" if err.status == HTTPStatus.NOT_FOUND else "这个请求不成立"
        case web.RequestPayloadError():
            return HTTPStatus.BAD_REQUEST, "内容没有传完"
        case _:
            return HTTPStatus.INTERNAL_SERVER_ERROR, "系统内部错误，已记录。请再试一次；还不行就告诉管理员"
