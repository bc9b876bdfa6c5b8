"""Brings what the hotline counts into the database, every few seconds and once more at the end."""

import asyncio
import logging
from collections import Counter
from typing import Final, NoReturn

from gateway.domain.calendar import today
from gateway.domain.errors import StoreDown
from gateway.filing.books import Archive
from gateway.filing.flows import Left
from gateway.ports import Clock

log = logging.getLogger(__name__)

EVERY: Final = 3.0  # seconds
LAST: Final = 2.0  # seconds that the end of the service waits for the last of them


class Tally:
    """Counts ways out of steps; what the database could not take waits for the next time."""

    def __init__(self, archive: Archive, clock: Clock) -> None:
        self._archive, self._clock = archive, clock
        self._waiting: Counter[Left] = Counter()
        self._turn = asyncio.Lock()

    def count(self, flow: str, step: str, exit_: str) -> None:
        """Count one."""
        self._waiting[Left(flow, step, exit_)] += 1

    async def flush(self) -> None:
        """Write down what was counted since the last time."""
        async with self._turn:
            taken, self._waiting = self._waiting, Counter()
            if not taken:
                return
            day, kept = today(self._clock.now()), False
            try:
                await self._archive.act(lambda books: books.flows.add(day, taken))
                kept = True
            except StoreDown as err:
                log.debug("counts of calls wait", extra={"reason": str(err)})
            finally:
                if not kept:
                    self._waiting.update(taken)

    async def run(self) -> NoReturn:
        """Write again and again until cancelled."""
        while True:
            await asyncio.sleep(EVERY)
            await self.flush()

    async def end(self) -> None:
        """Write the last of them, once nobody counts any more."""
        try:
            async with asyncio.timeout(LAST):
                await self.flush()
        except TimeoutError:
            log.warning("the last counts of calls are lost", extra={"counts": self._waiting.total()})
