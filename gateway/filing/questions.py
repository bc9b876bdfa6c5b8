"""Questions as those see them who explain them: how they are found, and their life from arrival to end."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol
from uuid import UUID

from gateway.domain.address import Address
from gateway.domain.reply import Edition
from gateway.domain.verdict import Verdict
from gateway.filing.board import Exchange


@dataclass(frozen=True, slots=True)
class Sought:
    """Which questions: all that hold; None and nothing ask for all."""

    code: str | None = None
    shown: str | None = None  # a number as it is masked
    verdicts: Collection[Verdict] = ()
    channel: str | None = None
    account: str | None = None
    states: Collection[str] = ()
    begins: datetime | None = None
    ends: datetime | None = None
    hour: int | None = None  # of the day, in Asia/Shanghai
    prefix: str | None = None  # of a code
    record: str | None = None
    district: str | None = None  # of the record that was asked for
    segments: int | None = None  # of the reply
    real: bool = False  # without trials and test labels, as pictures count
    before: UUID | None = None
    place: int | None = None  # with `before`: its answers from here on were seen
    most: int = 50


@dataclass(frozen=True, slots=True)
class Found:
    """Rows of one page, the newest first: questions, or answers where verdicts or codes are asked for."""

    rows: Sequence[Exchange]
    more: bool = False  # there are older ones
    count: int | None = None  # of all pages; told on the first
    about: bool = False  # told from the newest of them
    floor: UUID | None = None  # from here on older ones were not looked at: that would take long

    @property
    def back_to(self) -> datetime | None:
        """Return until when was looked, where that is not all."""
        return datetime.fromtimestamp((self.floor.int >> 80) / 1000, UTC) if self.floor else None


@dataclass(frozen=True, slots=True)
class Given:
    """One verdict of an answer."""

    code: str | None
    record_id: str | None
    verdict: Verdict
    rule: str
    reasons: Sequence[str]
    count: int
    first_at: datetime | None
    edition: Edition | None  # the words it was told in; None: not noted in those days


@dataclass(frozen=True, slots=True)
class Piece:
    """One short message of a reply, as it stands."""

    position: int
    text: str
    state: str
    attempts: int
    submits: int
    account: str
    sending_at: datetime | None
    delivered_at: datetime | None
    due_at: datetime | None
    reason: str | None
    peer_ref: str | None


@dataclass(frozen=True, slots=True)
class Sent:
    """A reply with its pieces."""

    id: UUID
    channel: str
    account: str
    text: str
    state: str
    created_at: datetime
    settled_at: datetime | None
    moved: bool
    pieces: Sequence[Piece]


@dataclass(frozen=True, slots=True)
class Life:
    """One question's whole life."""

    asked: Exchange
    destination: str
    intent: str | None
    reason: str | None
    settled_at: datetime | None
    whole: bool  # its sender's number is still kept
    answers: Sequence[Given]
    replies: Sequence[Sent]
    tickets: Sequence[str]


class Questions(Protocol):
    """What the search pages ask of the database."""

    def find(self, sought: Sought) -> Found:
        """Return the newest first."""
        ...

    def of_number(self, address: Address, most: int) -> list[Exchange]:
        """Return what this very number asked, the newest first."""
        ...

    def life(self, id_: UUID, *, lock: bool = False) -> Life | None:
        """Return one question; `lock` holds it until the transaction ends."""
        ...

    def sender(self, id_: UUID) -> Address | None:
        """Return who asked, in full; None: withheld, or not kept any more."""
        ...

    def of_code(self, code: str, most: int) -> list[Exchange]:
        """Return the questions about a code, the newest first, each with its verdict on this code."""
        ...
