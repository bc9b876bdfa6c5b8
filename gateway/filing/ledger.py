"""What acts on labels need from the database: the ledger of runs, and the labels that differ from their run."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from gateway.domain.labels import Run
from gateway.domain.trace import LabelState, RepeatPolicy


@dataclass(frozen=True, slots=True)
class Order:
    """So many labels for a party; the custodian is the person there who answers for them (R35)."""

    klass: int
    version: int
    count: int
    party: str
    custodian: str | None = None
    countersigned: bool = False


@dataclass(frozen=True, slots=True)
class Stretch:
    """A run of which all labels are alike, but for those with a state of their own."""

    run: Run
    state: LabelState
    record_id: str | None = None
    issued_to: str | None = None


@dataclass(frozen=True, slots=True)
class OneLabel:
    """One label, whether it has a state of its own or its run's."""

    code: str
    state: LabelState
    record_id: str | None = None
    issued_to: str | None = None
    place: Run | None = None  # where it stands among its class, a run of one; None: a foreign code


@dataclass(frozen=True, slots=True)
class Change:
    """What labels become; a field that is None stays as it is."""

    state: LabelState
    record_id: str | None = None
    policy: RepeatPolicy | None = None
    bound_at: datetime | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """What became of one issue's labels (R35). `run` is None for labels that came from another system."""

    issue: int | None
    party: str | None
    custodian: str | None
    klass: int
    version: int
    run: Run | None
    issued_at: datetime | None
    issued: int
    bound: int
    used: int
    void: int
    returned: int
    destroyed: int
    left: int


class Labels(Protocol):
    """The ledger of labels."""

    def take_turns(self) -> None:
        """Let no other act change labels until this transaction ends; records are locked before, never after."""
        ...

    def newest(self, klass: int, version: int) -> Run | None:
        """Return the run minted last of a class and version."""
        ...

    def last_in(self, run: Run) -> Run | None:
        """Return the last run of the ledger that has labels in common with this one."""
        ...

    def mint(self, order: Order, run: Run, policy: RepeatPolicy, actor: str, now: datetime) -> int:
        """Write a new run, minted, and its issue; return the issue's number."""
        ...

    def stretches(self, run: Run) -> list[Stretch]:
        """Return what the ledger has of a run, in order, cut to it."""
        ...

    def exceptions(self, run: Run) -> list[OneLabel]:
        """Return the labels in a run that have a state of their own."""
        ...

    def change(self, run: Run, change: Change) -> None:
        """Change what the ledger has of a run; labels with a state of their own keep it."""
        ...

    def one(self, code: str) -> OneLabel | None:
        """Return one label, ours or foreign; None: never minted, nor registered."""
        ...

    def change_one(self, label: OneLabel, change: Change, *, equipment: bool = False) -> None:
        """Give one label a state of its own. `equipment`: it is bound to one thing, which has no other live label."""
        ...

    def live(self, record_id: str) -> OneLabel | None:
        """Return the live label of a cylinder, a vehicle or a station."""
        ...

    def bound(self, record_id: str) -> int:
        """Return how many live labels a record has."""
        ...

    def register(
        self, keys: Sequence[str], record_id: str, party: str, policy: RepeatPolicy, now: datetime, *, hashed: bool
    ) -> Collection[str]:
        """Write foreign codes as live labels; return those that were there before, of which none was changed.

        `hashed`: as HMAC only, so that the database does not tell codes that nobody asked for (DOMAIN 3.4).
        """
        ...

    def lines(self, party: str | None) -> list[Line]:
        """Return the ledger, of one party or of all, the oldest issue first."""
        ...
