"""Spreadsheets, looked through before a library reads them: sizes, formulas, macros, passwords (T13).

A file may say any size of its parts and any place of its cells, and the library believes it. So each part is
unpacked here first, within bounds, and thrown away.
"""

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from datetime import date, time, timedelta
from typing import BinaryIO, Final

import olefile
from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from gateway.interchange.cells import Cell
from gateway.interchange.faults import BadFile

ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# Rows of title, notes and heading that may stand above the data.
ROWS_ABOVE: Final = 20
# A form of 20,000 rows and 40 columns unpacks to some 60 MB. Text packs to a tenth; a hundredth is made on purpose.
_UNPACKED: Final = 100 * 2**20
_RATIO, _RATIO_FROM = 200, 2**20
_PARTS: Final = 500
# The library holds the rectangle from the first cell to the last, and two cells can span all there is.
_AREA: Final = 4_000_000

_DAMAGED: Final = "表格文件已损坏，无法读取；请在表格软件里打开后另存一次"
_BLOCK: Final = 1 << 16
_OVERLAP: Final = 512  # bytes: a cell's opening tag may lie across two blocks
_FORMULA: Final = re.compile(rb'(?:<(?:\w+:)?c\b[^<>]*?\br="([A-Z]{1,3}[0-9]{1,7})"[^<>]*>\s*)?<(?:\w+:)?f[\s/>]')
_PLACE: Final = re.compile(rb'<(?:\w+:)?c\b[^<>]*?\br="([A-Z]{1,3})([0-9]{1,7})"')
_LOCAL_HEADER: Final = struct.Struct("<4s22xHH")  # APPNOTE 4.3.7: signature, …, lengths of name and extra field

# Records of a BIFF8 stream ([MS-XLS] 2.3) that begin with row and column, and those that speak of formulas.
_BIFF_FORMULAS: Final = frozenset({0x0006, 0x0206, 0x0406, 0x0221, 0x04BC})
_BIFF_CELLS: Final = frozenset({0x00BD, 0x00BE, 0x00D6, 0x00FD, 0x0201, 0x0203, 0x0204, 0x0205, 0x027E})
_BIFF_PASSWORD: Final = 0x002F


def sheets(file: BinaryIO) -> list[tuple[str, Iterator[tuple[int, Sequence[Cell]]]]]:
    """Return the visible sheets that have cells, with numbered rows. Raises `BadFile` naming what is wrong."""
    file.seek(0)
    if file.read(len(ZIP)) == ZIP:
        _look_through_zip(file)
    else:
        _look_through_ole(file)
    file.seek(0)
    try:
        book = CalamineWorkbook.from_filelike(file)
        # Each is read before the first is used: a fault in any is the file's.
        return [
            (meta.name, _rows(book, meta.name))
            for meta in book.sheets_metadata
            if meta.typ == SheetTypeEnum.WorkSheet and meta.visible == SheetVisibleEnum.Visible
        ]
    except (CalamineError, OSError, ValueError) as err:
        raise BadFile(f"表格文件已损坏，无法读取：{err}；请在表格软件里打开后另存一次") from err
    except BaseException as err:
        if type(err).__name__ != "PanicException":  # what Rust's panics become; the class has no name to import
            raise
        raise BadFile(_DAMAGED) from err


def _rows(book: CalamineWorkbook, name: str) -> Iterator[tuple[int, Sequence[Cell]]]:
    rows = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
    return iter([(number, list(map(_cell, row))) for number, row in enumerate(rows, 1)])


def _cell(value: str | float | bool | date | time | timedelta) -> Cell:
    """Write a truth as the spreadsheet shows it: to Python it would be the same as 1 or 0."""
    return str(value).upper() if isinstance(value, bool) else value


def _look_through_zip(file: BinaryIO) -> None:
    try:
        with zipfile.ZipFile(file) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError, struct.error) as err:
        raise BadFile(f"压缩包已损坏：{err}；请在表格软件里打开后另存一次") from err
    names = {part.filename for part in parts}
    if "xl/workbook.xml" not in names:
        raise BadFile("不是Excel文件（.xlsx）；请在表格软件里另存为 .xlsx 或 .csv")
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        raise BadFile("文件含宏，不予接收；请另存为不带宏的 .xlsx")
    if len(parts) > _PARTS:
        raise BadFile(f"文件由{len(parts)}个部分组成，异常，不予接收")
    unpacked = 0
    for part in parts:
        extent = _Extent()
        for block in _unpack(file, part):
            unpacked += len(block)
            if unpacked > _UNPACKED:
                raise BadFile(f"解压后超过{_UNPACKED // 2**20}MB，疑为压缩炸弹，不予接收")
            if part.filename.endswith((".xml", ".rels")):
                extent.take(block)
        if extent.area > _AREA:
            raise BadFile(f"表格范围过大（{extent.rows}行×{extent.columns}列）；请删去数据以外的单元格后另存")


