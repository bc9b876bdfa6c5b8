"""The pages a citizen sees: a field for a code, and what stands behind a label's QR. Plain HTML, no scripts."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from http import HTTPStatus
from importlib import resources
from typing import Any
from urllib.parse import parse_qs, quote

from aiohttp import web
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from gateway.api.asking import Answer, Asker, Asking
from gateway.api.bodies import received
from gateway.api.frame import refusal
from gateway.api.looks import EQUIPMENT, LOST, Look, look_of
from gateway.api.visitor import Visitors
from gateway.domain.address import Address
from gateway.domain.calendar import full_moment
from gateway.domain.code import grouped, is_digits
from gateway.domain.reply import Plain
from gateway.domain.verdict import Verdict
from gateway.ports import First

_FRONT = "/"
# Whatever people type; aiohttp's own pattern of a name leaves braces out.
_CODE = "/q/{code:[^/]+}"
# A form with one field.
_MOST_BYTES = 4096

_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; base-uri 'none';"
        " frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
}
# What of a problem's headers a page keeps.
_KEPT = ("Allow", "Retry-After")
_FOREVER = "public, max-age=31536000, immutable"
_TYPES = {
    "liquor": "河套酒",
    "flour": "小麦粉",
    "tomato": "番茄制品",
    "melon": "瓜果",
    "meat": "肉品",
    "lpg": "液化气瓶",
    "vehicle": "车用气瓶",
    "station": "充装站",
    "lift": "电梯",
}
# What our own texts call a telephone: a landline, a 400 number, a mobile, the report numbers.
_PHONE = re.compile(
    r"(?<![0-9-])(?:0[0-9]{2,3}-[0-9]{7,8}|400-[0-9]{3,4}-[0-9]{3,4}|1[3-9][0-9]{9}|123[14]5)(?![0-9-])"
)


@dataclass(frozen=True, slots=True)
class Pages:
    """Serves them."""

    asking: Asking
    visitors: Visitors
    environment: Environment
    style: bytes
    sheet: str  # the address of the style

    async def front(self, request: web.Request) -> web.Response:
        """`GET /`: the field."""
        return self._page(request, "front.html")

    async def find(self, request: web.Request) -> web.Response:
        """`GET /q?code=…`: go to the code's own page."""
        raise web.HTTPSeeOther(_place(request.query.get("code", "")))

    async def submit(self, request: web.Request) -> web.Response:
        """`POST /q`, what the field sends: ask at the code's own page. 307 keeps it a POST (RFC 9110 §15.4.8)."""
        form = parse_qs((await received(request, _MOST_BYTES)).decode(errors="replace"))
        place = _place(form.get("code", [""])[0])
        raise web.HTTPTemporaryRedirect(place) if place != _FRONT else web.HTTPSeeOther(place)

    async def look(self, request: web.Request) -> web.Response:
        """`GET /q/{code}`: what may be told without counting; a button where that is nothing."""
        text = request.match_info["code"]
        answer = await self.asking.look(text, self._asker(request))
        return self._answer(request, text, answer)

    async def ask(self, request: web.Request) -> web.Response:
        """`POST /q/{code}`: count and tell."""
        text = request.match_info["code"]
        answer = await self.asking.ask(text, self._asker(request))
        assert not isinstance(answer, First)  # noqa: S101 - asked without a key to remember it by
        return self._answer(request, text, answer)

    async def css(self, _: web.Request) -> web.Response:
        """Return the style sheet; its name changes with it."""
        headers = {"Cache-Control": _FOREVER, "X-Content-Type-Options": "nosniff"}
        return web.Response(body=self.style, content_type="text/css", charset="utf-8", headers=headers)

    def sorry(self, err: Exception, request: web.Request) -> web.Response:
        """Return what a citizen reads when there is nothing else to show, whatever went wrong."""
        problem = refusal(err, request)
        look = _look_of(problem.status)
        page = self._page(request, "sorry.html", look=look, lost=look is LOST)
        page.set_status(problem.status)
        page.headers.update({name: problem.headers[name] for name in _KEPT if name in problem.headers})
        return page

    def routes(self) -> list[web.RouteDef]:
        """Return where they are."""
        return [
            web.get(_FRONT, self.front),
            web.get("/q", self.find),
            web.get("/q/", self.find),
            web.post("/q", self.submit),
            web.post("/q/", self.submit),
            web.get(_CODE, self.look),
            web.post(_CODE, self.ask),
            web.get(self.sheet, self.css),
        ]

    def _asker(self, request: web.Request) -> Asker:
        visitors = self.visitors
        address = visitors.address(request)
        querier = visitors.browser(request) or visitors.identities.querier(Address(""))
        return Asker("web", address, querier, visitors.of_address(address))

    def _answer(self, request: web.Request, text: str, answer: Answer) -> web.Response:
        if answer.verdict is None:
            kind = _TYPES.get(answer.record_type or "")
            return self._page(request, "confirm.html", here=_place(text), code=_shown(answer.code), kind=kind)
        return self._page(
            request,
            "answer.html",
            answer=answer,
            look=look_of(answer.verdict, answer.record_type, answer.reasons),
            code=_shown(answer.code),
            kind=_TYPES.get(answer.record_type or ""),
            first_at=full_moment(answer.first_queried_at) if answer.first_queried_at else None,
            data_as_of=full_moment(answer.data_as_of) if answer.data_as_of else None,
            equipment=answer.record_type in EQUIPMENT,
            again=answer.verdict in (Verdict.MALFORMED, Verdict.WRONG_KIND),
        )

    def _page(self, request: web.Request, name: str, **values: Any) -> web.Response:  # noqa: ANN401 - for the template
        body = self.environment.get_template(name).render(values)
        response = web.Response(text=body, content_type="text/html", headers=_HEADERS)
        self.visitors.remember(request, response)
        return response


def build(asking: Asking, visitors: Visitors, values: Mapping[str, Plain]) -> Pages:
    """Return all pages; `values` are what every one may say (hotline, report_number, …)."""
    style = resources.files("gateway.api").joinpath("static", "public.css").read_bytes()
    sheet = f"/static/public-{sha256(style).hexdigest()[:12]}.css"
    environment = Environment(
        loader=PackageLoader("gateway.api"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(values, sheet=sheet)
    environment.filters["dialable"] = dialable
    return Pages(asking, visitors, environment, style, sheet)


def dialable(text: str) -> Markup:
    """Return the text as HTML in which a tap on a telephone number calls it."""
    escaped = str(escape(text))
    return Markup(_PHONE.sub(lambda phone: f'<a href="tel:{phone[0]}">{phone[0]}</a>', escaped))  # noqa: S704 - escaped


def _place(text: str) -> str:
    code = text.strip()
    return f"/q/{quote(code, safe='', errors='replace')}" if code.strip(".") else _FRONT


def _look_of(status: int) -> Look:
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return look_of(Verdict.RATE_LIMITED, None)
    return LOST if status < HTTPStatus.INTERNAL_SERVER_ERROR else look_of(Verdict.UNAVAILABLE, None)


def _shown(code: str | None) -> str | None:
    return grouped(code) if code and is_digits(code) and len(code) > 6 else code
