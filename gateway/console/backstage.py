"""Where the console's long work runs."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Backstage:
    """Where long work runs: owned by the service, so that it ends with it."""

    _waiting: "asyncio.Queue[Callable[[], Coroutine[Any, Any, None]]]" = field(default_factory=asyncio.Queue)

    def start(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Have it run behind."""
        self._waiting.put_nowait(work)

    async def run(self) -> None:
        """Run what is started, two at a time, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for _ in range(2):
                tasks.create_task(self._serve(), name="backstage")

    async def _serve(self) -> None:
        while True:
            work = await self._waiting.get()
            try:
                await work()
            except Exception:  # the next one must run all the same
                log.exception("work behind the console failed")
