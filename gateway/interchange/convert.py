"""Rows of cells into rows to be stored, and what is to be said of those that cannot be."""

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, field
from itertools import compress

import msgspec

from gateway.domain.records.base import Entry
from gateway.domain.wording import understood, unindexed
from gateway.filing.staging import StagedRows
from gateway.interchange.assembly import assembly
from gateway.interchange.cells import Cell, is_blank
from gateway.interchange.chunk import NONE_OF_THEM, Chunk, Fields, Layout
from gateway.interchange.report import Remark, Weight, cut
from gateway.interchange.sheet import OWNER, PRIVATE, Column
from gateway.interchange.tables import Lines, Numbered
from gateway.interchange.target import Target, Thing, build


@dataclass(slots=True)
class _Said:
    """What one or more rows say of one thing."""

    rows: list[int]  # places in the chunk
    said: list[Fields]  # by each of them
    private: list[Fields]
    lists: dict[str, list[tuple[int, Fields]]] = field(default_factory=dict)  # entries with the row of each
    none_of: dict[str, int] = field(default_factory=dict)  # lists declared to have no entries, with the row


@dataclass(slots=True)
class _Kept:
    """What is to be stored: each column has an entry for every thing."""

    numbers: list[int] = field(default_factory=list)
    things: list[Thing] = field(default_factory=list)
    private: list[Thing | None] = field(default_factory=list)
    owners: list[str | None] = field(default_factory=list)
    said: list[bytes] = field(default_factory=list)  # where things may be there already


class Converted(msgspec.Struct, frozen=True, array_like=True):
    """The good things of a chunk, and what is to be said of it."""

    staged: StagedRows
    remarks: list[Remark]
    things: int  # good and bad


class Refused(Exception):
    """A thing that cannot be stored; carries why."""

    def __init__(self, *remarks: Remark) -> None:
        super().__init__(remarks)
        self.remarks = remarks


