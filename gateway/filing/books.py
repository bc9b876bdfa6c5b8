"""What acts need from the database, as small protocols: one transaction's view of the books."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar
from uuid import UUID

from gateway.domain.access import Role
from gateway.domain.address import Address
from gateway.domain.code import CodeBook
from gateway.domain.inputs import Inputs
from gateway.domain.outgoing import Message
from gateway.domain.trace import Filed, Party
from gateway.filing.board import Board
from gateway.filing.casebook import CaseBook, TicketBook
from gateway.filing.chronicle import Chronicle
from gateway.filing.denials import Denials
from gateway.filing.flows import FlowBook
from gateway.filing.kept import Event, Kept
from gateway.filing.ledger import Labels
from gateway.filing.people import Users
from gateway.filing.pictures import Pictures
from gateway.filing.prospects import Prospects
from gateway.filing.questions import Questions
from gateway.filing.reports import Reports
from gateway.filing.telling import Alerts, Hooks, Reminders
from gateway.filing.uploads import Uploads
from gateway.filing.wordings import Wordings
from gateway.ports import News, Replays, TraceStore

T = TypeVar("T")


class Records(Protocol):
    """Records with their versions, aliases, parties and sealed parts."""

    def get(self, record_type: str, key: str, *, lock: bool = False) -> Kept | None:
        """Return a record; `lock` holds it until the transaction ends."""
        ...

    def by_alias(self, alias: str) -> Kept | None:
        """Return the record found by `cylinder/<no>`, `epc/<hex>`, `registration/<code>`, …"""
        ...

    def alias(self, alias: str) -> str | None:
        """Return the id of the record that has this other name."""
        ...

    def aliases(self, aliases: Collection[str]) -> Mapping[str, str]:
        """Return the ids of the records that have these other names, by the name."""
        ...

    def put(self, filed: Filed, actor: str, now: datetime) -> int:
        """Write a record, its facts, aliases, parties and private part; keep the body it replaces.

        Returns its version: unchanged when nothing differs. Raises `Refusal` (conflict) for an alias that is
        another record's: an EPC or a cylinder number stands for one thing.
        """
        ...

    def refresh(self, filed: Filed, now: datetime) -> None:
        """Write a record of which only the time of its last sign of life changed: no version is kept."""
        ...

    def private(self, record_id: str) -> Mapping[str, Any] | None:
        """Return the sealed part, opened; the caller writes that into the audit."""
        ...

    def heard(self, source: str, now: datetime) -> None:
        """Note that a feed is alive."""
        ...

    def awaited(self, source: str) -> None:
        """Have a feed in the books that records may depend on; as long as nothing is heard of it, it is stale."""
        ...


class Parties(Protocol):
    """Firms and offices."""

    def get(self, party: str) -> Party | None:
        """Return one."""
        ...

    def put(self, party: Party, now: datetime) -> None:
        """Write one; its contact person is sealed."""
        ...


class Events(Protocol):
    """What happened."""

    def add(self, event: Event) -> None:
        """Keep one."""
        ...

    def get(self, id_: UUID) -> Event | None:
        """Return one, without its sealed part."""
        ...

    def of(self, record_id: str, *kinds: str, limit: int = 50) -> list[Event]:
        """Return the newest first, without their sealed part; of these kinds, or of all."""
        ...


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries of the audit are asked for; a text that is empty asks for all, else for what begins with it."""

    actor: str = ""
    action: str = ""
    subject: str = ""
    before: int = 2**62  # the number of an entry
    most: int = 50


class Audit(Protocol):
    """The append-only log with its hash chain."""

    def find(self, wanted: Wanted) -> list[dict[str, Any]]:
        """Return entries (seq, at, actor, action, subject, detail), the newest first."""
        ...

    def note(self, now: datetime, actor: str, action: str, subject: str, **detail: object) -> None:
        """Append an entry; `detail` is plain JSON without personal data and secrets."""
        ...


