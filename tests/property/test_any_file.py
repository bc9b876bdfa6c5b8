"""Whatever somebody uploads: a table is read, or the one named error says why not."""

import io
import zipfile
from datetime import date

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.domain.inputs import Inputs
from gateway.domain.records.base import Entry
from gateway.interchange import cells, kinds
from gateway.interchange.cells import BadCell
from gateway.interchange.chunk import Layout
from gateway.interchange.convert import Converter
from gateway.interchange.faults import BadFile
from gateway.interchange.headings import find
from gateway.interchange.kinds import Kind
from gateway.interchange.sheets import SHEETS
from gateway.interchange.tables import UPLOAD, read
from gateway.interchange.target import target

TODAY = date(2026, 7, 20)
KINDS = [kind for kind in vars(kinds).values() if isinstance(kind, Kind)]
HEADINGS = [column.heading for column in SHEETS["lift"].columns]


def a_sheet() -> bytes:
    written = io.BytesIO()
    with xlsxwriter.Workbook(written, {"in_memory": True}) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, HEADINGS)
        page.write_row(1, 0, ["012345", 3.5, "", "XX小区"])
    return written.getvalue()


FORM = a_sheet()

anything = st.one_of(
    st.binary(max_size=2_000),
    st.text(max_size=500).map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.binary(max_size=500).map(lambda rest: b"PK\x03\x04" + rest),
    st.binary(max_size=2_000).map(lambda rest: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + rest),
)


def take(content: bytes, type_: str) -> None:
    way = target(type_)
    try:
        found = find(read(io.BytesIO(content), UPLOAD), way.sheet, way.required)
        rows = list(found.rows)
    except BadFile:
        return
    layout = Layout(way.sheet, way.types(), found.columns, found.width, TODAY)
    done = Converter(way, layout, Entry(TODAY, Inputs()), None, corrects=True).convert(rows)
    assert done.things <= len(rows)
    assert len(done.staged.rows()) <= done.things


@given(anything)
def test_any_bytes_are_a_table_or_a_named_refusal(content: bytes) -> None:
    take(content, "lift")


@given(st.data())
def test_a_damaged_spreadsheet_is_a_table_or_a_named_refusal(data: st.DataObject) -> None:
    damaged = bytearray(FORM)
    for _ in range(data.draw(st.integers(1, 8))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    take(bytes(damaged[: data.draw(st.integers(1, len(damaged)))]), "lift")


@given(st.text(alphabet='<>/="rcsvfmerge A1B2\x00é', max_size=200), st.booleans())
def test_any_sheet_inside_a_sound_package(body: str, whole: bool) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(FORM)) as old, zipfile.ZipFile(made, "w") as new:
        for name in old.namelist():
            if name != "xl/worksheets/sheet1.xml":
                new.writestr(name, old.read(name))
        new.writestr(
            "xl/worksheets/sheet1.xml", f"<worksheet><sheetData>{body}</sheetData></worksheet>" if whole else body
        )
    take(made.getvalue(), "lift")


@pytest.mark.parametrize("type_", SHEETS)
@settings(max_examples=15)
@given(data=st.data())
def test_any_cells_under_any_headings(type_: str, data: st.DataObject) -> None:
    headings = [column.heading for column in SHEETS[type_].columns]
    needed = [column.heading for column in SHEETS[type_].columns if column.path in target(type_).required]
    columns = needed + data.draw(st.lists(st.sampled_from(headings).filter(lambda h: h not in needed), unique=True))
    cell = st.one_of(
        st.text(max_size=12), st.sampled_from(["无", "2027-03", "2026-07-01", "14.5kg", "合格", "WH00000001"])
    )
    lines = data.draw(st.lists(st.lists(cell, max_size=len(columns) + 1), max_size=5))
    text = "\n".join("\t".join(x.replace("\t", "") for x in line) for line in [columns, *lines])
    take(text.encode("utf-8", "replace"), type_)


@given(st.text(max_size=30), st.sampled_from(KINDS))
def test_any_text_in_any_cell_is_read_or_refused_with_a_reason(text: str, kind: Kind) -> None:
    try:
        kind.read(text, TODAY)
    except BadCell as err:
        assert str(err)  # noqa: PT017 - either way is right


@given(st.dates(date(1990, 1, 1), date(2099, 12, 31)))
def test_a_day_means_the_same_however_it_is_written(day: date) -> None:
    serial = str((day - date(1899, 12, 30)).days)
    forms = [
        day.isoformat(),
        f"{day:%Y%m%d}",
        f"{day.year}.{day.month}.{day.day}",
        f"{day.year}年{day.month}月{day.day}日",
        serial,
    ]

    assert {cells.day(form, TODAY) for form in forms} == {day}