class Converter:
    """Reads the rows of one file of one type; keeps what it learnt of cells from chunk to chunk."""

    def __init__(self, target: Target, layout: Layout, entry: Entry, party: str | None, *, corrects: bool) -> None:
        """`party`: the one whose things these must be; None: anybody's, as the file says.

        `corrects`: some of the things may be there already, and keep what the file does not say.
        """
        self._target, self._layout, self._entry, self._party = target, layout, entry, party
        self._corrects = corrects
        self._assembly = assembly(target, layout)
        self._required = target.required  # found by looking through the model, which takes a millisecond
        self._columns = {column.path.replace("[]", ""): column for column in target.sheet.columns}

    def convert(self, rows: Lines | Sequence[Numbered]) -> Converted:
        """Convert a chunk; no thing's rows may lie in two of them."""
        chunk = Chunk(rows, self._layout)
        remarks = list(self._unread(chunk))
        unread = {remark.row for remark in remarks}
        kept = _Kept()
        if self._target.sheet.listed:
            things = self._listed(chunk)
            count = len(things)
        else:
            things = _single(chunk, self._take(chunk, unread, kept))
            count = len(chunk.numbers)
        for thing in things:
            if unread and not unread.isdisjoint(map(chunk.numbers.__getitem__, thing.rows)):
                continue
            try:
                remarks += self._add(thing, chunk, kept)
            except Refused as refused:
                remarks += refused.remarks
        staged = self._target.rows(kept.numbers, kept.things, kept.private, kept.owners, kept.said)
        return Converted(staged, remarks, count)

    def _take(self, chunk: Chunk, unread: Set[int], kept: _Kept) -> list[int]:
        """Keep the rows of which there is nothing to say, as most; return the places of the others."""
        if self._corrects or self._assembly is None:
            return list(range(len(chunk.numbers)))
        faults, entry, own = self._target.faults, self._entry, {None, self._party}
        amiss = {row for row, number in enumerate(chunk.numbers) if number in unread} if unread else unread
        things, private, owners = self._assembly.things(chunk, amiss)
        good = [thing is not None and not any(faults(thing, entry)) for thing in things]
        if self._party is not None:
            whose = zip(good, things, owners, strict=True)
            good = [well and owner in own and self._registered_with(thing) in own for well, thing, owner in whose]
            owners = [self._party] * len(owners)
        kept.numbers += compress(chunk.numbers, good)
        kept.things += compress(things, good)
        kept.private += compress(private, good)
        kept.owners += compress(owners, good)
        return [row for row, well in enumerate(good) if not well]

    def _unread(self, chunk: Chunk) -> Iterator[Remark]:
        for row, column, reason in chunk.spoilt():
            yield self._remark(chunk, row, column.path.replace("[]", ""), reason)
        for row, extra in chunk.beyond:
            reason = "这一行比表头多出单元格，可能是内容里的逗号没有加引号"
            yield Remark(chunk.numbers[row], "", cut(extra), reason)

    def _listed(self, chunk: Chunk) -> list[_Said]:
        """Return things whose further rows add entries to their lists, and repeat or leave out everything else."""
        parts = chunk.parts(range(len(chunk.numbers)))
        fields, private = parts.pop(""), parts.pop("private", None) or [{} for _ in chunk.numbers]
        things: list[_Said] = []
        key: Cell = ""
        for row, cell in enumerate(chunk.keys()):
            new, key = begins(cell, key)
            if new or not things:
                things.append(_Said([], [], []))
            thing = things[-1]
            thing.rows.append(row)
            thing.said.append(fields[row])
            thing.private.append(private[row])
            for path, entries in parts.items():
                _add_entry(thing, path.removesuffix("[]"), row, entries[row])
        return things

    def _agreed(self, thing: _Said, said: Sequence[Fields], chunk: Chunk, prefix: str) -> Fields:
        """Return what all rows of a thing say. Raises `Refused` where one contradicts the first."""
        agreed = said[0]
        if len(said) == 1:
            return agreed
        for row, fields in zip(thing.rows, said, strict=True):
            for name, value in fields.items():
                if agreed.get(name) != value:
                    begun = chunk.numbers[thing.rows[0]]
                    reason = f"与第{begun}行不一致：同一{self._target.sheet.key}的各行，这一列应相同或留空"
                    raise Refused(self._remark(chunk, row, prefix + name, reason))
        return agreed

    def _add(self, thing: _Said, chunk: Chunk, kept: _Kept) -> list[Remark]:
        """Keep what is to be stored of a thing; return warnings. Raises `Refused`."""
        fields = self._agreed(thing, thing.said, chunk, "")
        if thing.lists or thing.none_of:
            fields |= self._lists(thing, chunk)
        owner = fields.pop(OWNER, self._party)
        if self._party is not None and owner != self._party:
            raise Refused(self._remark(chunk, thing.rows[0], OWNER, "只能导入本单位的数据"))
        record = self._fitting(thing, chunk, self._target.model, fields, "")
        if self._party is not None and (other := self._registered_with(record)) not in {None, self._party}:
            raise Refused(
                self._remark(chunk, thing.rows[0], "", "登记在其他单位名下；只能导入本单位的数据", value=str(other))
            )
        sealed = self._agreed(thing, thing.private, chunk, PRIVATE)
        private = None
        if sealed and self._target.private is not None:
            private = self._fitting(thing, chunk, self._target.private, sealed, PRIVATE)
        said = []
        for fault in self._target.faults(record, self._entry):
            path, entry = unindexed(fault.field)
            weight = Weight(fault.severity)
            said.append(self._remark(chunk, _row_of(thing, path, entry), path, fault.reason, weight, fault.value))
        if said and any(remark.weight is Weight.ERROR for remark in said):
            raise Refused(*said)
        kept.numbers.append(chunk.numbers[thing.rows[0]])
        kept.things.append(record)
        kept.private.append(private)
        kept.owners.append(owner)
        if self._corrects:
            kept.said.append(msgspec.json.encode([fields, sealed]))
        return said

    def _registered_with(self, record: Thing) -> str | None:
        """Return the party that the record itself names as the one it belongs to."""
        return self._target.facts(record).parties.get("owner")

    def _lists(self, thing: _Said, chunk: Chunk) -> Fields:
        for name, row in thing.none_of.items():
            if thing.lists.get(name):
                raise Refused(self._remark(chunk, row, f"{name}.name", "填了“无”，同一批却又有记录"))
        entries = {name: [entry for _, entry in listed] for name, listed in thing.lists.items()}
        return {name: [] for name in thing.none_of} | entries

    def _fitting(self, thing: _Said, chunk: Chunk, model: type[msgspec.Struct], fields: Fields, prefix: str) -> object:
        if not thing.lists:
            try:
                return build(model, fields)
            except (TypeError, ValueError):
                pass  # said in words below
        try:
            return msgspec.convert(fields, model)
        except msgspec.ValidationError as err:
            raise Refused(*self._refusals(thing, chunk, fields, str(err), prefix)) from None

    def _refusals(self, thing: _Said, chunk: Chunk, fields: Fields, message: str, prefix: str) -> Iterator[Remark]:
        """Say what is wrong: every required field that is missing, else the one fault that msgspec names."""
        if not prefix and (missing := [path for path in self._required if not _holds(fields, path)]):
            for path in sorted(missing, key=list(self._columns).index):
                yield self._remark(chunk, thing.rows[0], path, "必填")
            return
        fault = understood(message)
        at, entry = unindexed(fault.path)
        path = prefix + at
        column = self._column(path)
        reason = column.told(fault.reason) if column else fault.reason
        yield self._remark(chunk, _row_of(thing, path, entry), path, reason)

    def _column(self, path: str) -> Column | None:
        """Return the column of a field, or the first one of a part."""
        if path in self._columns:
            return self._columns[path]
        return next((column for at, column in self._columns.items() if path and at.startswith(f"{path}.")), None)

    def _remark(
        self, chunk: Chunk, row: int, path: str, reason: str, weight: Weight = Weight.ERROR, value: str = ""
    ) -> Remark:
        column = self._column(path)
        if column is None:
            return Remark(chunk.numbers[row], "", cut(value), reason, weight)
        written = chunk.cell(row, column.path)
        shows = value if written is None else written
        masked = column.kind.mask(shows) if column.kind.mask and shows else shows
        return Remark(chunk.numbers[row], column.heading, cut(masked), reason, weight)


