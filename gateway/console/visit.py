"""One request to the console, and what a page does with it."""

import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from http import HTTPStatus
from typing import Any, Final, TypeVar

from aiohttp import web
from multidict import MultiDictProxy

from gateway.console.page import PREFIX, Page
from gateway.console.site import Site
from gateway.domain.access import Actor
from gateway.filing.books import Books
from gateway.filing.people import Session, User

T = TypeVar("T")

LANGUAGES: Final = ("zh", "en")
_TOAST: Final = "fxc_said"
_PLACE: Final = re.compile(rf"{PREFIX}(?:/[^\\\s]*)?(?:\?[^\\\s]*)?\Z")


@dataclass(frozen=True, slots=True)
class Undo:
    """Where a form takes back what was just done, and what it sends."""

    path: str  # below /console
    fields: Mapping[str, str] = field(default_factory=dict)
    label: str = "撤销"


class Visit:
    """What a page's handler is given."""

    def __init__(self, request: web.Request, site: Site, page: Page | None, session: Session | None) -> None:
        self.request = request
        self.site = site
        self.page = page
        self.session = session
        self.now: datetime = site.clock.now()
        self.form: MultiDictProxy[Any] | Mapping[str, Any] = {}

    @property
    def user(self) -> User:
        """Return who visits."""
        if self.session is None:
            raise LookupError("nobody is signed in")
        return self.session.user

    @property
    def actor(self) -> Actor:
        """Return him as acts and the audit know him."""
        return self.user.actor

    @cached_property
    def locale(self) -> str:
        """Return the language of the page."""
        wanted = self.session.user.locale if self.session else self.request.query.get("lang", "zh")
        return wanted if wanted in LANGUAGES else "zh"

    @cached_property
    def _(self) -> Callable[[str], str]:
        """Say a sentence in the language of the page; it is written in Chinese."""
        return self.site.looks.gettext(self.locale)

    def field(self, name: str) -> str:
        """Return what was typed into a field of the form; line ends are as Python has them.

        U+0000 is left out: nobody types it, and PostgreSQL keeps no text that has one.
        """
        value = self.form.get(name, "")
        return value.replace("\r\n", "\n").replace("\0", "") if isinstance(value, str) else ""

    async def act(self, work: Callable[[Books], T]) -> T:
        """Run `work` in one transaction."""
        return await self.site.archive.act(work)

    async def look(self, work: Callable[[Books], T]) -> T:
        """Run `work` that only reads."""
        return await self.site.archive.look(work)

    def render(
        self,
        template: str,
        *,
        status: int = HTTPStatus.OK,
        **values: Any,  # noqa: ANN401 - for the template
    ) -> web.Response:
        """Return the page that a template makes."""
        # What a script asks for is part of a page: the page itself has yet to say what was done.
        toast = None if "X-CSRF-Token" in self.request.headers else self._heard()
        body = self.site.looks.render(template, self, toast=toast, **values)
        response = web.Response(
            text=body, status=status, content_type="text/html", headers=dict(self.site.looks.headers)
        )
        if toast:
            response.del_cookie(_TOAST, path=PREFIX)
        return response

    def go(self, path: str, said: str | None = None, undo: Undo | None = None) -> web.Response:
        """Lead to another page, as after each form; it opens with what was done, and how to undo it."""
        response = web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": f"{PREFIX}{path}"})
        response.headers.update(self.site.looks.headers)
        if said:
            told = {"text": said} | ({"path": undo.path, "fields": undo.fields, "label": undo.label} if undo else {})
            packed = urlsafe_b64encode(json.dumps(told, default=dict).encode()).decode()
            sealed, secure = self.site.sessions.sealed(self.request, packed), self.site.sessions.secure
            response.set_cookie(
                _TOAST, sealed, path=PREFIX, max_age=60, httponly=True, samesite="Strict", secure=secure
            )
        return response

    def _heard(self) -> Mapping[str, Any] | None:
        packed = self.site.sessions.unsealed(self.request, self.request.cookies.get(_TOAST, ""))
        if not packed:
            return None
        told: dict[str, Any] = json.loads(urlsafe_b64decode(packed))
        return {"path": "", "fields": {}, "label": "", **told}


def is_place(path: str) -> bool:
    """Return whether it is the address of a page of the console, and of nothing else."""
    return bool(_PLACE.match(path)) and "//" not in path and "/.." not in path
