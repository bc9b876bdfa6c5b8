"""What the trace database knows of one code, as plain values."""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

import msgspec
from stdnum.cn import uscc

_DISTRICT = re.compile(r"[0-9]{6}\Z")


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
class LabelRange:
    """Goods labels issued and bound as one run of indexes; a row of its own has only what differs or was queried."""

    klass: int  # first digit of their codes
    version: int  # key version, the second digit
    first: int
    last: int  # included
    label: Label
    record_type: str
    record_key: str | None  # None: not bound yet
    issued_to: str | None = None  # party
    countersigned: bool = False  # beside each code stands a word that is derived from it

    def __post_init__(self) -> None:
        if not 0 <= self.first <= self.last:
            raise ValueError(
                f"label range {self.first}-{self.last}: the first index must be 0 or more and not past the last"
            )


@dataclass(frozen=True, slots=True)
class SingleLabel:
    """One label bound on its own: a seal to its cylinder, or an exception inside a range."""

    klass: int
    version: int
    index: int
    label: Label
    record_type: str
    record_key: str | None
    issued_to: str | None = None


class PartyKind(StrEnum):
    """What a party does (DOMAIN 2.1)."""

    FARM = "farm"
    COOP = "coop"
    FACTORY = "factory"
    ABATTOIR = "abattoir"
    RETAILER = "retailer"
    STATION = "station"
    INSPECTOR = "inspector"
    MAINTENANCE = "maintenance"
    USE_UNIT = "use_unit"
    REGULATOR = "regulator"


@dataclass(frozen=True, slots=True)
class Party:
    """A firm or an office; the contact person is masked in public, the duty phone is not."""

    id: str
    name: str
    kind: PartyKind
    district: str  # GB/T 2260, six digits
    duty_phone: str | None = None
    uscc: str | None = None  # unified social credit code, 18 characters
    licence_no: str | None = None
    licence_valid_to: date | None = None
    contact: str | None = None  # a person's name: masked in public
    pilot: bool = False  # takes part for trial: left out of public statistics

    def __post_init__(self) -> None:
        if not _DISTRICT.match(self.district):
            raise ValueError(f"party {self.id}: district {self.district!r} is not six digits (GB/T 2260)")
        if self.uscc is not None and not uscc.is_valid(self.uscc):
            raise ValueError(f"party {self.id}: uscc {self.uscc!r} fails its check (GB 32100, ISO 7064 MOD 31-3)")


@dataclass(frozen=True, slots=True)
class Source:
    """A feed of records from outside, and how long it has been quiet; zero: it is alive."""

    name: str
    quiet_for: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class Filed:
    """One record as it goes into the database, under its type and its key."""

    record_type: str
    key: str
    record: Record
    source: str | None = None  # the feed that keeps it fresh; None: no live source
    owner: str | None = None  # the party whose record it is
    inspector: str | None = None  # the feed of its inspections, where that is another; both must be fresh
    private: msgspec.Struct | None = None  # of the type's `private` model; stored sealed


@dataclass(frozen=True, slots=True)
class Trace:
    """One code and all that was found for it, or that nothing was."""

    code: str  # canonical key: 16 or 20 digits, a lift's local number, a plate, a foreign key
    record_type: str | None  # by the code's class, also when nothing was found; None: foreign and unknown
    label: Label | None = None  # None: never issued, or a thing without a label (lift)
    record: Record | None = None
    source_at: datetime | None = None  # the older of its sources' last heartbeats: "data as of"; None: no live source
    owner: str | None = None  # the party whose record it is: it may have wordings of its own
    record_id: str | None = None  # "<type>/<key>" of the record, where there is one
    asked: int = 0  # how often it was asked for before
    first_at: datetime | None = None  # when it was first asked for
    sealed: bool = False  # codes of its class and version were issued, and the key that tells which is not here
    stretch: tuple[int, int] | None = None  # first and last index of the issued range it lies in

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
