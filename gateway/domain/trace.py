"""What the trace database knows of one code, as plain values."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import msgspec


class RepeatPolicy(StrEnum):
    """Whether a second query of the same code is a warning (DOMAIN 0.1); a property of the batch."""

    COVERT = "covert"
    OPEN = "open"


class LabelState(StrEnum):
    """A label's life (DOMAIN 2.1); nothing leads back to `ACTIVE` from the states after it."""

    MINTED = "minted"
    ISSUED = "issued"
    ACTIVE = "active"
    CONSUMED = "consumed"
    CANCELLED = "cancelled"
    LOST = "lost"
    STOLEN = "stolen"
    SCRAPPED = "scrapped"


class Record(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of the record types in `gateway.domain.records`; one row of the trace database."""


@dataclass(frozen=True, slots=True)
class Label:
    """The printed code's own row, or what its issued range says of it."""

    state: LabelState
    policy: RepeatPolicy
    issued_at: datetime | None = None
    bound_at: datetime | None = None
    countersign: str | None = None  # printed beside the code; only a genuine answer returns it


@dataclass(frozen=True, slots=True)
class Trace:
    """One code and all that was found for it, or that nothing was."""

    code: str  # canonical key: 16 or 20 digits, a lift's local number, a plate, a foreign key
    record_type: str | None  # by the code's class, also when nothing was found; None: foreign and unknown
    label: Label | None = None  # None: never issued, or a thing without a label (lift)
    record: Record | None = None
    source_at: datetime | None = None  # the source's last heartbeat: "data as of"; None: no live source

    @property
    def found(self) -> bool:
        """True when the code was issued, or the record exists."""
        return self.label is not None or self.record is not None


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a query stands in the row of queries of its code, this one counted in."""

    count: int  # 1 on the first; 0 where nothing is counted
    first_at: datetime | None
    own: bool = False  # the first query came from the same querier
