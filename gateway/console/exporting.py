"""Tables for spreadsheets: CSV and XLSX, in which nothing is ever computed."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias
from urllib.parse import quote

import xlsxwriter
from aiohttp import web

from gateway.console.looks import HEADERS
from gateway.domain.errors import Refusal, Why

if TYPE_CHECKING:
    from gateway.console.visit import Visit

Cell: TypeAlias = str | int | float | None

# A spreadsheet takes a cell that begins so for a formula (OWASP, CSV injection; DOMAIN 4.4).
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
_TYPES: Final = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_WIDEST: Final = 60
# Rows of a file. Who wants more narrows the days.
MOST: Final = 10_000


@dataclass(frozen=True, slots=True)
class Grid:
    """A table: its name, its headings, its rows."""

    name: str
    headings: Sequence[str]
    rows: Sequence[Sequence[Cell]]


def harmless(cell: Cell) -> Cell:
    """Return what a spreadsheet will show and not compute."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell


def as_csv(grid: Grid) -> bytes:
    """Return it as UTF-8 with a mark, as spreadsheets expect."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(grid.headings)
    writer.writerows([harmless(cell) for cell in row] for row in grid.rows)
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def as_xlsx(grid: Grid) -> bytes:
    """Return it as a workbook; its texts are texts, whatever they begin with."""
    file = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(file, options) as book:
        sheet = book.add_worksheet()
        sheet.freeze_panes(1, 0)
        bold = book.add_format({"bold": True})
        for column, heading in enumerate(grid.headings):
            sheet.write_string(0, column, heading, bold)
            widest = max([len(heading) * 2, *(len(str(row[column])) for row in grid.rows[:1000])])
            sheet.set_column(column, column, min(_WIDEST, widest + 2))
        for place, row in enumerate(grid.rows, 1):
            for column, cell in enumerate(row):
                if isinstance(cell, str):
                    sheet.write_string(place, column, str(harmless(cell)))
                elif cell is not None:
                    sheet.write_number(place, column, cell)
    return file.getvalue()


async def noted_in(visit: "Visit", what: str, rows: int) -> None:
    """Write into the audit who took how many rows out of the house."""
    subject = f"table/{what.lstrip('/')}"
    await visit.act(lambda books: books.audit.note(visit.now, visit.actor.name, "table exported", subject, count=rows))


def download(grid: Grid, kind: str) -> web.Response:
    """Return a table as a file. Raises `Refusal` for a kind that there is not."""
    if kind not in _TYPES:
        raise Refusal(Why.UNKNOWN, "没有这个页面")
    body = as_csv(grid) if kind == "csv" else as_xlsx(grid)
    named = f"attachment; filename=\"table.{kind}\"; filename*=UTF-8''{quote(grid.name)}.{kind}"
    charset = "utf-8" if kind == "csv" else None
    return web.Response(
        body=body, content_type=_TYPES[kind], charset=charset, headers={**HEADERS, "Content-Disposition": named}
    )
