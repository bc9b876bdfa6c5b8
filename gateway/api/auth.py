"""Whose key it is. A key is 256 random bits, so its SHA-256 is all that is kept or looked up."""

from collections import OrderedDict
from datetime import datetime, timedelta
from hashlib import sha256
from http import HTTPStatus
from typing import Protocol

from aiohttp import web

from gateway.api.problems import Refused
from gateway.domain.access import Actor, Role
from gateway.ports import Clock

# A key that is revoked works for so long at most.
FRESH = timedelta(seconds=5)
_MOST = 10_000  # keys remembered

_SCHEME = "bearer"


class Keyring(Protocol):
    """Who may use the interface."""

    async def actor(self, digest: bytes) -> Actor | None:
        """Return whose key has this SHA-256; None for one unknown or revoked. Raises `StoreDown`."""
        ...


class Doorkeeper:
    """Lets callers in by their keys; remembers good ones for a few seconds."""

    def __init__(self, keyring: Keyring, clock: Clock) -> None:
        self._keyring, self._clock = keyring, clock
        self._known: OrderedDict[bytes, tuple[datetime, Actor]] = OrderedDict()

    async def caller(self, request: web.Request, roles: frozenset[Role]) -> Actor | None:
        """Return who calls; None: without a key, where none is asked for.

        Raises `Refused`: 401 for a key that is missing or wrong, 403 for one of another role.
        """
        given = request.headers.getall("Authorization", [])
        if not given and not roles:
            return None
        scheme, _, key = given[0].strip().partition(" ") if len(given) == 1 else ("", "", "")
        actor = await self._actor(key.strip()) if scheme.lower() == _SCHEME else None
        if actor is None:
            # RFC 6750 §3: no error code where no key was sent
            challenge = 'Bearer error="invalid_token"' if given else "Bearer"
            detail = "密钥无效或已撤销" if given else "缺少密钥，请在请求头写明 Authorization: Bearer 密钥"
            raise Refused(HTTPStatus.UNAUTHORIZED, detail, headers={"WWW-Authenticate": challenge})
        if roles and actor.role not in roles and actor.role is not Role.ADMIN:
            raise Refused(HTTPStatus.FORBIDDEN, "此密钥无权使用该接口")
        return actor

    async def _actor(self, key: str) -> Actor | None:
        digest, now = sha256(key.encode("utf-8", "surrogateescape")).digest(), self._clock.now()
        seen = self._known.get(digest)
        if seen and timedelta(0) <= now - seen[0] < FRESH:
            return seen[1]
        actor = await self._keyring.actor(digest)
        self._known.pop(digest, None)
        if actor is not None:
            self._known[digest] = now, actor
            if len(self._known) > _MOST:
                self._known.popitem(last=False)
        return actor
