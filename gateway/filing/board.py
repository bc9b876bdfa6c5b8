"""The service as its operators see it now: what passes through, what waits, what needs a hand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol
from uuid import UUID

from gateway.domain.verdict import Verdict

# What is sent again leaves after this time: until then it can be taken back.
SECOND_THOUGHTS: Final = timedelta(seconds=5)
# How far back replies are shown that could not be sent.
LOOK_BACK: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Exchange:
    """One question and its answer; its sender is masked."""

    id: UUID
    at: datetime
    channel: str
    account: str
    sender: str
    text: str
    state: str
    test: bool
    reply: str | None
    verdict: Verdict | None  # of its first code
    took: timedelta | None
    place: int | None = None  # which of its codes the verdict is of; None: the first


@dataclass(frozen=True, slots=True)
class Stuck:
    """A reply that could not be sent."""

    id: UUID
    inquiry: UUID | None
    at: datetime
    account: str
    recipient: str
    state: str  # refused, expired
    reason: str
    attempts: int


@dataclass(frozen=True, slots=True)
class Doubt:
    """Segments that may have left: how many wait for a receipt, and when the first of them goes once more."""

    count: int
    next_at: datetime | None


@dataclass(frozen=True, slots=True)
class Trouble:
    """A lift that reported trouble, and nobody has said that he knows."""

    lift: str
    kind: str
    at: datetime
    level: int


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed of records, and when it was last heard."""

    name: str  # the party's whose it is, where it has one
    heard_at: datetime


@dataclass(frozen=True, slots=True)
class Rate:
    """What one channel took in within the last hour, and what waits to leave by it."""

    channel: str
    minutes: tuple[int, ...]  # the oldest first
    p95: int | None  # milliseconds from a question's arrival to its answer's departure
    waiting: int
    uncertain: int
    stuck: int


@dataclass(frozen=True, slots=True)
class Pause:
    """A line that somebody paused: it receives, and sends nothing."""

    account: str
    actor: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Now:
    """All of it at one moment."""

    stuck: Sequence[Stuck]
    stuck_in_all: int
    doubt: Doubt
    unreadable: int
    troubles: Sequence[Trouble]
    feeds: Sequence[Feed]
    overdue_tickets: int
    rates: Sequence[Rate]
    pauses: Mapping[str, Pause]


class Board(Protocol):
    """What the live page asks of the database."""

    def stream(self, after: UUID | None, now: datetime, most: int) -> list[Exchange]:
        """Return what was asked after this question, in order; without one the newest.

        It ends before the first that is still being answered, so that nothing is ever shown twice or left out.
        """
        ...

    def now(self, now: datetime) -> Now:
        """Return how things stand."""
        ...

    def pauses(self) -> Mapping[str, Pause]:
        """Return the lines that are paused."""
        ...

    def pause(self, pause: Pause) -> bool:
        """Note that a line is paused; False: it was before."""
        ...

    def resume(self, account: str) -> bool:
        """Note that a line sends again; False: it did not pause."""
        ...

    def set_aside(self, message: UUID, actor: str, now: datetime) -> bool:
        """Note that a reply need not be sent any more; False: there is none that could not be sent."""
        ...

    def put_back(self, message: UUID) -> bool:
        """Take that back."""
        ...

    def send_again(self, message: UUID, line: tuple[str, str] | None, now: datetime) -> str | None:
        """Have a reply sent again in five seconds, by this line (kind, account) or by its own; say why not."""
        ...

    def hold_back(self, message: UUID, now: datetime) -> bool:
        """Take that back while nothing of it has left; False: too late."""
        ...
