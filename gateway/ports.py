"""What the pipeline needs from the outside, as small protocols."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol, TypeAlias, TypeVar
from uuid import UUID

from gateway.domain.access import Badge, PinFault
from gateway.domain.address import Address
from gateway.domain.inquiry import Inquiry, InquiryState
from gateway.domain.message import Part, Receipt, Submission, Undecodable
from gateway.domain.outcome import Outcome
from gateway.domain.outgoing import Message, Segment
from gateway.domain.reply import Clause, Edition, Reply
from gateway.domain.trace import Standing, Trace
from gateway.domain.verdict import Decision

T = TypeVar("T")

Inbound: TypeAlias = Part | Receipt | Undecodable

# Returns once the item is stored for good; only then may a channel acknowledge it to its peer.
# Raises `StoreDown` when it is not: the channel keeps the item unacknowledged and brings it again.
Deliver: TypeAlias = Callable[[Inbound], Awaitable[None]]


class Clock(Protocol):
    """The time, as an argument."""

    def now(self) -> datetime:
        """Return the time in UTC, aware."""
        ...


class Identities(Protocol):
    """Who a number is, without the number."""

    def querier(self, address: Address) -> bytes:
        """Return the keyed hash that stands for this person; a withheld number is nobody twice."""
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


@dataclass(frozen=True, slots=True)
class Join:
    """A long text of which at least one part has come."""

    id: UUID
    channel: str
    account: str
    sender: Address
    destination: Address
    total: int
    first_at: datetime
    parts: dict[int, str]
    inquiry: UUID | None  # the first question made of it, if one was
    judged: bool  # it was made do with what was here


@dataclass(frozen=True, slots=True)
class Lookup:
    """What to look a code up by: its canonical key, and its place in the issued ranges if it decodes to one."""

    key: str
    record_type: str | None
    klass: int | None = None
    version: int | None = None
    index: int | None = None
    record_id: str | None = None  # things without a label: `lift/012345`


@dataclass(frozen=True, slots=True)
class Count:
    """One query to be counted."""

    code: str
    querier: bytes
    at: datetime


@dataclass(frozen=True, slots=True)
class Answered:
    """One answer, as it is kept."""

    inquiry: UUID
    position: int
    code: str | None
    record_type: str | None
    decision: Decision
    standing: Standing
    record_id: str | None = None
    edition: Edition | None = None  # the words it was told in

    def told_in(self, edition: Edition | None) -> "Answered":
        """Return the same, told in these words."""
        return Answered(
            self.inquiry, self.position, self.code, self.record_type, self.decision, self.standing, self.record_id,
            edition,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ended:
    """What becomes of an inquiry when it is answered, or will never be."""

    inquiry: UUID
    state: InquiryState
    intent: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class TicketDraft:
    """A report that becomes a ticket."""

    inquiry: UUID
    reporter: Address
    codes: tuple[str, ...]
    text: str
    place: str | None
    created_at: datetime
    due_at: datetime
    recording: str | None = None  # the name under which the switch keeps what was said


class Inbox(Protocol):
    """Questions, from their arrival to the decision what becomes of them."""

    def unseen(self, keys: Sequence[str], now: datetime) -> set[str]:
        """Note all keys; return those that were never noted before."""
        ...

    def add(self, inquiries: Sequence[Inquiry]) -> None:
        """Store new questions, claimed by this process."""
        ...

    def add_part(self, key: str, part: Part, judge_at: datetime) -> Join:
        """Store one part of a long text; return all that is here of it."""
        ...

    def asked(self, join: UUID, first: UUID, *, final: bool) -> None:
        """Note the first question made of a join, and whether it still waits for parts."""
        ...

    def joins_due(self, now: datetime) -> list[Join]:
        """Return the joins whose parts have been waited for long enough."""
        ...

    def next_judgement(self) -> datetime | None:
        """Return when the next long text is to be judged as it stands, whoever took it in."""
        ...

    def bury(self, items: Sequence[Undecodable]) -> None:
        """Keep what nobody can read for a person to look at."""
        ...

    def still_new(self, inquiries: Collection[UUID]) -> set[UUID]:
        """Return which of these are unanswered yet, and hold them until the transaction ends."""
        ...

    def codes_answered(self, first: UUID) -> set[str]:
        """Return the codes already answered for the long text whose first question this is."""
        ...

    def end(self, ended: Sequence[Ended], now: datetime) -> None:
        """Write what became of questions."""
        ...

    def add_ended(self, questions: Sequence[tuple[Inquiry, Ended]], now: datetime) -> None:
        """Store new questions with what became of them."""
        ...

    def owe(self, inquiries: Collection[UUID], now: datetime) -> None:
        """Note that what was answered to these has not reached its askers: asked again, they hear the same."""
        ...

    def heard(self, inquiries: Collection[UUID], now: datetime) -> None:
        """Note that callers heard what was answered."""
        ...

    def opt_out(self, querier: bytes, now: datetime) -> None:
        """Note that this person wants nothing that was not asked for."""
        ...

    def answered(self, answers: Sequence[Answered]) -> None:
        """Keep what was answered."""
        ...

    def first_today(self, querier: bytes, kind: str, today: date) -> bool:
        """Return True once a day for a querier and a kind of notice."""
        ...


class TraceStore(Protocol):
    """The trace database: what is known of codes, and how often they were asked for."""

    def find(self, lookups: Collection[Lookup]) -> dict[str, Trace]:
        """Return what is known of each key; a key not found has a `Trace` that is not `found`."""
        ...

    def count(self, queries: Sequence[Count]) -> list[Standing]:
        """Count each query and return where it stands, in the order given; the same code may be there twice.

        A querier whose counted answer was not delivered in the last 24 h gets that standing again, uncounted.
        """
        ...


class Outbox(Protocol):
    """Replies, from the transaction that wrote them to the end of each segment."""

    def add(self, messages: Sequence[Message]) -> None:
        """Store new messages, claimed by this process."""
        ...

    def save(self, messages: Sequence[Message], changed: Sequence[tuple[Message, Segment]], now: datetime) -> set[UUID]:
        """Write segments as they are now, messages that came to an end, and what that means for their questions.

        Messages taken over by another process meanwhile are left alone and returned: they are not ours to send.
        """
        ...

    def sent(self, leaving: Mapping[str, int], day: date) -> None:
        """Add to how many segments left by each line, by its account, on a day."""
        ...


class Receipts(Protocol):
    """Delivery receipts, matched to segments by line, reference and recipient."""

    def match(self, receipts: Sequence[Receipt]) -> tuple[list[tuple[UUID, Segment]], int]:
        """Match receipts to segments; return those whose state that changed, and how many were early and kept."""
        ...

    def take_early(self, settled: Sequence[tuple[Message, Segment]]) -> list[tuple[UUID, Segment]]:
        """Match kept receipts again, now that these segments have their reference or will never get one."""
        ...


class Tickets(Protocol):
    """Complaints and reports."""

    def is_open(self, first: UUID) -> bool:
        """Return whether the long text whose first question this is became a ticket."""
        ...

    def open(self, draft: TicketDraft) -> str:
        """Store a ticket; return its number."""
        ...


class Acknowledgements(Protocol):
    """Alerts that wait for somebody to say that he knows."""

    def acknowledge(self, querier: bytes, lifts: Collection[str], remark: str, now: datetime) -> list[str]:
        """End the escalation for these lifts (none named: all) that this phone is told of; return their numbers."""
        ...


class Listings(Protocol):
    """What stands behind a reminder."""

    def last_told(self, querier: bytes) -> list[tuple[str, str, date]]:
        """Return what the last reminder to this phone's party was about: record type, key, day."""
        ...


