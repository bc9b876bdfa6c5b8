import csv
import io

import pytest

from gateway.interchange.report import Remark, Weight, as_csv, harmless
from gateway.interchange.wording import understood


@pytest.mark.parametrize("value", ["=1+1", "+1", "-1", "@x", "\tx", "\rx"])
def test_no_cell_of_a_report_is_a_formula(value: str) -> None:
    assert harmless(value) == f"'{value}"
    (_, line) = csv.reader(io.StringIO(as_csv([Remark(3, "批号", value, "不对")]).removeprefix("\ufeff")))
    assert line == ["3", "批号", f"'{value}", "错误", "不对"]


def test_a_report_opens_as_it_is_meant() -> None:
    text = as_csv([Remark(0, "", "", "表头", Weight.WARNING)])

    assert text.startswith("\ufeff行,列,内容,类别,原因")
    assert ",,,提醒,表头" in text


@pytest.mark.parametrize(
    ("message", "path", "reason"),
    [
        ("Object missing required field `applied_on` - at `$.pesticides[0]`", "pesticides.applied_on", "必填"),
        ("Object missing required field `phone` - at `$.recall`", "recall.phone", "必填"),
        ("Expected `str` of length <= 60 - at `$.product`", "product", "太长，最多60个字"),
        ("Expected `float` < 80.0 - at `$.alcohol_vol`", "alcohol_vol", "应小于80"),
        ("Expected `int` >= 1 - at `$.spec_ml`", "spec_ml", "不能小于1"),
        ("Invalid enum value 'x' - at `$.state`", "state", "不在可选项内"),
        ("planted_on: 2026-07-13 种植日期应早于采收日期", "planted_on", "种植日期应早于采收日期"),
        ("feeds.to_on: 2026-01-01 结束日期早于开始日期 - at `$.feeds[2]`", "feeds.to_on", "结束日期早于开始日期"),
        ("animals[1].ear_tag: 1 耳标首位应为3 - at `$`", "animals.ear_tag", "耳标首位应为3"),
        ("scrap_on: 2001-01 应晚于制造日期 - at `$.cylinders[0]`", "cylinders.scrap_on", "应晚于制造日期"),
        ("a sentence nobody foresaw - at `$.x`", "x", "a sentence nobody foresaw"),
    ],
)
def test_what_msgspec_says_is_said_in_chinese(message: str, path: str, reason: str) -> None:
    fault = understood(message)

    assert (fault.path, fault.reason) == (path, reason)
