"""What the import of a file needs from the database: a place for its rows, and one transaction that merges them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple, Protocol, TypeAlias
from uuid import UUID

import msgspec

from gateway.domain.access import Actor


class StagedRow(NamedTuple):
    """One valid thing of a file as it goes into the database."""

    number: int  # the row it began in
    record_id: str  # "<type>/<key>"
    body: bytes  # msgspec JSON of the type's model
    private: bytes | None  # JSON of the type's private model; sealed before it is stored anywhere
    status: str
    owner: str | None
    district: str | None
    category: str | None
    due_on: str | None  # ISO 8601, as are all days here
    served_on: str | None
    version: int  # of the record that it corrects; 0: there is none


Name: TypeAlias = tuple[int, str, str]  # number of the row, id of its record, another name of the thing
Link: TypeAlias = tuple[int, str, str, str]  # number of the row, id of its record, role, party id


class StagedRows(msgspec.Struct, frozen=True, array_like=True):
    """Things of a file, and what they are linked to, column by column: all columns of a table are of one length.

    A million things go from process to process and to the driver: as rows they would cost more than what they say.
    """

    number: list[int]  # this and the next ten: as in `StagedRow`
    record_id: list[str]
    body: list[bytes]
    private: list[bytes | None]
    status: list[str]
    owner: list[str | None]
    district: list[str | None]
    category: list[str | None]
    due_on: list[str | None]
    served_on: list[str | None]
    version: list[int]
    # Where each thing has one other name, and that is "<named>/<its key>", as in most files; then `names` is empty.
    named: str | None
    names: tuple[list[int], list[str], list[str]]  # as in `Name`
    parties: tuple[list[int], list[str], list[str], list[str]]  # as in `Link`
    # What each row says, as JSON, where records of the type are there already: the fields that a file has no column
    # for, or leaves empty, stay as they are. Empty: all rows are new.
    said: list[bytes]

    @classmethod
    def of(cls, rows: Sequence[StagedRow], names: Sequence[Name], parties: Sequence[Link]) -> "StagedRows":
        """Turn rows on their side."""
        columns = dict(zip(StagedRow._fields, turned(rows, len(StagedRow._fields)), strict=True))
        return cls(**columns, named=None, names=turned(names, 3), parties=turned(parties, 4), said=[])

    def columns(self) -> tuple[list[Any], ...]:
        """Return what `StagedRow` has, in its order."""
        return msgspec.structs.astuple(self)[: len(StagedRow._fields)]

    def rows(self) -> list[StagedRow]:
        """Return the things one by one."""
        return list(map(StagedRow._make, zip(*self.columns(), strict=True)))

    def all_names(self) -> tuple[list[int], list[str], list[str]]:
        """Return `names`, those written out that go without saying."""
        if self.named is None:
            return self.names
        return self.number, self.record_id, [f"{self.named}/{id_.partition('/')[2]}" for id_ in self.record_id]


def named(keys: Sequence[str], aliases: Sequence[tuple[str, ...]]) -> str | None:
    """Return what each of these things is named by (`StagedRows.named`), given the other names of each."""
    kind = next((alias.partition("/")[0] for of_one in aliases for alias in of_one), None)
    return kind if kind is not None and list(aliases) == [(f"{kind}/{key}",) for key in keys] else None


def turned(rows: Sequence[tuple[Any, ...]], width: int) -> tuple[Any, ...]:
    """Turn rows of so many cells on their side."""
    return tuple(map(list, zip(*rows, strict=True))) if rows else tuple([] for _ in range(width))


class Rule(StrEnum):
    """What a row breaks of what is there already."""

    TWICE = "twice"  # the same key stands in an earlier row
    FOREIGN = "foreign"  # the record is another party's
    DUE_EARLIER = "due_earlier"  # its inspection would be due earlier than is known
    SERVED_EARLIER = "served_earlier"  # its last service would be older than is known
    NAME_TAKEN = "name_taken"  # one of its other names is another record's
    NO_PARTY = "no_party"  # a party it names is not known
    UNFIT = "unfit"  # with what is known of the thing already it breaks a rule of its type
    RESERVED = "reserved"  # only the regulator or an inspection body changes that
    CHANGED = "changed"  # somebody else changed the record meanwhile


@dataclass(frozen=True, slots=True)
class Clash:
    """A row that contradicts the database, or another row of its file."""

    number: int
    key: str
    rule: Rule
    what: str  # the row that has the key already, the day known, the name or the party


@dataclass(frozen=True, slots=True)
class Batch:
    """One file on its way in."""

    id: UUID
    type: str
    sha256: str
    name: str
    actor: Actor
    at: datetime
    source: str | None = None  # the feed it is a sign of life of
    dated: bool = False  # its days of inspection and service must not move backwards (DOMAIN T13)


@dataclass(frozen=True, slots=True)
class Earlier:
    """That this very file was taken in before."""

    at: datetime
    actor: str
    rows: int


@dataclass(frozen=True, slots=True)
class Opened:
    """What is known before the first row."""

    earlier: Earlier | None
    corrects: bool  # there are records of the type already, which the rows may change


@dataclass(frozen=True, slots=True)
class Merged:
    """What came of it. Nothing is merged while a row clashes, unless those rows are left out."""

    clashes: tuple[Clash, ...] = ()
    done: bool = False
    added: int = 0
    changed: int = 0
    same: int = 0


class Staging(Protocol):
    """The rows of one file, seen by nobody else, gone with the connection."""

    async def open(self) -> Opened:
        """Make an empty place for the rows."""
        ...

    async def add(self, rows: StagedRows) -> list[Clash]:
        """Put rows there; return those that do not fit what is known of their things, which are left out."""
        ...

    async def settle(self, *, merge: bool, partial: bool, rejected: int) -> Merged:
        """Compare all rows with the database and merge them in one transaction, all or, with `partial`, the good ones.

        Without `merge` they are only compared. `rejected` rows of the file are not among them; it is kept.
        """
        ...
