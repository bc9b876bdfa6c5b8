"""Questions for those who explain them: found by what a caller can say, told from their arrival to their end."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, Protocol
from uuid import UUID

from gateway.domain.access import Actor, Role
from gateway.domain.address import Address
from gateway.domain.errors import Refusal, Why
from gateway.domain.reply import Edition
from gateway.domain.verdict import Verdict
from gateway.filing.board import Exchange

if TYPE_CHECKING:
    from gateway.filing.books import Books

MOST_REASON: Final = 60
_DESK: Final = frozenset({Role.ADMIN, Role.REGULATOR, Role.AGENT})


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


def life(books: "Books", actor: Actor, id_: UUID, *, lock: bool = False) -> Life:
    """Return a question's life. Raises `Refusal` where there is none."""
    _require_desk(actor)
    found = books.questions.life(id_, lock=lock)
    if found is None:
        raise Refusal(Why.UNKNOWN, "没有这个号，可能已过保存期")
    return found


def number(books: "Books", actor: Actor, id_: UUID, reason: str, now: datetime) -> str:
    """Return in full who asked; who looked, and why, stands in the audit. Raises `Refusal`."""
    kept = _reason(actor, reason)
    books.audit.note(now, actor.name, "number read", f"inquiry/{id_}", reason=kept)
    address = books.questions.sender(id_)
    if address is None or not address.number:
        raise Refusal(Why.UNKNOWN, "号码隐藏，或已过保存期")
    return address.national


def by_number(books: "Books", actor: Actor, written: str, reason: str, now: datetime, most: int) -> list[Exchange]:
    """Return what a number asked; who looked, and why, stands in the audit, the number masked. Raises `Refusal`."""
    kept = _reason(actor, reason)
    address = Address.parse(written)
    if not address.number.isascii() or not address.number.isdigit() or len(address.number) < 5:
        raise Refusal(Why.INVALID, "号码只写数字", "number")
    books.audit.note(now, actor.name, "number searched", f"number/{address}", reason=kept)
    return books.questions.of_number(address, most)


def _reason(actor: Actor, reason: str) -> str:
    actor.require_role(Role.REGULATOR)
    kept = " ".join(reason.split())
    if not kept or len(kept) > MOST_REASON or not kept.isprintable():
        raise Refusal(Why.INVALID, "写明为什么要看，不超过 60 字", "reason")
    return kept


def _require_desk(actor: Actor) -> None:
    if actor.role not in _DESK:
        raise Refusal(Why.UNKNOWN, "没有这个页面")


def may_see(actor: Actor, parties: Collection[str | None]) -> bool:
    """Return whether a label or a record is shown: to the desk all of them, to a party its own (T21)."""
    return actor.role in _DESK or actor.reaches(parties)


def changed(versions: Sequence[Mapping[str, Any]]) -> list[list[tuple[str, Any, Any]]]:
    """Return what each version of a record, the newest first, changed: (field, before, after); the first: nothing."""
    bodies = [version["body"] for version in versions]
    steps = [
        [(name, old.get(name), new.get(name)) for name in sorted({*old, *new}) if old.get(name) != new.get(name)]
        for new, old in pairwise(bodies)
    ]
    return [*steps, []] if bodies else []
