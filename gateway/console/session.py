"""Who is signed in: a random token in a cookie, its SHA-256 in the database, and an end.

aiohttp-session was weighed: it would bring the cookie and a dictionary, and leave what matters here (an idle and an
absolute end, a list of them for admins, one that ends with its person) to a storage of ours all the same.
"""

import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from hmac import compare_digest, digest
from typing import Final

from aiohttp import web
from uuid_utils.compat import uuid7

from gateway.console.page import PREFIX
from gateway.filing.books import Archive
from gateway.filing.people import Session, User

COOKIE: Final = "fxc"
BEFORE: Final = "fxc_before"  # of a browser in which nobody is signed in: what its sign-in form is bound to
_TOKEN: Final = 32  # random octets
_LONGEST_TOKEN: Final = 64
# Between two notes that a session is in use.
NOTED: Final = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Sessions:
    """Opens, finds and ends them."""

    archive: Archive
    idle: timedelta
    longest: timedelta
    secure: bool  # the cookie goes over HTTPS only

    async def find(self, request: web.Request, now: datetime, *, quiet: bool) -> Session | None:
        """Return whose request it is; `quiet`: without keeping the session alive."""
        token = _token(request, COOKIE)
        if token is None:
            return None
        session = await self.archive.look(lambda books: books.users.session(_hash(token)))
        if session is None or session.over(now, self.idle):
            return None
        if not quiet and now - session.seen_at >= NOTED:
            await self.archive.act(lambda books: books.users.seen(session.id, now))
        return session

    def fresh(self, user: User, address: str, browser: str, now: datetime) -> tuple[Session, str]:
        """Return a new session and its token; neither is written yet."""
        session = Session(uuid7(), user, address[:45], browser[:200], now, now, now + self.longest)
        return session, secrets.token_urlsafe(_TOKEN)

    def remember(self, response: web.Response, token: str) -> None:
        """Give the browser its token."""
        self._set(response, COOKIE, token)
        response.del_cookie(BEFORE, path=PREFIX)

    def forget(self, response: web.Response) -> None:
        """Take it back."""
        response.del_cookie(COOKIE, path=PREFIX)

    def csrf(self, request: web.Request) -> str:
        """Return what a form of this browser must send along; empty where it has no token yet."""
        token = _token(request, COOKIE) or _token(request, BEFORE)
        return _derived(token, b"csrf") if token else ""

    def prepare(self, request: web.Request) -> tuple[str, str | None]:
        """Return the same for the sign-in form, and the token to give to the browser if it has none."""
        if known := self.csrf(request):
            return known, None
        token = secrets.token_urlsafe(_TOKEN)
        return _derived(token, b"csrf"), token

    def introduce(self, response: web.Response, token: str) -> None:
        """Give a browser in which nobody is signed in a token for its form."""
        self._set(response, BEFORE, token)

    def right_csrf(self, request: web.Request, sent: str) -> bool:
        """Return whether a form comes from a page of ours in this browser."""
        if request.headers.get("Sec-Fetch-Site", "same-origin") == "cross-site":
            return False
        known = self.csrf(request)
        return bool(known) and compare_digest(known.encode(), sent.encode("utf-8", "replace"))

    def sealed(self, request: web.Request, text: str) -> str:
        """Return a text that only this browser's own session can have written; see `unsealed`."""
        token = _token(request, COOKIE)
        return f"{text}.{_derived(token, b'text:' + text.encode())}" if token else ""

    def unsealed(self, request: web.Request, sealed: str) -> str:
        """Return the text again, empty where another wrote it."""
        text = sealed.rpartition(".")[0]
        return (
            text
            if text and compare_digest(self.sealed(request, text).encode(), sealed.encode("utf-8", "replace"))
            else ""
        )

    def _set(self, response: web.Response, name: str, token: str) -> None:
        response.set_cookie(name, token, path=PREFIX, httponly=True, samesite="Lax", secure=self.secure)


def hash_of(token: str) -> bytes:
    """Return what is kept of a token."""
    return _hash(token)


def _token(request: web.Request, name: str) -> str | None:
    token = request.cookies.get(name, "")
    return token if token.isascii() and 0 < len(token) <= _LONGEST_TOKEN else None


def _hash(token: str) -> bytes:
    return sha256(token.encode()).digest()


def _derived(token: str, purpose: bytes) -> str:
    return urlsafe_b64encode(digest(token.encode(), purpose, "sha256")).decode().rstrip("=")
