"""A channel without a wire: for development, for benchmarks, and the reference of what every channel must do."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import NoReturn, TypeAlias

from gateway.domain.address import Address
from gateway.domain.errors import StoreDown
from gateway.domain.message import Submission
from gateway.domain.outcome import Accepted, Deferred, Outcome, Uncertain
from gateway.ports import Deliver, Inbound

# What the far end says to a segment; the default takes everything.
Respond: TypeAlias = Callable[[Submission], Awaitable[Outcome]]

# So many segments are remembered: enough for a test to look at, too few to fill a day's memory.
_REMEMBERED = 10_000


@dataclass(slots=True)
class LoopbackFaults:
    """Switches that may be thrown while the channel runs."""

    down: bool = False  # the far end is gone: nothing is tried
    silent: bool = False  # the far end takes segments and says nothing


@dataclass(frozen=True, slots=True, eq=False)
class Arrival:
    """One item on its way in; `acknowledged` is set once the gateway has stored it and the far end may forget it."""

    item: Inbound
    acknowledged: asyncio.Event = field(default_factory=asyncio.Event)


class LoopbackChannel:
    """Implements `ports.Channel` in memory. What it was given to send last stands in `sent`."""

    def __init__(
        self,
        account: str = "loopback",
        *,
        window: int = 16,
        daily_limit: int | None = None,
        respond: Respond | None = None,
        silence: float = 0.05,
        bring_again: float = 0.05,
    ) -> None:
        """`silence`: seconds until an answer counts as missing; `bring_again`: until an unstored item comes again."""
        self.faults = LoopbackFaults()
        self.sent: deque[Submission] = deque(maxlen=_REMEMBERED)  # the last ones, oldest first
        self._count = 0
        self._account = account
        self._window = window
        self._daily_limit = daily_limit
        self._respond = respond
        self._silence = silence
        self._bring_again = bring_again
        self._arrivals: deque[Arrival] = deque()
        self._some = asyncio.Event()
        self._running = False

    @property
    def kind(self) -> str:
        """Return `loopback`."""
        return "loopback"

    @property
    def account(self) -> str:
        """Return its name."""
        return self._account

    @property
    def window(self) -> int:
        """Return how many submissions may be under way at once."""
        return self._window

    @property
    def daily_limit(self) -> int | None:
        """Return how many segments may leave in a day; None: no limit."""
        return self._daily_limit

    @property
    def ready(self) -> bool:
        """Return whether it runs and the far end is there."""
        return self._running and not self.faults.down

    def reaches(self, recipient: Address) -> bool:
        """Return whether there is a number at all."""
        return bool(recipient.number)

    def arrive(self, item: Inbound) -> Arrival:
        """Let the far end bring one item; without waiting for its storing."""
        arrival = Arrival(item)
        self._arrivals.append(arrival)
        self._some.set()
        return arrival

    async def run(self, deliver: Deliver) -> NoReturn:
        """Hand on what arrives, all that waits at once, until cancelled."""
        self._running = True
        try:
            async with asyncio.TaskGroup() as deliveries:
                while True:
                    await self._some.wait()
                    self._some.clear()
                    while self._arrivals:
                        deliveries.create_task(self._bring(self._arrivals.popleft(), deliver))
        finally:
            self._running = False

    async def send(self, submission: Submission) -> Outcome:
        """Give one segment to the far end."""
        if not self.ready:
            return Deferred("no line")
        self.sent.append(submission)
        self._count += 1
        if self.faults.silent:
            await asyncio.sleep(self._silence)
            return Uncertain("no answer")
        if self._respond is not None:
            return await self._respond(submission)
        return Accepted(str(self._count))

    async def _bring(self, arrival: Arrival, deliver: Deliver) -> None:
        while not arrival.acknowledged.is_set():
            try:
                await deliver(arrival.item)
            except StoreDown:
                await asyncio.sleep(self._bring_again)
            else:
                arrival.acknowledged.set()