def _unpack(file: BinaryIO, part: zipfile.ZipInfo) -> Iterator[bytes]:
    """Unpack one part whatever sizes it claims, block by block; what it claims must turn out true."""
    file.seek(part.header_offset)
    header = file.read(30)
    if len(header) < 30 or part.flag_bits & 1:
        raise BadFile("文件已加密或损坏；请去掉密码后另存")
    _, name_length, extra_length = _LOCAL_HEADER.unpack(header)
    file.seek(part.header_offset + 30 + name_length + extra_length)
    inflate = zlib.decompressobj(-zlib.MAX_WBITS) if part.compress_type == zipfile.ZIP_DEFLATED else None
    if inflate is None and part.compress_type != zipfile.ZIP_STORED:
        raise BadFile("压缩方式不明；请在表格软件里另存为 .xlsx")
    left, total = part.compress_size, 0
    pending = b""
    try:
        while left > 0 or pending:
            packed = pending or file.read(min(_BLOCK, left))
            if not packed:
                raise BadFile("压缩包不完整；请重新上传")
            left -= 0 if pending else len(packed)
            block = inflate.decompress(packed, _BLOCK * 16) if inflate else packed
            pending = inflate.unconsumed_tail if inflate else b""
            total += len(block)
            if total > _RATIO_FROM and total > _RATIO * max(part.compress_size, 1):
                raise BadFile(f"压缩比异常（超过{_RATIO}倍），疑为压缩炸弹，不予接收")
            yield block
    except zlib.error as err:
        raise BadFile(f"压缩包已损坏：{err}；请在表格软件里打开后另存一次") from err
    if total != part.file_size:
        raise BadFile("压缩包所称大小与实际不符，不予接收")


class _Extent:
    """What one XML part holds: how far its cells reach. Refuses formulas and document type declarations."""

    def __init__(self) -> None:
        self.rows = self.columns = 0
        self._tail = b""

    @property
    def area(self) -> int:
        """Return the cells of the rectangle."""
        return self.rows * self.columns

    def take(self, block: bytes) -> None:
        """Look through the next block. Raises `BadFile` naming the cell."""
        text = self._tail + block
        if b"\0" in text:
            raise BadFile("表格文件的编码异常；请在表格软件里打开后另存一次")
        if b"<!DOCTYPE" in text or b"<!ENTITY" in text:
            raise BadFile("文件含外部实体声明，不予接收")
        if found := _FORMULA.search(text):
            cell = found[1].decode() if found[1] else "某单元格"
            raise BadFile(f"{cell}是公式，不予接收；请把公式列“选择性粘贴”为数值后再导入")
        for letters, number in _PLACE.findall(text):
            self.rows = max(self.rows, int(number))
            self.columns = max(self.columns, _column(letters))
        self._tail = text[-_OVERLAP:]


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _look_through_ole(file: BinaryIO) -> None:
    names, stream = _ole(file)
    if "encryptedpackage" in names:
        raise BadFile("文件有密码；请去掉密码后另存")
    if names & {"_vba_project_cur", "macros"}:
        raise BadFile("文件含宏，不予接收；请另存为不带宏的 .xlsx")
    if stream is None:
        raise BadFile("不是Excel文件（.xls）；请在表格软件里另存为 .xlsx")
    _look_through_biff(stream)


def _ole(file: BinaryIO) -> tuple[set[str], bytes | None]:
    """Return the names at the root of a compound file, and its workbook."""
    file.seek(0)
    try:
        with olefile.OleFileIO(io.BytesIO(file.read())) as container:
            names = {path[0].lower() for path in container.listdir(streams=True, storages=True)}
            book = next((name for name in ("workbook", "book") if name in names), None)
            return names, container.openstream(book).read() if book else None
    except Exception as err:  # what olefile meets: OSError, IndexError, struct.error, RecursionError, ...
        raise BadFile(_DAMAGED) from err


def _look_through_biff(stream: bytes) -> None:
    at, rows, columns = 0, 0, 0
    while at + 4 <= len(stream):
        kind, length = struct.unpack_from("<HH", stream, at)
        if kind == _BIFF_PASSWORD:
            raise BadFile("文件有密码；请去掉密码后另存")
        if (kind in _BIFF_FORMULAS or kind in _BIFF_CELLS) and length >= 4 and at + 8 <= len(stream):
            row, column = struct.unpack_from("<HH", stream, at + 4)
            if kind in _BIFF_FORMULAS:
                raise BadFile(f"第{row + 1}行第{column + 1}列是公式，不予接收；请把公式列“选择性粘贴”为数值后再导入")
            rows, columns = max(rows, row + 1), max(columns, column + 1)
        at += 4 + length
    if rows * columns > _AREA:
        raise BadFile(f"表格范围过大（{rows}行×{columns}列）；请删去数据以外的单元格后另存")
