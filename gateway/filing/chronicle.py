"""What acts on EPCIS events need from the database: the events, by their ids and by the things they name."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol
from uuid import UUID

import msgspec

from gateway.domain.epcis.event import Told


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one event of a document."""

    index: int  # its place in the document, from 0
    event_id: str | None = None
    outcome: Literal["accepted", "duplicate", "rejected"]
    field: str = ""  # what is wrong with it: where, and why
    reason: str = ""
    remarks: tuple[str, ...] = ()  # what is doubtful, though it was taken in
    records: tuple[str, ...] = ()  # "<type>/<key>", whose chain it is part of


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """The capture of one document; each event stands for itself."""

    id: UUID
    party: str | None
    created_at: datetime
    finished_at: datetime | None = None
    accepted: int = 0
    duplicate: int = 0
    rejected: int = 0
    results: tuple[Result, ...] = ()

    def with_(self, results: Sequence[Result], finished_at: datetime | None) -> "Job":
        """Return it with what became of its events."""
        counts = {name: sum(r.outcome == name for r in results) for name in ("accepted", "duplicate", "rejected")}
        return msgspec.structs.replace(self, results=tuple(results), finished_at=finished_at, **counts)


@dataclass(frozen=True, slots=True)
class Held:
    """An event that was taken in before."""

    told: Told
    voided: bool


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which events are asked for; `party`: only what it said itself."""

    epc: str | None = None
    step: str | None = None
    since: datetime | None = None
    party: str | None = None
    most: int = 100


class Chronicle(Protocol):
    """The events."""

    def get(self, id_: str) -> Held | None:
        """Return one, taken back or not."""
        ...

    def add(self, told: Told, capture: UUID, now: datetime) -> None:
        """Keep one; a declaration of error stands for the event that it takes back."""
        ...

    def void(self, id_: str, now: datetime) -> None:
        """Note that an event was declared to be in error."""
        ...

    def of(self, names: Collection[str], *, voided: bool = False) -> list[Told]:
        """Return the events that name any of these, those that were taken back only where `voided`."""
        ...

    def find(self, wanted: Wanted) -> list[Told]:
        """Return the newest first; none that was taken back."""
        ...

    def keep(self, job: Job) -> None:
        """Write how a capture stands."""
        ...

    def job(self, id_: UUID) -> Job | None:
        """Return one."""
        ...
