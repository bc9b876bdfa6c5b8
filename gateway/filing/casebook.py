"""Tickets and cases as the books keep them: values, and what their acts need from the database."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeAlias
from uuid import UUID

import msgspec

from gateway.domain.address import Address
from gateway.domain.labels import Run
from gateway.domain.ticket import Office, TicketState
from gateway.ports import TicketDraft

# A row of a table, by its columns' names; plain values only.
Row: TypeAlias = Mapping[str, Any]


class TicketStep(msgspec.Struct, frozen=True, kw_only=True):
    """One change of a ticket."""

    at: datetime
    actor: str
    state: TicketState
    note: str | None


class Ticket(msgspec.Struct, frozen=True, kw_only=True):
    """A complaint. Its reporter's number is masked."""

    number: str
    state: TicketState
    reporter: str
    codes: tuple[str, ...]
    text: str
    place: str | None
    handed_to: Office | None
    outside_ref: str | None  # their number for it
    answer: str | None  # what the citizen was told
    created_at: datetime
    due_at: datetime
    closed_at: datetime | None
    overdue: bool
    inquiry: UUID | None = None  # from which it was made
    recording: str | None = None  # the sound file of a complaint by telephone, while it is kept
    steps: tuple[TicketStep, ...] = ()


class HandedOver(msgspec.Struct, frozen=True, kw_only=True):
    """A complaint as another office takes it up: it must be able to call the reporter."""

    number: str
    created_at: datetime
    due_at: datetime
    reporter: str  # in full; empty: withheld
    codes: tuple[str, ...]
    text: str
    place: str | None
    outside_ref: str | None


@dataclass(frozen=True, slots=True)
class TicketCounts:
    """How many there are by their state, and how many are overdue."""

    by_state: Mapping[TicketState, int]
    overdue: int

    @property
    def waiting(self) -> int:
        """Return how many are not closed."""
        return sum(count for state, count in self.by_state.items() if state is not TicketState.CLOSED)


@dataclass(frozen=True, slots=True)
class Move:
    """What becomes of a ticket; None leaves a field as it is."""

    state: TicketState
    note: str | None = None
    handed_to: Office | None = None
    outside_ref: str | None = None
    answer: str | None = None
    due_at: datetime | None = None


class TicketBook(Protocol):
    """Tickets."""

    def get(self, number: str, now: datetime, *, lock: bool = False) -> Ticket | None:
        """Return one with its steps; `lock` holds it until the transaction ends."""
        ...

    def open(self, draft: TicketDraft) -> str:
        """Store a new one; return its number."""
        ...

    def listed(
        self, states: Collection[TicketState], now: datetime, *, overdue: bool, after: str, most: int
    ) -> list[Ticket]:
        """Return tickets in these states (none: in all), without their steps, by number, from after this one."""
        ...

    def waiting(
        self, state: TicketState | None, now: datetime, *, overdue: bool, after: str, most: int
    ) -> list[Ticket]:
        """Return tickets that are not closed, or those in this state, the first due first, from after this one."""
        ...

    def closed(self, after: str, most: int) -> list[Ticket]:
        """Return tickets that are closed, the newest first, from after this one."""
        ...

    def counts(self, now: datetime) -> TicketCounts:
        """Return how many there are."""
        ...

    def move(self, number: str, move: Move, actor: str, now: datetime) -> None:
        """Write what became of one, and its step."""
        ...

    def reporter(self, number: str) -> Address:
        """Return who reported it; the caller writes that into the audit."""
        ...

    def to_tell(self, number: str) -> Address | None:
        """Return the reporter's mobile; None: he has none, or wants nothing that he did not ask for."""
        ...

    def handed(self, office: Office, since: datetime) -> list[HandedOver]:
        """Return what was handed to an office since then and is not closed, the oldest first."""
        ...


class CaseBook(Protocol):
    """What is known around one code, record or ticket, as tables of plain values; numbers of people masked."""

    def queries(self, codes: Collection[str], record_id: str | None, most: int) -> list[Row]:
        """Return who asked for these codes or this record and what was answered, the oldest first."""
        ...

    def labels(self, codes: Collection[str], record_id: str | None, places: Collection[Run], most: int) -> list[Row]:
        """Return these labels, and the record's; the runs at these places, and the record's, with their issues."""
        ...

    def record(self, record_id: str) -> list[Row]:
        """Return a record's versions, the newest first, without its sealed part."""
        ...

    def events(self, record_id: str, most: int) -> list[Row]:
        """Return what happened to a thing, the newest first, without sealed parts."""
        ...

    def tickets(self, codes: Collection[str], number: str | None) -> list[Row]:
        """Return complaints about these codes, or the one with this number, with their steps."""
        ...

    def audit(self, subjects: Sequence[str], most: int) -> list[Row]:
        """Return the audit's entries on these subjects, in their order."""
        ...

    def chain(self) -> tuple[int, str]:
        """Return the number and the hash of the audit's last entry, which vouches for all before."""
        ...
