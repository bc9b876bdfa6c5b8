import csv
import io

import pytest

from gateway.interchange.report import Remark, Weight, as_csv, harmless


@pytest.mark.parametrize("value", ["=1+1", "+1", "-1", "@x", "\tx", "\rx"])
def test_no_cell_of_a_report_is_a_formula(value: str) -> None:
    assert harmless(value) == f"'{value}"
    (_, line) = csv.reader(io.StringIO(as_csv([Remark(3, "批号", value, "不对")]).removeprefix("\ufeff")))
    assert line == ["3", "批号", f"'{value}", "错误", "不对"]


def test_a_report_opens_as_it_is_meant() -> None:
    text = as_csv([Remark(0, "", "", "表头", Weight.WARNING)])

    assert text.startswith("\ufeff行,列,内容,类别,原因")
    assert ",,,提醒,表头" in text
