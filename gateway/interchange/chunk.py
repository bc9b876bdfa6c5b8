"""Some rows of a file, turned on their side and read column by column: a cell seen before costs one look-up.

A million rows go through here; a function call a cell would take minutes.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import zip_longest
from types import GenericAlias
from typing import Any, Final, TypeAlias

import msgspec

from gateway.domain.wording import understood
from gateway.interchange.cells import NOTHING, BadCell, Cell, is_blank, shown
from gateway.interchange.sheet import Column, Sheet
from gateway.interchange.tables import Lines, Numbered

Fields: TypeAlias = dict[str, Any]

_REMEMBERED: Final = 20_000  # cells a column; a stamp number is never met again
_FEW: Final = 250  # cells that are looked at one by one where one of them is bad or empty
_DECLARED_NONE: Final = frozenset({"无", "未使用", "未用", "未用药", "没有"})


_NOTE: Final = re.compile(r"(?:注|说明|备注|填表|填报|制表|审核|联系人|单位负责人)")
_TOTAL: Final = re.compile(r"(?:合\s*计|总\s*计|小\s*计|共\s*计)")
_ASIDES: Final = frozenset("注说备填制审联单合总小共")  # what these begin with


class _Mark:
    """Stands for what is not a value."""


EMPTY: Final = _Mark()  # nothing stands in the cell
NONE_OF_THEM: Final = _Mark()  # the list is declared to have no entries


@dataclass(frozen=True, slots=True)
class Bad:
    """A cell that cannot be what its column holds."""

    reason: str


class Meaning(dict[Cell, object]):
    """What the cells of one column mean."""

    def __init__(self, column: Column, type_: object, today: date, *, may_declare_none: bool) -> None:
        """`type_`: of the field that the column fills."""
        super().__init__()
        self._column, self._type, self._today, self._may_declare_none = column, type_, today, may_declare_none
        self._types = GenericAlias(list, (type_,))
        self._marks = NOTHING | (_DECLARED_NONE if may_declare_none else frozenset())
        self._new = 0  # cells not met before, in these rows
        self._unlike = False  # most cells were new, so that to remember them would only cost time
        self.any_bad = False  # in these rows
        self.any_empty = False  # in the file so far

    def of(self, cells: Sequence[Cell]) -> list[object]:
        """Return what the cells of some rows mean."""
        self.any_bad = False
        if self._unlike and len(set(cells)) * 2 > len(cells):
            return self._of_unlike(cells)
        self._new = 0
        found = list(map(self.__getitem__, cells))
        self._unlike = self._new * 2 > len(cells)
        return found

    def _of_unlike(self, cells: Sequence[Cell]) -> list[object]:
        meant = self._at_once(cells)
        if meant is not None:
            return meant
        if len(cells) <= _FEW:
            return list(map(self.__getitem__, cells))
        half = len(cells) // 2  # one bad cell does not make all of them slow
        return self._of_unlike(cells[:half]) + self._of_unlike(cells[half:])

    def _at_once(self, cells: Sequence[Cell]) -> list[object] | None:
        """Return what cells mean that are all texts and all good; None where one is not."""
        try:
            if not self._marks.isdisjoint(map(str.strip, cells)):  # type: ignore[arg-type] # the error tells
                return None
            meant: list[object] = msgspec.convert(self._read_all(cells), self._types)
        except (TypeError, ValueError):  # of which `BadCell` and `ValidationError` are
            return None
        return meant

    def _read_all(self, cells: Sequence[Cell]) -> list[object]:
        kind, today = self._column.kind, self._today
        if kind.plainly is not None:
            text = "".join(cells)  # type: ignore[arg-type] # they are texts by now
            if text.isascii() and text.isalnum():
                return list(map(kind.plainly, cells))  # type: ignore[arg-type] # as above
        return [kind.read(cell, today) for cell in cells]

    def __missing__(self, cell: Cell) -> object:
        self._new += 1
        meant = self._read(cell)
        if isinstance(meant, Bad):
            self.any_bad = True  # and not remembered, so that it is met again where it stands again
            return meant
        if len(self) >= _REMEMBERED:
            self.clear()
        self[cell] = meant
        return meant

    def _read(self, cell: Cell) -> object:
        if isinstance(cell, str) and (word := cell.strip()) not in self._column.kind.meant:
            if self._may_declare_none and word in _DECLARED_NONE:
                return NONE_OF_THEM
            if word in NOTHING:
                self.any_empty = True
                return EMPTY
        try:
            return msgspec.convert(self._column.kind.read(cell, self._today), self._type)
        except BadCell as err:
            reason = str(err)
        except msgspec.ValidationError as err:
            reason = self._column.told(understood(str(err)).reason)
        return Bad(reason)


@dataclass(frozen=True, slots=True)
class Part:
    """One struct inside the record: its path, what it stands in, its fields with the places of their columns."""

    path: str
    above: str
    name: str
    fields: tuple[tuple[str, int], ...]


class Layout:
    """Which column of a file is which, and what its cells were found to mean so far."""

    def __init__(
        self, sheet: Sheet, types: Mapping[str, object], columns: Mapping[int, Column], width: int, today: date
    ) -> None:
        self.columns = tuple(columns.values())
        self.places = tuple(columns)
        self.width = width  # places up to the last heading
        self.at = {column.path: at for at, column in enumerate(self.columns)}
        self.key = next((at for at, column in enumerate(self.columns) if column.heading == sheet.key), 0)
        self.meanings = [
            Meaning(c, types[c.path], today, may_declare_none=c.path.removesuffix("[].name") in sheet.none_means)
            for c in self.columns
        ]
        self.parts = tuple(self._plan())

    def _plan(self) -> Iterator[Part]:
        """Return the parts there are columns for, the innermost first."""
        of_part: dict[str, list[tuple[str, int]]] = {"": []}
        for at, column in enumerate(self.columns):
            above, _, name = column.path.rpartition(".")
            of_part.setdefault(above, []).append((name, at))
            while above := above.rpartition(".")[0]:
                of_part.setdefault(above, [])
        for path in sorted(of_part, key=lambda path: path.count(".") + bool(path), reverse=True):
            above, _, name = path.rpartition(".")
            yield Part(path, above, name, tuple(of_part[path]))


class Chunk:
    """The rows of things, with the meanings of their cells.

    `numbers` are those a spreadsheet shows; `beyond` tells the rows that say something right of the last heading, and
    what they say there first.
    """

    def __init__(self, rows: Lines | Sequence[Numbered], layout: Layout) -> None:
        self._layout = layout
        self.beyond: Sequence[tuple[int, str]] = ()
        if isinstance(rows, Lines) and (plain := _plain(rows, layout)) is not None:
            self.numbers: Sequence[int] = range(rows.first, rows.first + len(plain[0]))
            across: Sequence[Sequence[Cell]] = plain
        else:
            numbered = rows.rows() if isinstance(rows, Lines) else rows
            about = [row for row in numbered if not _is_aside(row[1], layout.places)]
            self.numbers = [number for number, _ in about]
            self.beyond = list(_beyond(about, layout.width))
            across = list(zip_longest(*(cells[: layout.width] for _, cells in about), fillvalue=""))
        missing = ("",) * len(self.numbers)
        self._cells = [across[place] if place < len(across) else missing for place in layout.places]
        self._meant = [meaning.of(column) for meaning, column in zip(layout.meanings, self._cells, strict=True)]
        self._spoilt = [at for at, meaning in enumerate(layout.meanings) if meaning.any_bad]

    def cell(self, row: int, path: str) -> str | None:
        """Return what stands in a row for a field; None where the file has no such column."""
        at = self._layout.at.get(path)
        return None if at is None else shown(self._cells[at][row])

    def written(self, at: int) -> Sequence[Cell]:
        """Return the cells of the column that is this one of the layout's."""
        return self._cells[at]

    def meant(self, at: int) -> Sequence[object]:
        """Return what they mean."""
        return self._meant[at]

    def keys(self) -> Sequence[Cell]:
        """Return the cells that name the things."""
        return self._cells[self._layout.key]

    def spoilt(self) -> Iterator[tuple[int, Column, str]]:
        """Return the cells that cannot be what they should: row, column and reason."""
        for at in self._spoilt:
            for row, found in enumerate(self._meant[at]):
                if isinstance(found, Bad):
                    yield row, self._layout.columns[at], found.reason

    def parts(self, rows: Sequence[int]) -> dict[str, list[Fields]]:
        """Return what these rows say: of the record itself (''), of its private part, of one entry of each list.

        Parts inside parts stand in them already, and an empty part nowhere.
        """
        made: dict[str, list[Fields]] = {}
        for part in self._layout.parts:
            here = made[part.path] = self._fields(part.fields, rows)
            for inner in [inner for inner in made if inner and _stands_in(inner, part.path)]:
                for fields, below in zip(here, made.pop(inner), strict=True):
                    if below:
                        fields[inner.rpartition(".")[2]] = below
        return made

    def _fields(self, fields: Sequence[tuple[str, int]], rows: Sequence[int]) -> list[Fields]:
        columns = [(name, self._meant[at]) for name, at in fields]
        return [{name: meant for name, column in columns if (meant := column[row]) is not EMPTY} for row in rows]


