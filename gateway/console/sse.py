"""Server-sent events (HTML Living Standard 9.2): what a page is told while it is open."""

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID
from weakref import WeakSet

from aiohttp import web

from gateway.domain.errors import Refusal, Why
from gateway.ports import News

if TYPE_CHECKING:
    from gateway.console.visit import Visit

# A stream ends after this and is opened again by the browser: so nobody reads on whose session is over.
LONGEST: Final = timedelta(minutes=10)
_CHECKED: Final = timedelta(seconds=30)
_RETRY: Final = 3000  # milliseconds, after which a browser comes again
# Each open page asks the database one to four times a second; a browser opens no more than six to a host (HTTP/1.1).
MOST: Final = 8  # of one person


class Streams:
    """The open pages of everybody."""

    def __init__(self) -> None:
        self._of: dict[UUID, WeakSet[Stream]] = defaultdict(WeakSet)

    def enter(self, stream: "Stream") -> None:
        """Count one. Raises `Refusal` (conflict) when its person has enough of them."""
        his = self._of[stream.user]
        if sum(one.alive for one in his) >= MOST:
            raise Refusal(Why.CONFLICT, "打开的实况页太多，关掉几个再看")
        his.add(stream)


class Stream:
    """One open page."""

    def __init__(self, visit: "Visit") -> None:
        self._visit = visit
        self.user = visit.user.id
        self.response = web.StreamResponse(
            headers={
                **visit.site.looks.headers,
                "Content-Type": "text/event-stream; charset=utf-8",
                "X-Accel-Buffering": "no",  # a proxy before us passes each event on at once
            }
        )

    @property
    def alive(self) -> bool:
        """Return whether somebody is still there."""
        transport = self._visit.request.transport
        return transport is not None and not transport.is_closing()

    async def open(self) -> None:
        """Begin; what was last told stands in the request's `Last-Event-ID`.

        Raises `ConnectionError`, as `tell`, and `Refusal` when its person has too many open.
        """
        self._visit.site.streams.enter(self)
        await self.response.prepare(self._visit.request)
        await self.response.write(f"retry: {_RETRY}\n\n".encode())

    async def tell(self, event: str, data: Mapping[str, Any], id_: str | None = None) -> None:
        """Send one. Raises `ConnectionError` when nobody listens."""
        # JSON has no line ends of its own, so one `data` line holds it.
        named = f"id: {id_}\n" if id_ else ""
        await self.response.write(f"{named}event: {event}\ndata: {json.dumps(data)}\n\n".encode())

    async def ticks(self, news: News, every: float, least: float) -> AsyncIterator[None]:
        """Give a turn at news, and `every` so many seconds without, as long as the visitor may listen.

        Between two turns there are `least` so many seconds. It ends when the service does, too.
        """
        visit, bell = self._visit, self._visit.site.bus.bell(news)
        begun = checked = visit.site.clock.now()
        while self.alive and not visit.site.closing.is_set():
            now = visit.now = visit.site.clock.now()
            if now - begun > LONGEST:
                return
            if now - checked > _CHECKED:
                checked = now
                if not await self._may(now):
                    return
            yield
            with suppress(TimeoutError):
                async with asyncio.timeout(least):
                    await visit.site.closing.wait()
            await bell.rung(every - least)  # whoever ends the service rings

    async def _may(self, now: datetime) -> bool:
        visit = self._visit
        session = await visit.site.sessions.find(visit.request, now, quiet=True)
        return session is not None and visit.page is not None and session.user.role in visit.page.roles
