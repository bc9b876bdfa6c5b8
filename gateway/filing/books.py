"""What acts need from the database, as small protocols: one transaction's view of the books."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from gateway.domain.outgoing import Message
from gateway.domain.trace import Filed, Party, Record


@dataclass(frozen=True, slots=True)
class Kept:
    """A record as it stands in the books."""

    record_type: str
    key: str
    record: Record
    owner: str | None
    parties: Mapping[str, str]  # role -> party id
    version: int
    updated_at: datetime
    source: str | None = None
    inspector: str | None = None

    @property
    def id(self) -> str:
        """Return `<type>/<key>`."""
        return f"{self.record_type}/{self.key}"

    @property
    def concerned(self) -> tuple[str | None, ...]:
        """Return the parties who may act on it."""
        return (self.owner, *self.parties.values())


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a thing, as it is kept; `sealed` holds what only the regulator may read."""

    id: UUID
    kind: str
    record_id: str
    party: str | None
    at: datetime
    received_at: datetime
    body: Mapping[str, Any] = field(default_factory=dict)
    sealed: Mapping[str, Any] | None = None


class Records(Protocol):
    """Records with their versions, aliases, parties and sealed parts."""

    def get(self, record_type: str, key: str, *, lock: bool = False) -> Kept | None:
        """Return a record; `lock` holds it until the transaction ends."""
        ...

    def by_alias(self, alias: str) -> Kept | None:
        """Return the record found by `cylinder/<no>`, `epc/<hex>`, `registration/<code>`, …"""
        ...

    def put(self, filed: Filed, actor: str, now: datetime) -> int:
        """Write a record, its facts, aliases, parties and private part; keep the body it replaces.

        Returns its version: unchanged when nothing differs. Raises `Refusal` (conflict) for an alias that is
        another record's: an EPC or a cylinder number stands for one thing.
        """
        ...

    def private(self, record_id: str) -> Mapping[str, Any] | None:
        """Return the sealed part, opened; the caller writes that into the audit."""
        ...

    def heard(self, source: str, now: datetime) -> None:
        """Note that a feed is alive."""
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

    def of(self, record_id: str, *, kind: str | None = None, limit: int = 50) -> list[Event]:
        """Return the newest first, without their sealed part."""
        ...


class Audit(Protocol):
    """The append-only log with its hash chain."""

    def note(self, now: datetime, actor: str, action: str, subject: str, **detail: Any) -> None:
        """Append an entry; `detail` is plain JSON without personal data and secrets."""
        ...


class Post(Protocol):
    """Texts that the gateway sends on its own: alerts, reminders, warnings."""

    def send(self, messages: Sequence[Message]) -> None:
        """Put them into the outbox in this transaction; the service takes them up within seconds."""
        ...


class Books(Protocol):
    """One transaction on all of it."""

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