class Post(Protocol):
    """Texts that the gateway sends on its own: alerts, reminders, warnings."""

    def send(self, messages: Sequence[Message]) -> None:
        """Put them into the outbox in this transaction; the service takes them up within seconds.

        A message with a question is its answer, and settles it: nobody heard it in his call.
        """
        ...


@dataclass(frozen=True, slots=True)
class Phone:
    """A phone known to the service."""

    address: Address
    party: str
    role: Role


class Phones(Protocol):
    """Registered phones: who is told, who may ask for more."""

    def to_tell(
        self,
        parties: Collection[str],
        *,
        role: Role | None = None,
        district: str | None = None,
        grave: bool = False,
    ) -> list[Phone]:
        """Return the phones of these parties, or of a role in a district, that want to be told.

        `district` is matched by its prefecture, the first four digits. Who opted out of reminders is told of what is
        `grave` alone: somebody may be trapped.
        """
        ...


class Books(Protocol):
    """One transaction on all of it."""

    def inputs(self, shipped: Inputs) -> Inputs:
        """Return the farm inputs known: those shipped with the gateway, and over them those imported (R70)."""
        ...

    @property
    def labels(self) -> Labels: ...  # noqa: D102 - named by its type
    @property
    def records(self) -> Records: ...  # noqa: D102 - named by its type
    @property
    def parties(self) -> Parties: ...  # noqa: D102 - named by its type
    @property
    def events(self) -> Events: ...  # noqa: D102 - named by its type
    @property
    def audit(self) -> Audit: ...  # noqa: D102 - named by its type
    @property
    def post(self) -> Post: ...  # noqa: D102 - named by its type
    @property
    def replays(self) -> Replays: ...  # noqa: D102 - named by its type
    @property
    def phones(self) -> Phones: ...  # noqa: D102 - named by its type
    @property
    def alerts(self) -> Alerts: ...  # noqa: D102 - named by its type
    @property
    def reminders(self) -> Reminders: ...  # noqa: D102 - named by its type
    @property
    def flows(self) -> FlowBook: ...  # noqa: D102 - named by its type
    @property
    def hooks(self) -> Hooks: ...  # noqa: D102 - named by its type
    @property
    def denials(self) -> Denials: ...  # noqa: D102 - named by its type
    @property
    def tickets(self) -> TicketBook: ...  # noqa: D102 - named by its type
    @property
    def cases(self) -> CaseBook: ...  # noqa: D102 - named by its type
    @property
    def reports(self) -> Reports: ...  # noqa: D102 - named by its type
    @property
    def chronicle(self) -> Chronicle: ...  # noqa: D102 - named by its type
    @property
    def prospects(self) -> Prospects: ...  # noqa: D102 - named by its type
    @property
    def traces(self) -> TraceStore: ...  # noqa: D102 - named by its type
    @property
    def users(self) -> Users: ...  # noqa: D102 - named by its type
    @property
    def wordings(self) -> Wordings: ...  # noqa: D102 - named by its type
    @property
    def board(self) -> Board: ...  # noqa: D102 - named by its type
    @property
    def uploads(self) -> Uploads: ...  # noqa: D102 - named by its type
    @property
    def pictures(self) -> Pictures: ...  # noqa: D102 - named by its type
    @property
    def questions(self) -> Questions: ...  # noqa: D102 - named by its type
    @property
    def codes(self) -> CodeBook: ...  # noqa: D102 - named by its type

    def announce(self, news: News) -> None:
        """Wake whoever waits for this, in all processes, once the transaction is committed."""
        ...

    def attempt(self, work: Callable[[], T]) -> T:
        """Run `work` as a part of the transaction that an exception undoes by itself."""
        ...


class Archive(Protocol):
    """Opens the books: one act, one transaction."""

    async def act(self, work: Callable[[Books], T]) -> T:
        """Run `work` in one transaction and commit it; an exception leaves nothing behind. Raises `StoreDown`."""
        ...

    async def look(self, work: Callable[[Books], T]) -> T:
        """Run `work` that only reads, on one state of the books; no act waits for it. Raises `StoreDown`."""
        ...
