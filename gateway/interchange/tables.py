"""Files as rows of cells: CSV in whatever encoding, XLSX and XLS; nothing in them is executed (DOMAIN 4.4, T13)."""

import codecs
import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from operator import length_hint
from typing import BinaryIO, Final, TypeAlias

import msgspec

from gateway.interchange import workbook
from gateway.interchange.cells import Cell
from gateway.interchange.faults import BadFile

Numbered: TypeAlias = tuple[int, Sequence[Cell]]

_MARKS: Final = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_BLOCK: Final = 1 << 18  # bytes: what is made of it stays in the processor's cache
_TELLING: Final = 8  # characters: two of GB18030 look like one of UTF-8 once in a dozen times
_HEAD: Final = 1 << 14  # bytes in which the delimiter and UTF-16 without its mark are looked for


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a file is read at most; None: as much as there is."""

    octets: int | None = None
    rows: int | None = None


# DOMAIN 4.4. A workbook is held in memory whole, so it keeps to these on the command line too.
UPLOAD: Final = Limits(5 * 2**20, 20_000)


@dataclass(frozen=True, slots=True)
class Grid:
    """One sheet: its rows with the numbers a spreadsheet shows."""

    name: str
    rows: Iterator[Numbered]


def read(file: BinaryIO, limits: Limits) -> list[Grid]:
    """Return the sheets of a file, told apart by its content and not by its name.

    A CSV is one sheet, read as its rows are asked for. Raises `BadFile` for what is no table, is too large, or has
    formulas, macros or a password in it; iterating may raise it too.
    """
    size = file.seek(0, io.SEEK_END)
    head = _peek(file, 8)
    is_workbook = head.startswith((workbook.ZIP, workbook.OLE))
    most = UPLOAD.octets if is_workbook else limits.octets
    if most is not None and size > most:
        raise BadFile(f"文件有{size / 2**20:.1f}MB，最多{most // 2**20}MB；请分成几个文件，或由管理员在命令行导入CSV")
    if is_workbook:
        sheets = workbook.sheets(file)
        return [Grid(name, _counted(rows, UPLOAD.rows)) for name, rows in sheets]
    if not size:
        raise BadFile("文件是空的")
    return [Grid("", _counted(Csv(file), limits.rows))]


class Lines(msgspec.Struct, frozen=True):
    """Lines of a CSV, each a row: none has a quote in it that could join it to the next."""

    first: int  # row
    delimiter: str
    text: str

    def rows(self) -> list[Numbered]:
        """Return the rows that stand there."""
        return list(enumerate(csv.reader(io.StringIO(self.text, newline=""), delimiter=self.delimiter), self.first))

    def columns(self) -> list[list[str]] | None:
        """Return what stands there column by column, which is quicker; None unless all lines have as many cells."""
        text = self.text.replace("\r\n", "\n")
        lines = text.removesuffix("\n").split("\n")
        commas = lines[0].count(self.delimiter)
        if not commas or "\r" in text or [line.count(self.delimiter) for line in lines].count(commas) < len(lines):
            return None
        cells, width = self.delimiter.join(lines).split(self.delimiter), commas + 1
        return [cells[place::width] for place in range(width)]


class Csv(Iterator[Numbered]):
    """A CSV row by row, or (`sheaves`) in many lines at once, for others to take apart."""

    def __init__(self, file: BinaryIO) -> None:
        encoding = _encoding(file)
        self._delimiter = _delimiter(_peek(file, _HEAD).decode(encoding, "ignore"))
        self._lines = _text(file, encoding)
        self._reader = csv.reader(self._lines, delimiter=self._delimiter)
        self._number = 0

    def __next__(self) -> Numbered:
        try:
            cells = next(self._reader)
        except csv.Error as err:
            raise BadFile(f"不是表格文件，或引号没有成对：{err}") from err
        self._number += 1
        return self._number, cells

    def sheaves(self, most: int) -> Iterator[Lines | list[Numbered]]:
        """Yield what is left of the file, `most` lines at a time, or the rows where a cell may go on in the next."""
        while lines := list(islice(self._lines, most)):
            text = "".join(lines)
            if '"' in text or max(map(len, lines)) > csv.field_size_limit():
                yield list(self._apart(lines))
            else:
                yield Lines(self._number + 1, self._delimiter, text)
                self._number += len(lines)

    def _apart(self, lines: Sequence[str]) -> Iterator[Numbered]:
        """Yield the rows that begin in these lines; the last may end in a later one."""
        left = iter(lines)
        self._reader = csv.reader(chain(left, self._lines), delimiter=self._delimiter)
        while length_hint(left):
            yield next(self)


def _text(file: BinaryIO, encoding: str) -> Iterator[str]:
    file.seek(0)
    text = io.TextIOWrapper(file, encoding, newline="")
    try:
        yield from text
    finally:  # closing the wrapper would close the caller's file, unless that is closed already
        if not file.closed:
            text.detach()


def _encoding(file: BinaryIO) -> str:
    """Tell the encoding by its mark, else by trying: what is not UTF-8 from end to end is GB18030, or nothing."""
    head = _peek(file, _HEAD)
    if head.lstrip()[:1] == b"<":
        raise BadFile("这是网页或XML文件，只是改了扩展名；请在表格软件里另存为 .xlsx 或 .csv")
    marked = next((name for mark, name in _MARKS if head.startswith(mark)), None)
    if marked is None and b"\0" in head:
        # Latin letters, commas and line ends have their zero first or second.
        marked = "utf-16-be" if head[::2].count(0) > head[1::2].count(0) else "utf-16-le"
    for encoding in (marked,) if marked else ("utf-8", "gb18030"):
        flaw = _flaw(file, encoding)
        if flaw is None:
            return encoding
        if encoding.startswith("utf-8") and _begins_as_utf8(head):  # as GB18030 it would be other words
            raise BadFile(f"第{flaw}行有损坏的文字，不是完整的UTF-8文件；请重新导出或重新复制后再导入")
    raise BadFile("不是文本表格：既不是UTF-8，也不是GB18030；请在表格软件里另存为 .xlsx 或 CSV UTF-8")


def _flaw(file: BinaryIO, encoding: str) -> int | None:
    """Return the line of the first bytes that are no text in this encoding; None: all of it is."""
    decoder = codecs.getincrementaldecoder(encoding)()
    file.seek(0)
    line = 1
    try:
        while block := file.read(_BLOCK):
            text = decoder.decode(block)
            if "\0" in text:
                return line + text.partition("\0")[0].count("\n")
            line += text.count("\n")
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as err:
        return line + err.object[: err.start].count(b"\n")
    return None


def _begins_as_utf8(head: bytes) -> bool:
    """Tell whether that much of it is UTF-8 as no other encoding happens to be."""
    try:
        good = head.decode()
    except UnicodeDecodeError as err:
        good = head[: err.start].decode()
    return sum(1 for char in good if not char.isascii()) >= _TELLING


def _delimiter(head: str) -> str:
    """Return the character that separates cells; a comma where nothing does."""
    return max(",\t;", key=head.count)


def _counted(rows: Iterator[Numbered], most: int | None) -> Iterator[Numbered]:
    return rows if most is None else _at_most(rows, most)


def _at_most(rows: Iterator[Numbered], most: int) -> Iterator[Numbered]:
    for count, row in enumerate(rows):
        # Above the rows of data there are a title, a heading, notes.
        if count > most + workbook.ROWS_ABOVE:
            raise BadFile(f"超过{most}行；请分成几个文件，或由管理员在命令行导入CSV")
        yield row


def _peek(file: BinaryIO, size: int) -> bytes:
    file.seek(0)
    return file.read(size)
