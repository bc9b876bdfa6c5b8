"""Which row is the heading, and which column is which: under a merged title, with the names people use (DOMAIN 4.4)."""

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Final

from gateway.interchange.cells import Cell, shown
from gateway.interchange.faults import BadFile
from gateway.interchange.report import Remark, Weight
from gateway.interchange.sheet import Column, Sheet
from gateway.interchange.tables import Grid, Numbered
from gateway.interchange.workbook import ROWS_ABOVE
from gateway.text.normalise import normalise

# Wider than any form; names nobody knows are compared with all that are known, which takes a millisecond each.
_WIDEST: Final = 256  # columns
# Columns that forms have for the eye only.
_IDLE: Final = frozenset({"", "序号", "编号", "备注", "no", "no."})
_BRACKETS: Final = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")


@dataclass(frozen=True, slots=True)
class Found:
    """A heading, what of it was not understood, and the rows below it."""

    columns: Mapping[int, Column]  # by their place from the left, 0 the first
    width: int  # places up to the last heading
    remarks: tuple[Remark, ...]
    top: Iterator[Numbered]  # the rows below it that were looked through for headings
    below: Iterator[Numbered]  # the rows below those

    @property
    def rows(self) -> Iterator[Numbered]:
        """Return the rows below the heading that were not read yet."""
        return chain(self.top, self.below)


def find(grids: Sequence[Grid], sheet: Sheet, required: frozenset[str]) -> Found:
    """Find the one heading among the sheets of a file.

    `required` names the paths that must have a column. Raises `BadFile`: no sheet has the heading, more than one has,
    columns are missing or there twice.
    """
    names = _names(sheet)
    tops = [(grid, list(islice(grid.rows, ROWS_ABOVE))) for grid in grids]
    found = [(grid, top, at) for grid, top in tops for at in _heading(top, names, sheet)]
    if not found:
        raise _no_heading([top for _, top in tops], sheet)
    if len(found) > 1:
        raise BadFile(
            f"有{len(found)}个工作表都像“{sheet.title}”：{'、'.join(grid.name for grid, _, _ in found)}；请只留一个"
        )
    grid, top, at = found[0]
    number, cells = top[at]
    if any(cell != "" for cell in cells[_WIDEST:]):
        raise BadFile(f"第{number}行的表头超过{_WIDEST}列；请删去多余的列，或核对分隔符")
    known = _known(cells, names)
    _refuse_twice(known, number)
    _refuse_missing(known, sheet, required, cells, number)
    width = max(place for place, cell in enumerate(cells) if cell != "") + 1
    remarks = tuple(_not_understood(cells, known, names, number))
    return Found(known, width, remarks, iter(top[at + 1 :]), grid.rows)


def _heading(top: Sequence[Numbered], names: Mapping[str, Column], sheet: Sheet) -> list[int]:
    """Return the place of the heading among the first rows, if it is there."""
    places = (at for at, (_, cells) in enumerate(top) if _is_heading(_known(cells, names), cells, sheet))
    return list(islice(places, 1))


def _known(cells: Sequence[Cell], names: Mapping[str, Column]) -> dict[int, Column]:
    return {at: names[key] for at, cell in enumerate(cells[:_WIDEST]) if (key := _key(cell, names)) is not None}


def _no_heading(tops: Sequence[Sequence[Numbered]], sheet: Sheet) -> BadFile:
    """Return the refusal of a file without a heading: what was looked for, and what the fullest row holds."""
    rows = [cells for top in tops for _, cells in top]
    fullest = max(rows, key=lambda cells: sum(1 for cell in cells if cell != ""), default=())
    found = "、".join(shown(cell) for cell in fullest if cell != "")[:200] or "（空）"
    wanted = "、".join(column.heading for column in sheet.columns[:8])
    return BadFile(
        f"前{ROWS_ABOVE}行里没有找到“{sheet.title}”的表头。\n要找的列：{wanted}……\n文件里的：{found}\n"
        f"请用 gateway import --template {sheet.type} 生成的表格填写，或核对 --type"
    )


def _names(sheet: Sheet) -> dict[str, Column]:
    """Return every name of every column, plain; a heading stands before another column's by-name."""
    names: dict[str, Column] = {}
    for column in sheet.columns:
        for name in (column.heading, _BRACKETS.sub("", normalise(column.heading)), *column.also):
            names.setdefault(_plain(name), column)
    return {**names, **{_plain(column.heading): column for column in sheet.columns}}


def _key(cell: Cell, names: Mapping[str, Column]) -> str | None:
    if not isinstance(cell, str):
        return None
    whole = _plain(cell)
    if whole in names:
        return whole
    bare = _BRACKETS.sub("", whole)
    return bare if bare in names else None


def _plain(name: str) -> str:
    """Write a heading as it is compared: no blanks, no asterisk for "required", no case."""
    return "".join(normalise(name).split()).replace("*", "").rstrip(":").casefold()


def _is_heading(known: Mapping[int, Column], cells: Sequence[Cell], sheet: Sheet) -> bool:
    """Tell the heading from a title or a row of data: most of what is written there are names of columns."""
    written = sum(1 for cell in cells if cell != "")
    headings = {column.heading for column in known.values()}
    return len(headings) >= 2 and (sheet.key in headings or len(headings) * 2 >= written)


def _refuse_twice(known: Mapping[int, Column], number: int) -> None:
    headings = [column.heading for column in known.values()]
    twice = sorted({heading for heading in headings if headings.count(heading) > 1})
    if twice:
        raise BadFile(f"第{number}行的表头里，“{'、'.join(twice)}”各有两列；请只留一列")


def _refuse_missing(
    known: Mapping[int, Column], sheet: Sheet, required: frozenset[str], cells: Sequence[Cell], number: int
) -> None:
    here = {column.path for column in known.values()}
    needed = required - here
    missing = [c.heading for c in sheet.columns if c.path in needed or (c.heading == sheet.key and c.path not in here)]
    if missing:
        found = "、".join(shown(cell) for cell in cells if cell != "")
        raise BadFile(f"第{number}行的表头缺少必填的列：{'、'.join(missing)}\n文件里的列：{found}")


def _not_understood(
    cells: Sequence[Cell], known: Mapping[int, Column], names: Mapping[str, Column], number: int
) -> Iterator[Remark]:
    for at, cell in enumerate(cells):
        name = _plain(shown(cell))
        if at in known or name in _IDLE:
            continue
        near = difflib.get_close_matches(name, names, 1)
        meant = f"；是否应为“{names[near[0]].heading}”" if near else ""
        yield Remark(number, shown(cell), "", f"不认识这一列，没有导入{meant}", Weight.WARNING)
