"""Processes of one service, in one: each has a bus of its own."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

from gateway.bus.local import LocalBus
from gateway.bus.opening import open_bus
from tests.peers.citizens import until

LIMIT: Final = 20.0  # seconds, on a loaded machine
_BARRIER: Final = "barrier"


class Nodes:
    """Buses that run; `url` None: one, of a process alone."""

    def __init__(self, url: str | None, tasks: asyncio.TaskGroup) -> None:
        self._url, self._tasks = url, tasks
        self._running: list[asyncio.Task[None]] = []
        self._passed: list[asyncio.Queue[bytes]] = []
        self.all: list[LocalBus] = []

    @property
    def shared(self) -> bool:
        """Return whether there may be several."""
        return self._url is not None

    async def join(self, wire: Callable[[LocalBus], None] = lambda bus: None) -> LocalBus:
        """Start one more; `wire` has it hear what it is to hear. Where there is a Redis, it answers."""
        bus, passed = open_bus(self._url), asyncio.Queue[bytes]()
        wire(bus)
        bus.hear(_BARRIER, passed.put_nowait)
        self._running.append(self._tasks.create_task(bus.run()))
        if not bus.alone:
            await up(bus)
        self.all.append(bus)
        self._passed.append(passed)
        return bus

    async def settle(self) -> None:
        """Wait until each has heard all that the others told."""
        async with asyncio.timeout(LIMIT):
            for number, bus in enumerate(self.all if self._url else ()):
                word = b"%d" % number
                bus.tell(_BARRIER, word)
                for place, passed in enumerate(self._passed):
                    while place != number and await passed.get() != word:
                        continue

    def end(self) -> None:
        """Cancel them."""
        for task in self._running:
            task.cancel()


@asynccontextmanager
async def nodes(url: str | None) -> AsyncIterator[Nodes]:
    """Give a service without processes yet."""
    async with asyncio.TaskGroup() as tasks:
        made = Nodes(url, tasks)
        try:
            yield made
        finally:
            made.end()


async def up(bus: LocalBus, *, is_: bool = True) -> None:
    """Wait until a bus has its Redis, or (`is_` false) notices that it is away."""
    await until(lambda: bool(bus.shown and bus.shown["up"]) is is_, LIMIT)