class Badges(Protocol):
    """Registered phones and their PINs."""

    async def check(self, querier: bytes, pin: str, now: datetime) -> Badge | PinFault | None:
        """Return what the phone may ask; None when it is not registered. Raises `StoreDown`."""
        ...


@dataclass(frozen=True, slots=True)
class First:
    """What was answered to a request, as it was sent."""

    status: int
    body: bytes


class Replays(Protocol):
    """First answers to requests that may come again under the same key."""

    def first(self, key: str, request: str, now: datetime) -> First | None:
        """Take `key` for this request, or return what was answered to it before.

        Raises `Refusal` (conflict) where the key was used for another request.
        """
        ...

    def keep(self, key: str, first: First) -> None:
        """Write what was answered."""
        ...


class Unit(Protocol):
    """One transaction. Its methods are plain calls: the ledger runs them where its database wants them run."""

    @property
    def inbox(self) -> Inbox: ...  # noqa: D102 - named by its type
    @property
    def traces(self) -> TraceStore: ...  # noqa: D102 - named by its type
    @property
    def outbox(self) -> Outbox: ...  # noqa: D102 - named by its type
    @property
    def receipts(self) -> Receipts: ...  # noqa: D102 - named by its type
    @property
    def tickets(self) -> Tickets: ...  # noqa: D102 - named by its type
    @property
    def replays(self) -> Replays: ...  # noqa: D102 - named by its type
    @property
    def alerts(self) -> Acknowledgements: ...  # noqa: D102 - named by its type
    @property
    def reminders(self) -> Listings: ...  # noqa: D102 - named by its type


