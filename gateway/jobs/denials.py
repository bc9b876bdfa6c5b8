"""The deny list of each new day, and after each file: due dates pass without an event (DESIGN 4, Freshness)."""

import asyncio
from dataclasses import dataclass
from datetime import date, datetime

from gateway.domain.calendar import today
from gateway.filing.books import Archive
from gateway.filing.permits import judge_page

# Seconds between two pages: questions go first.
_BREATH = 0.05


@dataclass(slots=True)
class DailyJudging:
    """Judges everything again when the service starts, after each midnight of Asia/Shanghai and each imported file."""

    archive: Archive
    done: tuple[date, tuple[int, datetime | None]] | None = None  # the day, and the files known then

    async def round(self, now: datetime) -> int:
        """Return how many pages were judged; 0: nothing is new. Raises `StoreDown`; the next round begins anew."""
        state = today(now), await self.archive.look(lambda books: books.denials.imported())
        if self.done == state:
            return 0
        pages = 0
        after: str | None = ""
        while after is not None:
            after = await self._page(after, now)
            pages += 1
            await asyncio.sleep(_BREATH)
        self.done = state
        return pages

    async def _page(self, after: str, now: datetime) -> str | None:
        return await self.archive.act(lambda books: judge_page(books, after, now))
