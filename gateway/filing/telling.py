"""What is told to people and platforms without being asked: alerts, reminders and events, as the jobs need them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

from gateway.domain.trace import Record
from gateway.filing.kept import Event


@dataclass(frozen=True, slots=True)
class Alert:
    """A lift's alert that nobody has acknowledged yet."""

    id: UUID
    record_id: str
    kind: str  # trapped or fault
    level: int  # how often it was told
    at: datetime  # when it happened
    created_at: datetime


class Alerts(Protocol):
    """Lifts in trouble."""

    def raise_(self, event: Event) -> UUID:
        """Begin an alert, to be told at once, unless this lift's last one of the kind still goes on."""
        ...

    def open(self, record_id: str, kind: str) -> UUID | None:
        """Return the alert of a lift and kind that is open."""
        ...

    def restored(self, record_id: str, now: datetime) -> int:
        """End all alerts of a lift; return how many."""
        ...

    def due(self, now: datetime) -> list[Alert]:
        """Return what is to be told now, held until the transaction ends; what others hold is left to them."""
        ...

    def told(self, alert: UUID, next_at: datetime | None) -> None:
        """Note that it was told once more, and when it is told again unless somebody acknowledges."""
        ...

    def untold(self, alert: UUID, next_at: datetime) -> None:
        """Note that there was nobody to tell, and when to look again."""
        ...


@dataclass(frozen=True, slots=True)
class Due:
    """A thing whose inspection is due, and whom to remind."""

    record_id: str
    record_type: str
    record: Record
    due_on: date
    parties: Mapping[str, str]  # role -> party id
    owner: str | None


class Reminders(Protocol):
    """What was told once, and is not told again."""

    def due(self, types: Collection[str], first: date, last: date, most: int) -> list[Due]:
        """Return things due between two days of which nobody was reminded yet, the earliest first."""
        ...

    def changed(self, record_type: str, since: datetime) -> list[Due]:
        """Return records of a type that changed since then; `due_on` is the day they were made or picked."""
        ...

    def note(self, told: Sequence[Due], kind: str, party: str, now: datetime) -> list[Due]:
        """Note that a party was told of these; return those that nobody had been told of before."""
        ...


class Hooks(Protocol):
    """Events on their way to the city's platforms."""

    def last_queued(self, target: str) -> datetime | None:
        """Return when the newest event was received that was ever queued for a target."""
        ...

    def gather(self, target: str, kinds: Collection[str], since: datetime, now: datetime, most: int) -> int:
        """Queue the events of these kinds (empty: all) received since then for a target, each once, `most` at a time.

        Returns how many; fewer than `most`: there are no more.
        """
        ...

    def take(self, target: str, lease: datetime, now: datetime, most: int) -> list[tuple[UUID, str, bytes, int]]:
        """Return (id, event, body, attempts) of what is due, leased so that nobody else takes it before."""
        ...

    def settle(self, delivery: UUID, error: str | None, next_at: datetime | None) -> None:
        """Note how a delivery went: no error: done; no next time: given up."""
        ...
