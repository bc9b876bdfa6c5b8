"""Sends under way: each a task of its own, whose outcome waits here until the writer takes it."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterator

from gateway.domain.outcome import Outcome, Uncertain
from gateway.pipeline.lines import Start
from gateway.ports import Channel

log = logging.getLogger(__name__)

# Seconds that sends under way may take when the service ends; a longer one is uncertain.
DRAIN = 5.0


class Sends:
    """Owns the tasks that send. `wake` is called when there is an outcome to take."""

    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake = wake
        self._tasks: set[asyncio.Task[None]] = set()
        self._outcomes: deque[tuple[Start, Outcome]] = deque()

    def __len__(self) -> int:
        """Return how many outcomes wait to be taken."""
        return len(self._outcomes)

    def start(self, channel: Channel, start: Start) -> None:
        """Send a stored segment."""
        task = asyncio.get_running_loop().create_task(self._send(channel, start), name=f"send {channel.account}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def outcomes(self) -> Iterator[tuple[Start, Outcome]]:
        """Take the outcomes that are there."""
        while self._outcomes:
            yield self._outcomes.popleft()

    async def drain(self) -> None:
        """Wait a little for what is under way, then give it up: a channel says what became of it."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=DRAIN)
        await self.give_up()

    async def give_up(self) -> None:
        """Wait for nothing that is under way."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _send(self, channel: Channel, start: Start) -> None:
        try:
            outcome = await channel.send(start.message.submission(start.segment))
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            outcome = Uncertain("the channel gave up waiting")  # cancelled from within, as by a session that closes
        except Exception:
            # A channel that breaks its contract must not lose a reply: what it did is unknown.
            log.exception("a channel failed", extra={"account": channel.account, "segment": str(start.segment.id)})
            outcome = Uncertain("the channel failed")
        self._outcomes.append((start, outcome))
        self._wake()
