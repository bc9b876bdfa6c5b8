"""Every process speaks the words that are live: at once where it hears of them, else a second or two later."""

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Final, TypeAlias
from uuid import UUID

from gateway.domain.errors import StoreDown
from gateway.domain.proof import Published
from gateway.filing.books import Archive, Books
from gateway.filing.wordings import Wording
from gateway.ports import Bell, Clock

log = logging.getLogger(__name__)

EVERY: Final = 1.0  # seconds between two looks when nobody calls
_ALIVE: Final = 10  # looks after which a process says again that it is here

# Takes over words by record type and name, texts and speech; returns what did not compile.
Adopt: TypeAlias = Callable[[Published, Published], list[str]]


class Follower:
    """Watches the counter of what is live."""

    def __init__(self, archive: Archive, adopt: Adopt, holder: UUID | None, clock: Clock) -> None:
        self._archive, self._adopt, self._holder, self._clock = archive, adopt, holder, clock
        self._counter = -1
        self._faults: list[str] = []

    async def look(self) -> None:
        """Take over what is live, if it has changed. Raises `StoreDown`."""
        counter, live = await self._archive.look(self._changed)
        if live is None:
            return
        sms = {one.key: (one.version or 0, one.sms) for one in live}
        voice = {one.key: (one.version or 0, one.voice) for one in live if one.voice}
        self._faults = self._adopt(sms, voice)
        self._counter = counter
        for fault in self._faults:  # nobody is answered in words that do not compile; a person has to look
            log.error("published words cannot be used, the ones before them stay", extra={"reason": fault})
        if live:
            log.info("speaking in published words", extra={"counter": counter, "wordings": len(live)})
        await self._say(self._clock.now())

    async def run(self, bell: Bell) -> None:
        """Look again and again, and whenever the bell rings, until cancelled."""
        looks = 0
        while True:
            try:
                await self.look()
                looks += 1
                if looks % _ALIVE == 0:
                    await self._say(self._clock.now())
            except StoreDown as err:
                log.debug("cannot see which words are live", extra={"reason": str(err)})
            await bell.rung(EVERY)

    def _changed(self, books: Books) -> tuple[int, list[Wording] | None]:
        counter = books.wordings.counter()
        return counter, None if counter == self._counter else books.wordings.live()

    async def _say(self, now: datetime) -> None:
        holder, counter, faults = self._holder, self._counter, self._faults
        if holder is not None:
            await self._archive.act(lambda books: books.wordings.adopted(holder, counter, faults, now))
