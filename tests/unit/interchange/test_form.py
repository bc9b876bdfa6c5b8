import io

import pytest

from gateway.interchange.form import form
from gateway.interchange.headings import find
from gateway.interchange.sheet import Sheet
from gateway.interchange.sheets import SHEETS
from gateway.interchange.tables import UPLOAD, read
from gateway.interchange.target import target


@pytest.mark.parametrize("sheet", SHEETS.values(), ids=SHEETS)
def test_each_form_is_understood_when_it_comes_back(sheet: Sheet) -> None:
    content = form(sheet.type)
    found = find(read(io.BytesIO(content), UPLOAD), sheet, target(sheet.type).required)

    assert len(content) < 100_000
    assert list(found.columns.values()) == list(sheet.columns)
    assert (list(found.rows), found.remarks) == ([], ())
