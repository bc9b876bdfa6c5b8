"""Files of every kind, honest and not."""

import io
import itertools
import random
import zipfile
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

import pytest
import xlsxwriter

from gateway.interchange.cells import Cell
from gateway.interchange.faults import BadFile
from gateway.interchange.tables import UPLOAD, Limits, read

OLD = Path(__file__).parents[2] / "spreadsheets"
TEXT = "批号,品名\r\nA0312,河套王\r\n"


def rows(content: bytes, limits: Limits = UPLOAD) -> list[list[Cell]]:
    (grid,) = read(io.BytesIO(content), limits)
    return [list(cells) for _, cells in grid.rows]


def an_xlsx(*lines: Sequence[object], fill: Callable[[xlsxwriter.Workbook, object], None] | None = None) -> bytes:
    written = io.BytesIO()
    with xlsxwriter.Workbook(written, {"in_memory": True, "default_date_format": "yyyy-mm-dd"}) as book:
        page = book.add_worksheet("表")
        for row, line in enumerate(lines):
            page.write_row(row, 0, line)
        if fill is not None:
            fill(book, page)
    return written.getvalue()


def repacked(content: bytes, **changed: bytes) -> bytes:
    """Return the same package with parts replaced or added; `__` in a name stands for `/`, `_DOT_` for a dot."""
    parts = {name.replace("__", "/").replace("_DOT_", "."): body for name, body in changed.items()}
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if name not in parts:
                new.writestr(name, old.read(name))
        for name, body in parts.items():
            new.writestr(name, body)
    return made.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16", "utf-16-le", "utf-16-be"])
def test_a_csv_in_the_encodings_that_come(encoding: str) -> None:
    assert rows(TEXT.encode(encoding)) == [["批号", "品名"], ["A0312", "河套王"]]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("damage", [b"\xe6\xb2", b"\xff"])
def test_a_damaged_file_is_not_read_as_other_words(encoding: str, damage: bytes) -> None:
    content = (TEXT * 3).encode(encoding) + damage

    with pytest.raises(BadFile, match="第7行有损坏的文字"):
        rows(content)


@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_a_csv_with_the_delimiters_that_come(delimiter: str) -> None:
    assert rows(TEXT.replace(",", delimiter).encode())[1] == ["A0312", "河套王"]


def test_what_stands_far_behind_still_decides_the_encoding() -> None:
    plain = "\n".join(f"A{number},b" for number in range(300_000))

    assert rows((plain + "\n末,河套").encode("gb18030"), Limits())[-1] == ["末", "河套"]


def test_rows_are_counted_as_the_spreadsheet_does() -> None:
    (grid,) = read(io.BytesIO('标题\n\n"两\n行",b\nc,d\n'.encode()), UPLOAD)

    assert [number for number, _ in grid.rows] == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "文件是空的"),
        (b"<html><table><tr><td>1</td></tr></table></html>", "网页或XML"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\xff\xff", "不是文本表格"),
        (b"PK\x03\x04 and nothing more", "压缩包已损坏"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "已损坏"),
        (b'"' + b"x" * 200_000, "引号没有成对"),
        (b"a,b\n" * 20_100, "超过20000行"),
        (b"a" * (5 * 2**20 + 1), "最多5MB"),
    ],
)
def test_what_is_no_table_is_refused_by_name(content: bytes, reason: str) -> None:
    with pytest.raises(BadFile, match=reason):
        rows(content)


def test_the_command_line_has_no_limit_for_csv() -> None:
    assert len(rows(b"a,b\n" * 30_000, Limits())) == 30_000


def test_an_xlsx_gives_texts_numbers_and_days() -> None:
    content = an_xlsx(["批号", "数量", "日期"], ["0012", 14.5, date(2026, 7, 12)], [True, "", "x"])

    assert rows(content) == [["批号", "数量", "日期"], ["0012", 14.5, date(2026, 7, 12)], ["TRUE", "", "x"]]


def test_an_old_xls_is_read_too() -> None:
    found = rows((OLD / "lifts.xls").read_bytes())

    assert found[0][0] == "乌海市电梯登记表"
    assert found[2][0] == "012345"
    assert found[2][6] == date(2026, 7, 1)
    assert found[3][6] == 46204.0


def test_a_formula_is_refused_with_its_place() -> None:
    def fill(_book: object, page: object) -> None:
        page.write_formula(1, 1, "=A2*2", None, 4)  # type: ignore[attr-defined]

    with pytest.raises(BadFile, match="B2是公式"):
        rows(an_xlsx(["批号", "数量"], ["1", ""], fill=fill))
    with pytest.raises(BadFile, match="第2行第1列是公式"):
        rows((OLD / "formula.xls").read_bytes())


def test_a_formula_across_two_blocks_is_seen() -> None:
    sheet = b"<worksheet><sheetData>"
    for pad in range(0, 64, 7):
        body = sheet + b" " * (2**16 - len(sheet) - 40 + pad) + b'<row r="1"><c r="C1"><f>1+1</f></c></row></sheetData>'
        with pytest.raises(BadFile, match="C1是公式"):
            rows(repacked(an_xlsx(["a"]), xl__worksheets__sheet1_DOT_xml=body))


def test_macros_are_refused() -> None:
    with pytest.raises(BadFile, match="含宏"):
        rows(repacked(an_xlsx(["a"]), xl__vbaProject_DOT_bin=b"\0"))


def test_outside_entities_are_refused() -> None:
    evil = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><worksheet>&e;</worksheet>'
    with pytest.raises(BadFile, match="外部实体"):
        rows(repacked(an_xlsx(["a"]), xl__worksheets__sheet1_DOT_xml=evil))


def test_a_zip_bomb_is_refused_before_it_is_read() -> None:
    with pytest.raises(BadFile, match="压缩炸弹"):
        rows(repacked(an_xlsx(["a"]), xl__media__x_DOT_bin=bytes(40 * 2**20)))


def test_a_part_that_lies_about_its_size_is_refused() -> None:
    noise = random.Random(1).randbytes(70_001)
    content = bytearray(repacked(an_xlsx(["a"]), xl__media__x_DOT_bin=noise))
    size = len(noise).to_bytes(4, "little")
    at = content.rindex(size)  # in the central directory
    content[at : at + 4] = (10).to_bytes(4, "little")

    with pytest.raises(BadFile, match="大小与实际不符"):
        rows(bytes(content))


def test_two_cells_that_span_a_sheet_are_refused() -> None:
    def fill(_book: object, page: object) -> None:
        page.write_string(1_000_000, 16_000, "x")  # type: ignore[attr-defined]

    with pytest.raises(BadFile, match="表格范围过大"):
        rows(an_xlsx(["a"], fill=fill))


def test_another_zip_is_no_spreadsheet() -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("word/document.xml", "<x/>")
    with pytest.raises(BadFile, match="不是Excel文件"):
        rows(made.getvalue())


def test_hidden_sheets_are_not_read() -> None:
    def fill(book: xlsxwriter.Workbook, _page: object) -> None:
        book.add_worksheet("藏").hide()

    assert [grid.name for grid in read(io.BytesIO(an_xlsx(["a"], fill=fill)), UPLOAD)] == ["表"]


def test_a_csv_is_read_as_it_is_asked_for() -> None:
    (grid,) = read(io.BytesIO(b"a,b\n" * 1_000), Limits())

    assert len(list(itertools.islice(grid.rows, 3))) == 3
