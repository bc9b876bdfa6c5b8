"""What the pipeline needs from the outside, as small protocols."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Protocol, TypeAlias

from gateway.domain.address import Address
from gateway.domain.message import Part, Receipt, Submission, Undecodable
from gateway.domain.outcome import Outcome
from gateway.domain.reply import Clause, Reply

Inbound: TypeAlias = Part | Receipt | Undecodable

# Returns once the item is stored for good; only then may a channel acknowledge it to its peer.
# Raises `StoreDown` when it is not: the channel keeps the item unacknowledged and brings it again.
Deliver: TypeAlias = Callable[[Inbound], Awaitable[None]]


class Clock(Protocol):
    """The time, as an argument."""

    def now(self) -> datetime:
        """Return the time in UTC, aware."""
        ...


class Renderer(Protocol):
    """Words for clauses."""

    def reply(self, clauses: Sequence[Clause]) -> Reply:
        """Say all clauses in one message of the fewest segments.

        Raises `TemplateFault` (a `GatewayError`) when a mandatory value is missing or a template is at fault.
        """
        ...


class Channel(Protocol):
    """One line to a carrier: a SIM, a link, an account. It knows no other channel."""

    @property
    def kind(self) -> str:
        """Return the registry's name of its kind, e.g. `modem`."""
        ...

    @property
    def account(self) -> str:
        """Return its name in the configuration, unique over all kinds."""
        ...

    @property
    def window(self) -> int:
        """Return how many submissions may be under way at once."""
        ...

    @property
    def daily_limit(self) -> int | None:
        """Return how many segments may leave in a day of Asia/Shanghai; None: no limit."""
        ...

    @property
    def ready(self) -> bool:
        """Return whether a submission handed over now would be tried now."""
        ...

    def reaches(self, recipient: Address) -> bool:
        """Return whether this line can carry a message to `recipient` at all."""
        ...

    async def run(self, deliver: Deliver) -> None:
        """Keep the line up and hand on what arrives, until cancelled. Never raises for the far end's faults."""
        ...

    async def send(self, submission: Submission) -> Outcome:
        """Carry one segment; a far end that is gone, slow or lying is an outcome, never an exception.

        Cancelled before its first byte left, it leaves nothing behind; afterwards the caller
        treats the segment as uncertain.
        """
        ...
