"""What a spreadsheet must not compute."""

import io

import pytest
from python_calamine import CalamineWorkbook

from gateway.console.drawing import Bar, bars
from gateway.console.exporting import Grid, as_csv, as_xlsx

EVIL = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", '=HYPERLINK("http://x")']


@pytest.mark.parametrize("text", EVIL)
def test_no_cell_of_an_export_is_a_formula(text: str) -> None:
    grid = Grid("x", ["a"], [[text], [3]])
    cells = CalamineWorkbook.from_filelike(io.BytesIO(as_xlsx(grid))).get_sheet_by_index(0).to_python()
    assert cells == [["a"], [f"'{text}"], [3]]
    assert f"'{text[:1]}" in as_csv(grid).decode("utf-8-sig")


def test_a_chart_shows_texts_as_texts() -> None:
    drawn = bars("<b>", [Bar("<script>x</script>", 1, "&", '/x?a=1&b="')])
    assert "<script>" not in drawn
    assert 'href="/x?a=1&amp;b=&#34;"' in drawn
