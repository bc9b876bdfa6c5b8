"""The bus of a process that is alone."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any, NoReturn
from weakref import WeakSet

from gateway.ports import News


class LocalBell:
    """`ports.Bell`: a ring that nobody waited for is kept for the next who waits."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def ring(self) -> None:
        """Let go of whoever waits."""
        self._event.set()

    async def rung(self, within: float) -> bool:
        """Wait for a ring since the last one, so many seconds at most."""
        try:
            async with asyncio.timeout(within):
                await self._event.wait()
        except TimeoutError:
            return False
        self._event.clear()
        return True


class LocalBus:
    """`ports.Bus` where nobody else is."""

    alone = True

    @property
    def shown(self) -> Mapping[str, Any] | None:
        """Return how Redis is, as plain values: `up`, `ms`, `error`, `waiting`; None: there is none."""
        return None

    def __init__(self) -> None:
        self._bells: defaultdict[News, WeakSet[LocalBell]] = defaultdict(WeakSet)

    async def run(self) -> NoReturn:
        """Do nothing until cancelled."""
        await asyncio.Event().wait()
        raise AssertionError("nobody sets it")

    def ring(self, news: News) -> None:
        """Wake whoever waits for this."""
        for bell in self._bells[news]:
            bell.ring()

    def bell(self, news: News) -> LocalBell:
        """Return what rings for this, for one who waits."""
        bell = LocalBell()
        self._bells[news].add(bell)
        return bell

    def rouse(self) -> None:
        """Ring all bells of this process."""
        for news in News:
            LocalBus.ring(self, news)

    def tell(self, topic: str, body: bytes) -> None:
        """Tell nobody."""

    def hear(self, topic: str, take: Callable[[bytes], None]) -> None:
        """Hear of nobody."""