@dataclass(frozen=True, slots=True)
class Backlog:
    """What this process has claimed and not finished."""

    inquiries: tuple[Inquiry, ...]
    messages: tuple[Message, ...]
    sent_today: dict[str, int]
    next_join_at: datetime | None
    # The others took this process for dead: what it knew of its claims is void, and these are all it holds now.
    fenced: bool = False


class Ledger(Protocol):
    """The database as the pipeline uses it."""

    async def run(self, work: Callable[[Unit], T]) -> T:
        """Run `work` in one transaction and commit it durably.

        Raises `StoreDown` when the database is away or gave up; whether it committed is then unknown,
        and `backlog` tells. Any other exception means that nothing was stored.
        """
        ...

    async def backlog(self, now: datetime) -> Backlog:
        """Claim what no living process holds, and return all that this one has claimed."""
        ...

    async def orphans(self, now: datetime) -> Backlog:
        """Claim what no living process holds, and return just that; say that this process lives.

        When the others had taken it for dead meanwhile, the backlog says so.
        """
        ...

    async def retire(self, now: datetime) -> None:
        """Let go of all that this process has claimed: it ends."""
        ...


@dataclass(frozen=True, slots=True)
class Admission:
    """What the limits say of one question."""

    allowed: bool
    tell: bool = False  # refused for the first time in this window: the asker is told
    reason: str = ""
    suppress: bool = False  # this sender is never answered, or is a machine: silence without a trace of a limit
    after: int = 0  # seconds after which it may be otherwise


class Limiter(Protocol):
    """How much one person, and all together, may ask.

    It is asked within the transaction that takes a question in, since a repeat counts nothing: it must not wait.
    """

    def admit(self, querier: bytes, text: str, codes: int, now: datetime, *, registered: bool = False) -> Admission:
        """Count one message with so many codes in it, and say whether it may be answered.

        `registered`: a known phone showed its PIN; it has limits of its own.
        """
        ...

    def answered(self, querier: bytes, known: bool, now: datetime) -> None:
        """Learn whether the codes asked for were known: many misses in a row silence a guesser."""
        ...


class Meter(Protocol):
    """Counts of what happened, for those who watch."""

    def count(self, event: str, by: int = 1, **labels: str) -> None:
        """Add to the counter of an event."""
        ...


class News(StrEnum):
    """What processes wake each other for. It stands in the database: who missed it finds it there a second later."""

    WORDS = "words"  # others are live
    PAUSES = "pauses"  # a line was paused, or sends again
    ANSWERS = "answers"  # questions were answered


class Bell(Protocol):
    """Rings for one who waits."""

    async def rung(self, within: float) -> bool:
        """Wait for a ring since the last one, so many seconds at most; False: there was none."""
        ...


class Bus(Protocol):
    """What the processes of one service tell each other. It never makes anybody wait, and nothing depends on it."""

    @property
    def alone(self) -> bool:
        """Return whether this process has nobody to tell."""
        ...

    def ring(self, news: News) -> None:
        """Wake whoever waits for this, here at once, elsewhere within milliseconds."""
        ...

    def bell(self, news: News) -> Bell:
        """Return what rings for this, for one who waits; it is forgotten with him."""
        ...

    def rouse(self) -> None:
        """Ring all bells of this process: it ends, and whoever waits looks up."""
        ...

    def tell(self, topic: str, body: bytes) -> None:
        """Have the other processes take this in, in this order, those too that start later in the day.

        From any thread. Nothing secret, and nobody's number: it lies about where others may read it.
        """
        ...

    def hear(self, topic: str, take: Callable[[bytes], None]) -> None:
        """Have `take` called, on the event loop, with what others tell of a topic; it must not raise."""
        ...
