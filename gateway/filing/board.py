"""The service as its operators see it now: what passes through, what waits, what needs a hand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, Protocol
from uuid import UUID

from gateway.domain.access import Actor, Role
from gateway.domain.errors import Refusal, Why
from gateway.domain.verdict import Verdict
from gateway.ports import News

if TYPE_CHECKING:
    from gateway.filing.books import Books

# What is sent again leaves after this time: until then it can be taken back.
SECOND_THOUGHTS: Final = timedelta(seconds=5)
# How far back replies are shown that could not be sent.
LOOK_BACK: Final = timedelta(days=7)
MOST_REASON: Final = 60


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


def pause(books: "Books", actor: Actor, account: str, reason: str, now: datetime) -> None:
    """Have a line send nothing until somebody resumes it; it goes on receiving. Raises `Refusal`."""
    actor.require_role(Role.AGENT)
    reason = " ".join(reason.split())
    if not reason or len(reason) > MOST_REASON or not reason.isprintable():
        raise Refusal(Why.INVALID, "写明为什么暂停，不超过 60 字", "reason")
    if books.board.pause(Pause(account, actor.name, reason, now)):
        books.audit.note(now, actor.name, "line paused", f"line/{account}", reason=reason)
        books.announce(News.PAUSES)


def resume(books: "Books", actor: Actor, account: str, now: datetime) -> None:
    """Let a line send again."""
    actor.require_role(Role.AGENT)
    if books.board.resume(account):
        books.audit.note(now, actor.name, "line resumed", f"line/{account}")
        books.announce(News.PAUSES)


def set_aside(books: "Books", actor: Actor, message: UUID, now: datetime, *, back: bool = False) -> None:
    """Say that a reply need not be sent any more, or (`back`) that it may. Raises `Refusal` where there is none."""
    actor.require_role(Role.AGENT)
    done = books.board.put_back(message) if back else books.board.set_aside(message, actor.name, now)
    if not done:
        raise Refusal(Why.CONFLICT, "这条答复已经不在要处理之列")
    books.audit.note(now, actor.name, "reply put back" if back else "reply set aside", f"message/{message}")


def send_again(books: "Books", actor: Actor, message: UUID, line: tuple[str, str] | None, now: datetime) -> None:
    """Have a reply that could not be sent leave again, five seconds from now. Raises `Refusal`."""
    actor.require_role(Role.AGENT)
    why_not = books.board.send_again(message, line, now)
    if why_not is not None:
        raise Refusal(Why.CONFLICT, why_not)
    books.audit.note(now, actor.name, "reply sent again", f"message/{message}", line=line[1] if line else None)


def hold_back(books: "Books", actor: Actor, message: UUID, now: datetime) -> None:
    """Take a second sending back. Raises `Refusal` when it has left."""
    actor.require_role(Role.AGENT)
    if not books.board.hold_back(message, now):
        raise Refusal(Why.CONFLICT, "已经发出，收不回来了")
    books.audit.note(now, actor.name, "reply held back", f"message/{message}")
