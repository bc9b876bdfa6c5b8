"""What is said about a file's rows: in Chinese, row by row, as a text and as a CSV; personal data masked."""

import csv
from collections.abc import Iterable
from enum import StrEnum
from io import StringIO
from typing import Final, TextIO

import msgspec

# A spreadsheet takes a cell that begins so for a formula (OWASP, CSV injection; DOMAIN 4.4).
FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r")
_HEADINGS: Final = ("行", "列", "内容", "类别", "原因")
_LONGEST: Final = 60  # characters of a value that are shown


class Weight(StrEnum):
    """Whether a row is refused for it."""

    ERROR = "error"
    WARNING = "warning"


_WORDS: Final = {Weight.ERROR: "错误", Weight.WARNING: "提醒"}


class Remark(msgspec.Struct, frozen=True, array_like=True):
    """One thing to say about one cell; `row` counts as the spreadsheet shows it, 0 is the file as a whole."""

    row: int
    column: str  # its heading; empty: the row as a whole
    value: str  # as it stood there, masked where it is personal
    reason: str
    weight: Weight = Weight.ERROR

    def __str__(self) -> str:
        place = f"第{self.row}行" if self.row else "文件"
        column = f"“{self.column}”" if self.column else ""
        value = f"（{self.value}）" if self.value else ""
        return f"{place}{column}{value}：{self.reason}"


def cut(value: str) -> str:
    """Return a value short enough for a line of a report."""
    return value if len(value) <= _LONGEST else f"{value[:_LONGEST]}…"


def harmless(value: str) -> str:
    """Return what a spreadsheet will show and not compute."""
    return f"'{value}" if value.startswith(FORMULA_STARTS) else value


class ReportFile:
    """A report as a CSV that spreadsheets open as it is meant: UTF-8 with a mark, no cell a formula."""

    def __init__(self, file: TextIO) -> None:
        file.write("\ufeff")
        self._writer = csv.writer(file)
        self._writer.writerow(_HEADINGS)

    def write(self, remarks: Iterable[Remark]) -> None:
        """Add lines."""
        self._writer.writerows(
            (r.row or "", harmless(r.column), harmless(r.value), _WORDS[r.weight], harmless(r.reason)) for r in remarks
        )


def as_csv(remarks: Iterable[Remark]) -> str:
    """Return the whole report as one text, for an answer over HTTP."""
    text = StringIO()
    ReportFile(text).write(remarks)
    return text.getvalue()
