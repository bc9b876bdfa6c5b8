"""Server-sent events (HTML Living Standard 9.2): what a page is told while it is open."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from aiohttp import web

from gateway.console.visit import Visit

# A stream ends after this and is opened again by the browser: so nobody reads on whose session is over.
LONGEST: Final = timedelta(minutes=10)
_CHECKED: Final = timedelta(seconds=30)
_RETRY: Final = 3000  # milliseconds, after which a browser comes again


class Stream:
    """One open page."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        self.response = web.StreamResponse(
            headers={
                **visit.site.looks.headers,
                "Content-Type": "text/event-stream; charset=utf-8",
                "X-Accel-Buffering": "no",  # a proxy before us passes each event on at once
            }
        )

    async def open(self) -> None:
        """Begin; what was last told stands in the request's `Last-Event-ID`. Raises `ConnectionError`, as `tell`."""
        await self.response.prepare(self._visit.request)
        await self.response.write(f"retry: {_RETRY}\n\n".encode())

    async def tell(self, event: str, data: Mapping[str, Any], id_: str | None = None) -> None:
        """Send one. Raises `ConnectionError` when nobody listens."""
        # JSON has no line ends of its own, so one `data` line holds it.
        named = f"id: {id_}\n" if id_ else ""
        await self.response.write(f"{named}event: {event}\ndata: {json.dumps(data)}\n\n".encode())

    async def ticks(self, every: float) -> AsyncIterator[int]:
        """Count the turns, `every` so many seconds, as long as the visitor may listen and the service runs."""
        visit, turn = self._visit, 0
        begun = checked = visit.site.clock.now()
        while not visit.site.closing.is_set():
            now = visit.now = visit.site.clock.now()
            if now - begun > LONGEST:
                return
            if now - checked > _CHECKED:
                checked = now
                if not await self._may(now):
                    return
            yield turn
            turn += 1
            try:
                async with asyncio.timeout(every):
                    await visit.site.closing.wait()
            except TimeoutError:
                continue

    async def _may(self, now: datetime) -> bool:
        visit = self._visit
        session = await visit.site.sessions.find(visit.request, now, quiet=True)
        return session is not None and visit.page is not None and session.user.role in visit.page.roles