def _plain(lines: Lines, layout: Layout) -> list[list[str]] | None:
    """Return the columns of lines that are all about things and say nothing beyond the headings; None: look at each."""
    columns = lines.columns()
    if columns is None or any(map(any, columns[layout.width :])):
        return None
    begins = {cell[:1] for cell in columns[0]}
    return columns if begins.isdisjoint(_ASIDES) and all(map(str.strip, begins)) else None


def _beyond(rows: Sequence[Numbered], width: int) -> Iterator[tuple[int, str]]:
    for row, (_, cells) in enumerate(rows):
        if len(cells) > width and (extra := next((cell for cell in cells[width:] if not is_blank(cell)), "")) != "":
            yield row, shown(extra)


def _is_aside(cells: Sequence[Cell], places: Sequence[int]) -> bool:
    """Return whether a row is blank, a total or a note, and so about no thing."""
    first = cells[0] if cells and cells[0] else next((cell for cell in cells if cell != ""), "")
    if not isinstance(first, str) or (first[:1] not in _ASIDES and first[:1].strip()):
        return False
    text = first.strip()
    if not text:
        return not any(str(cell).strip() for cell in cells)
    # A note stands alone in its row; a thing has its key and more.
    alone = sum(1 for at in places if at < len(cells) and cells[at] != "") <= 1
    return bool(_TOTAL.match(text)) or (bool(_NOTE.match(text)) and alone)


def _stands_in(inner: str, part: str) -> bool:
    """Return whether a part is a plain member of another: lists and the private part are put together later."""
    above, _, _ = inner.rpartition(".")
    return above == part and not inner.endswith("[]") and inner != "private"
