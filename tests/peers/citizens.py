"""Many people at once, each with a number and a question of his own, before a gateway on emulated modems."""

import asyncio
import itertools
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from gateway.emulators.modem.client import Answered
from tests.peers.modems import Modems


@dataclass(frozen=True, slots=True)
class Reply:
    """What one person got: `answer` None when nothing came; `at` by the monotonic clock."""

    sender: str
    modem: int
    at: float
    answer: Answered | None


@dataclass(slots=True)
class Citizens:
    """Ask through `modems`; `question` makes the n-th text. Numbers go up and never come again."""

    modems: Modems
    question: Callable[[int], str]
    patience: float = 150.0
    replies: list[Reply] = field(default_factory=list)
    asking: int = 0
    _numbers: "itertools.count[int]" = field(default_factory=itertools.count)

    async def ask(self, modem: int) -> Reply:
        """Have the next person ask one modem, and wait for what he reads."""
        number = next(self._numbers)
        sender = f"+86139{number:08}"
        self.asking += 1
        try:
            heard = await self.modems.control.text(sender, self.question(number), modem, limit=self.patience)
        finally:
            self.asking -= 1
        reply = Reply(sender, modem, time.monotonic(), heard.replies[0] if heard.replies else None)
        self.replies.append(reply)
        return reply

    @property
    def lost(self) -> int:
        """Return how many of those who asked got nothing."""
        return sum(reply.answer is None for reply in self.replies)

    @asynccontextmanager
    async def crowd(self, size: int) -> AsyncIterator[None]:
        """Keep `size` questions open, evenly over the modems; at the end wait until all open ones are answered."""
        enough = asyncio.Event()

        async def one(modem: int) -> None:
            while not enough.is_set():
                await self.ask(modem)

        async with asyncio.TaskGroup() as tasks:
            for place in range(size):
                tasks.create_task(one(place % len(self.modems.ports)))
            try:
                yield
            finally:
                enough.set()

    async def repeated(self) -> Counter[int]:
        """Return by modem how many segments reached a handset more than once."""
        asked = {reply.sender: reply.modem for reply in self.replies}
        again: Counter[int] = Counter()
        for number, handset in (await self.modems.control.handsets()).items():
            if number in asked:
                again[asked[number]] += len(handset.segments) - len(set(handset.segments))
        return again


async def until(condition: Callable[[], object], limit: float = 120.0) -> None:
    """Wait for what nothing announces; raises `TimeoutError` after `limit` seconds."""
    async with asyncio.timeout(limit):
        while not condition():  # noqa: ASYNC110 - replies are only counted
            await asyncio.sleep(0.005)