def begins(key: Cell, before: Cell) -> tuple[bool, Cell]:
    """Return whether a row with this key is about another thing than the row before, and the key it stands under."""
    return (False, before) if is_blank(key) or key == before else (True, key)


def _single(chunk: Chunk, rows: Sequence[int]) -> list[_Said]:
    """Return a thing for each of these rows."""
    parts = chunk.parts(rows)
    private = parts.get("private") or [{} for _ in rows]
    return [_Said([row], [said], [sealed]) for row, said, sealed in zip(rows, parts[""], private, strict=True)]


def _add_entry(thing: _Said, name: str, row: int, entry: Fields) -> None:
    if any(value is NONE_OF_THEM for value in entry.values()):
        thing.none_of[name] = row
        entry = {name: value for name, value in entry.items() if value is not NONE_OF_THEM}
    if entry:
        thing.lists.setdefault(name, []).append((row, entry))


def _row_of(thing: _Said, path: str, entry: int | None) -> int:
    """Return the row that a fault is about: that of the list's entry, else the first."""
    entries = thing.lists.get(path.partition(".")[0], [])
    return entries[entry][0] if entry is not None and entry < len(entries) else thing.rows[0]


def _holds(fields: Fields, path: str) -> bool:
    here: object = fields
    for name in path.split("."):
        if not isinstance(here, dict) or name not in here:
            return False
        here = here[name]
    return True
