"""Which verdicts citizens were told of late: words that nobody has read for a month may have a fault, or no use."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from gateway.filing.books import Archive

DAYS: Final = 30
_DAY: Final = timedelta(days=1)
_LATE: Final = timedelta(hours=1)  # so long after it came a question may be answered


@dataclass(slots=True)
class Usage:
    """Kept in memory: each day is looked at once, and from then on only what came since."""

    archive: Archive
    _told: dict[datetime, set[tuple[str | None, str]]] = field(default_factory=dict)  # by the hour it begins in
    _until: datetime | None = None
    _looking: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def lately(self, now: datetime) -> set[tuple[str | None, str]]:
        """Return the record types and verdicts that were told in the last `DAYS` days. Raises `StoreDown`."""
        async with self._looking:  # who else wants to know waits, and finds it done
            first = now - DAYS * _DAY
            at = max(self._until - _LATE, first) if self._until else first
            while at < now:
                ends = min(at + _DAY, now)
                told = await self.archive.look(lambda books, at=at, ends=ends: books.wordings.told(at, ends))  # type: ignore[misc] # bound now
                self._told.setdefault(at.replace(minute=0, second=0, microsecond=0), set()).update(told)
                at = self._until = ends
            self._forget(first)
            return set().union(*self._told.values())

    async def warm(self, now: datetime) -> None:
        """Look at what was never looked at, so that nobody has to wait for it."""
        if self._until is None and not self._looking.locked():
            await self.lately(now)

    def _forget(self, first: datetime) -> None:
        self._told = {at: told for at, told in self._told.items() if at >= first - _DAY}
