"""What is done with many rows at once comes to the same as row by row."""

import io
from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.domain.inputs import Inputs
from gateway.domain.records.base import Entry
from gateway.interchange import kinds
from gateway.interchange.chunk import Layout, Meaning
from gateway.interchange.convert import Converted, Converter
from gateway.interchange.headings import find
from gateway.interchange.tables import Csv, Limits, Lines, Numbered, read
from gateway.interchange.target import target

TODAY = date(2026, 7, 20)
# By heading: what stands there in a good file, and what in a bad one.
CELLS = {
    "钢印号": ["WH00000001", "ＷＨ００００００２", "AB", "", "无"],
    "制造单位": ["乌海制造厂", "#REF!"],
    "型号": ["YSP35.5", "/"],
    "最大充装量": ["14.9kg", "0", "33磅"],
    "制造年月": ["2020-01", "2020-13", "2027-01"],
    "报废年月": ["2032-01", "2001-01"],
    "上次检验年月": ["2024.3", "", "2099-01"],
    "下次检验年月": ["2028年3月", "", "7月12日"],
    "检验结果": ["合格", "", "不知道"],
    "产权单位": ["平安气站", "-"],
    "联系电话": ["0473-2012345", "1234"],
    "封签状态": ["无", "", "完好"],
    "所属单位编号": ["PA", "", "HT", "X" * 33],
    "充装单位": ["平安气站", ""],
    "充装许可证号": ["TS1", ""],
    "充装许可证有效期": ["2028-01-01", ""],
    "充装时间": ["2026-07-12 08:30", "", "2026-08-01 08:30"],
    "充装重量": ["14", "", "99"],
    "送气员身份证号": ["150302198001010018", "", "1"],
    "送气员电话": ["13800000001", ""],
}
USUAL = {heading: cells[0] for heading, cells in CELLS.items()}
ANY = st.sampled_from([{heading: cell} for heading, cells in CELLS.items() for cell in cells])


def a_row(spoilt: list[dict[str, str]]) -> tuple[str, ...]:
    row = dict(USUAL)
    for cell in spoilt:
        row |= cell
    return tuple(row.values())


ROWS = st.lists(st.builds(a_row, st.lists(ANY, max_size=3)), max_size=5)


def converter(*, party: str | None, corrects: bool) -> Converter:
    way = target("lpg")
    found = find(read(io.BytesIO(",".join(CELLS).encode()), Limits()), way.sheet, way.required)
    layout = Layout(way.sheet, way.types(), found.columns, found.width, TODAY)
    return Converter(way, layout, Entry(TODAY, Inputs([])), party, corrects=corrects)


def plain(done: Converted) -> object:
    staged = done.staged
    return (
        done.things,
        sorted(staged.rows()),
        sorted(zip(*staged.all_names(), strict=True)),
        sorted(zip(*staged.parties, strict=True)),
        sorted(map(str, done.remarks)),
    )


@given(st.lists(ROWS, min_size=1, max_size=4), st.sampled_from([None, "PA"]))
def test_rows_put_together_column_by_column(chunks: list[list[tuple[str, ...]]], party: str | None) -> None:
    # What may correct records that are there already goes row by row.
    at_once, by_row = converter(party=party, corrects=False), converter(party=party, corrects=True)
    of_lines = converter(party=party, corrects=False)

    for rows in chunks:
        numbered: list[Numbered] = list(enumerate(rows, 2))
        lines = Lines(2, ",", "".join(f"{','.join(row)}\n" for row in rows))
        expected = plain(by_row.convert(numbered))
        assert plain(at_once.convert(numbered)) == expected
        assert plain(of_lines.convert(lines)) == expected


@given(st.text(st.sampled_from("ab甲,\n\r \x0b\u2028"), min_size=1))
def test_lines_cut_into_columns_are_the_same_rows(text: str) -> None:
    lines = Lines(1, ",", text)

    columns = lines.columns()

    if columns is not None:
        assert [list(row) for row in zip(*columns, strict=True)] == [cells for _, cells in lines.rows()]


def test_lines_that_are_all_alike_are_cut_into_columns() -> None:
    assert Lines(1, ";", "a;b\r\n甲;\r\n").columns() == [["a", "甲"], ["b", ""]]
    assert Lines(1, ",", "a,b\nc\n").columns() is None


@given(st.text(st.sampled_from('ab甲,"\n\r '), min_size=1), st.integers(1, 4), st.integers(0, 2))
def test_a_csv_handed_out_in_sheaves(text: str, most: int, before: int) -> None:
    (grid,), (again,) = (read(io.BytesIO(text.encode()), Limits()) for _ in range(2))
    rows = again.rows
    assert isinstance(rows, Csv)

    found = [row for _, row in zip(range(before), rows, strict=False)]
    for sheaf in rows.sheaves(most):
        found += sheaf.rows() if isinstance(sheaf, Lines) else sheaf

    assert found == list(grid.rows)


@given(
    st.sampled_from([kinds.MARK, kinds.UPPER]), st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1)
)
def test_a_mark_of_letters_and_digits_is_read_plainly(kind: kinds.Kind, cell: str) -> None:
    assert kind.plainly is not None
    assert kind.plainly(cell) == kind.read(cell, TODAY)


@given(
    st.lists(st.from_regex(r"[A-Za-z]{2}[0-9]{3,9}", fullmatch=True), min_size=600, max_size=600, unique=True),
    st.dictionaries(st.integers(0, 599), st.sampled_from(["", "AB", "无", "1.6E+15", "ＷＨ０００９"]), max_size=4),
)
@settings(max_examples=15)
def test_cells_that_are_all_unlike_mean_what_each_means(good: list[str], others: dict[int, str]) -> None:
    way = target("lpg")
    column = next(column for column in way.sheet.columns if column.heading == way.sheet.key)
    at_once, one_by_one = (Meaning(column, way.types()[column.path], TODAY, may_declare_none=False) for _ in range(2))
    at_once.of([f"{cell}X" for cell in good])  # from here on it takes them for unlike
    cells = [others.get(place, cell) for place, cell in enumerate(good)]

    meant = at_once.of(cells)

    assert meant == [one_by_one[cell] for cell in cells]
    assert (at_once.any_bad, at_once.any_empty) == (one_by_one.any_bad, one_by_one.any_empty)
